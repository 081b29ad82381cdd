package dev.keepsake.server;

import static dev.keepsake.server.EngineFixture.BUNDLED;
import static dev.keepsake.server.EngineFixture.VALKEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.core.AddressBlock;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.fleet.NodeMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineGateTest {
    private static final ServerConfig PLAIN =
            new ServerConfig("127.0.0.1", 0, Path.of("/data"), new PortRange(1, 2), null);

    private final Logger logger = Logger.getLogger(EngineRule.class.getName());
    private final List<String> warnings = new ArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord record) {
                    if (record.getLevel().equals(Level.WARNING)) {
                        warnings.add(record.getMessage());
                    }
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
    }

    private static ServerConfig strict() {
        return new ServerConfig(
                "127.0.0.1",
                0,
                Path.of("/data"),
                new PortRange(1, 2),
                null,
                FleetTuning.standard().withEngines(true, NodeMemory.asAws()));
    }

    private static EngineFixture onlyBundled() {
        return new EngineFixture().withHoles(BUNDLED, KnownHole.values());
    }

    @Test
    void onLoopbackAnyEngineRunsAndAWarningTellsOfItsHoles() throws Exception {
        var engines = onlyBundled().engines();
        assertThat(EngineGate.of(PLAIN).admit(engines)).isEqualTo(engines);
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains("/data/bin/redis-server", "7.0.15")
                .contains("CVE-2024-31449, CVE-2025-46817, CVE-2025-46818")
                .contains(InstallHint.here().command());
    }

    @Test
    void nobodyIsWarnedOfAnEngineThatNoClusterGets() throws Exception {
        var engines = onlyBundled().sound(VALKEY).engines();
        assertThat(EngineGate.of(PLAIN).admit(engines)).isEqualTo(engines);
        assertThat(warnings).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.1.0/24", "127.255.255.240/28"})
    void addressesOfThisMachineAloneAreLoopback(String block) throws Exception {
        var config = PLAIN.withNodeAddresses(AddressBlock.parse(block));
        var engines = onlyBundled().engines();
        assertThat(EngineGate.of(config).admit(engines)).isEqualTo(engines);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.0/24", "192.168.7.16/28", "126.255.240.0/20"})
    void whatOthersReachRunsOnNoEngineWithHoles(String block) throws Exception {
        var gate = EngineGate.of(PLAIN.withNodeAddresses(AddressBlock.parse(block)));
        assertThatThrownBy(() -> gate.admit(onlyBundled().engines()))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith("--node-addresses is " + block + ", which others")
                .hasMessageContaining("redis 7.0.15 (/data/bin/redis-server) has CVE-2024-31449,")
                .hasMessageContaining(InstallHint.here().command());
        assertThat(gate.admit(onlyBundled().sound(VALKEY).engines()).all()).containsExactly(VALKEY);
        assertThat(warnings).isEmpty();
    }

    @Test
    void noneWithHolesRunsStrictlyEither() {
        assertThatThrownBy(() -> EngineGate.of(strict()).admit(onlyBundled().engines()))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith("--strict-engines was given, and every engine here has");
    }

    /// Nobody knows that it has no holes.
    @Test
    void whatCouldNotBeExaminedDoesNotRunStrictly() throws Exception {
        var unknown = onlyBundled().unknown(VALKEY, "it does not answer within 10 s").engines();
        var gate = EngineGate.of(strict());
        assertThatThrownBy(() -> gate.admit(unknown))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith(
                        "--strict-engines was given, and no engine here is known to have no holes: ")
                .hasMessageContaining(
                        "valkey 8.1.4 (/usr/bin/valkey-server) could not be examined: it does not"
                                + " answer within 10 s")
                .hasMessageContaining("(/data/bin/redis-server) has CVE-2024-31449,")
                .hasMessageContaining("tried again at the next start")
                .hasMessageContaining(InstallHint.here().command());
        var undecided = onlyBundled().withUndecided(VALKEY, KnownHole.CVE_2025_46817).engines();
        var others = EngineGate.of(PLAIN.withNodeAddresses(AddressBlock.parse("10.1.0.0/24")));
        assertThatThrownBy(() -> others.admit(undecided))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("could not be tried for CVE-2025-46817");
        var sound = new EngineBinary(Path.of("/opt/valkey-server"), "valkey", "9.1.2");
        var admitted =
                gate.admit(new EngineFixture().unknown(VALKEY, "it ends").sound(sound).engines());
        assertThat(admitted.all()).containsExactly(sound);
        assertThat(admitted.excluded()).containsOnlyKeys(VALKEY);
        assertThat(warnings).isEmpty();
    }

    @Test
    void onLoopbackItRunsAndAWarningSaysWhatNobodyKnows() throws Exception {
        var gate = EngineGate.of(PLAIN);
        gate.admit(new EngineFixture().withUndecided(VALKEY, KnownHole.CVE_2025_46817).engines());
        gate.admit(new EngineFixture().unknown(VALKEY, "it ends").engines());
        assertThat(warnings)
                .hasSize(2)
                .allMatch(text -> text.contains("ENGINE THAT MAY HAVE KNOWN HOLES"))
                .allMatch(text -> text.contains("/usr/bin/valkey-server"));
        assertThat(warnings.getFirst()).contains("could not be tried for CVE-2025-46817");
        assertThat(warnings.getLast()).contains("could not be examined: it ends");
    }
}
