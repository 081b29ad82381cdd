package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What users may set: options of a server, settings, and the members of a cluster.
class ServerOptionsTest {
    @ParameterizedTest
    @CsvSource({
        "--api-port, the extension itself gives",
        "--data-dir=/tmp/x, the extension itself gives",
        "--node-ports, the extension itself gives",
        "--credentials=keys, does not sign its calls"
    })
    void optionsThatTheExtensionNeedsAreRefused(String option, String reason) {
        assertThatThrownBy(() -> ServerProcess.expectAllowed(List.of("--pace", "aws/60", option)))
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContainingAll(option.replaceFirst("=.*", ""), reason, "omit it");
        ServerProcess.expectAllowed(List.of("--pace", "aws/60", "--engine-timeout-ms=9000"));
    }

    @Test
    void aSettingIsAParameterOrAVariable() {
        var settings =
                new Settings(
                        name -> Optional.of(name.equals("keepsake.cache") ? " /a " : ""),
                        Map.of("KEEPSAKE_CACHE", "/b", "KEEPSAKE_TIMEOUT_S", "7"));
        assertThat(settings.of("keepsake.cache").orElseThrow())
                .isEqualTo(new Settings.Given("keepsake.cache", "/a"));
        assertThat(settings.of("keepsake.home")).isEmpty();
        var variables = new Settings(name -> Optional.empty(), Map.of("KEEPSAKE_TIMEOUT_S", "7"));
        assertThat(variables.positive("keepsake.timeout.s", 180)).isEqualTo(7);
        assertThat(variables.positive("keepsake.other.s", 180)).isEqualTo(180);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "soon"})
    void aTimeThatIsNoneIsRefused(String value) {
        var settings = new Settings(name -> Optional.empty(), Map.of("KEEPSAKE_TIMEOUT_S", value));
        assertThatThrownBy(() -> settings.positive("keepsake.timeout.s", 180))
                .isInstanceOf(KeepsakeException.class)
                .hasMessage(
                        "KEEPSAKE_TIMEOUT_S is %s; give a number above 0, or omit it for 180"
                                .formatted(value));
    }

    @Test
    void aClusterIsCreatedAsItIsDeclared() {
        var plain = Plain.class.getAnnotation(Keepsake.class).value()[0];
        assertThat(ClusterCalls.request(plain))
                .isEqualTo(
                        Map.of(
                                "ClusterName",
                                "test",
                                "NodeType",
                                "db.t4g.small",
                                "ACLName",
                                "open-access",
                                "NumShards",
                                1,
                                "NumReplicasPerShard",
                                1,
                                "TLSEnabled",
                                true));
        var special = Special.class.getAnnotation(Keepsake.class).value()[0];
        assertThat(ClusterCalls.request(special))
                .containsEntry("Engine", "valkey")
                .containsEntry("EngineVersion", "7.2")
                .containsEntry("TLSEnabled", false)
                .containsKey("Tags");
        assertThat(DrillTags.of(special))
                .isEqualTo(
                        Map.of(
                                "keepsake:failover-mode", "silent",
                                "keepsake:replica-lag-ms", "20",
                                "keepsake:topology-lag-ms", "30"));
    }

    @Keepsake
    private static final class Plain {}

    @Keepsake(
            @Cluster(
                    engine = "valkey",
                    engineVersion = "7.2",
                    tls = false,
                    mode = FailoverMode.SILENT,
                    replicaLagMs = 20,
                    topologyLagMs = 30))
    private static final class Special {}
}
