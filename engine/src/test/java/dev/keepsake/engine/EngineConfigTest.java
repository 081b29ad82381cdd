package dev.keepsake.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.core.Secret;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class EngineConfigTest {
    private static final EngineBinary REDIS = binary("redis", "7.0.15");

    /// A directive that an engine does not know keeps it from starting.
    @Test
    void onlyEnginesThatKnowASecondConnectionForSnapshotsAreToldToUseNone() {
        assertThat(configOf("redis", "7.0.15")).doesNotContain("channel");
        assertThat(configOf("redis", "7.4.2")).doesNotContain("channel");
        assertThat(configOf("valkey", "7.2.6")).doesNotContain("channel");
        assertThat(configOf("redis", "8.0.2"))
                .contains("\nrepl-rdb-channel no\n")
                .doesNotContain("dual-channel");
        assertThat(configOf("valkey", "8.0.1"))
                .contains("\ndual-channel-replication-enabled no\n")
                .doesNotContain("rdb-channel");
        assertThat(configOf("valkey", "9.1.2")).contains("\ndual-channel-replication-enabled no\n");
        assertThat(configOf("valkey", "10.0.0")).contains("dual-channel-replication-enabled no\n");
    }

    private static String configOf(String name, String version) {
        return EngineConfig.of(spec("secret", Map.of()), binary(name, version));
    }

    private static EngineBinary binary(String name, String version) {
        return new EngineBinary(Path.of("/bin", name), name, version);
    }

    @Test
    void aParameterOverridesADefault() {
        var config =
                EngineConfig.of(spec("secret", Map.of("maxmemory-policy", "allkeys-lru")), REDIS);
        assertThat(config.lastIndexOf("maxmemory-policy \"allkeys-lru\"\n"))
                .isGreaterThan(config.lastIndexOf("maxmemory-policy noeviction\n"));
    }

    @Test
    void aParameterDoesNotOverrideWhatKeepsakeReliesOn() {
        var config = EngineConfig.of(spec("secret", Map.of("port", "6379")), REDIS);
        assertThat(config.lastIndexOf("port 0\n"))
                .isGreaterThan(config.lastIndexOf("port \"6379\"\n"));
    }

    @Test
    void aValueCannotEndItsLineOrItsQuotes() {
        var config = EngineConfig.of(spec("a\"b\\c\nport 6379 é", Map.of()), REDIS);
        assertThat(config)
                .contains("masterauth \"a\\x22b\\x5cc\\x0aport 6379 \\xc3\\xa9\"\n")
                .doesNotContain("\nport 6379");
    }

    @Test
    void aParameterNameThatIsNoDirectiveIsRefused() {
        assertThatThrownBy(() -> spec("secret", Map.of("save\nport", "1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a directive");
    }

    @Test
    void aSpecDoesNotShowThePassword() {
        assertThat(spec("secret", Map.of()).toString()).contains("***").doesNotContain("secret");
    }

    private static EngineSpec spec(String password, Map<String, String> parameters) {
        return new EngineSpec(
                "0001-001", Path.of("/work"), 0, "feed", new Secret(password), parameters);
    }
}
