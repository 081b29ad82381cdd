package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is found out about engines behind the start counts as what is found out at a start.
class LaterExaminationTest {
    private static final EngineBinary REDIS = engine("/usr/bin/redis-server", "redis", "7.2.4");
    private static final EngineBinary VALKEY = engine("/usr/bin/valkey-server", "valkey", "8.0.1");
    private static final EngineRule ANY = new EngineRule(Optional.empty(), "apt install x");
    private static final EngineRule STRICT =
            new EngineRule(Optional.of("--strict-engines was given"), "apt install x");

    private final List<String> warnings = new ArrayList<>();
    private final Logger logger = Logger.getLogger(EngineRule.class.getName());
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
    private Map<EngineBinary, String> excluded = Map.of();

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
    }

    private static EngineBinary engine(String path, String name, String version) {
        return new EngineBinary(Path.of(path), name, version);
    }

    private static EngineFacts facts(EngineBinary engine, KnownHole... holes) {
        return new EngineFacts(
                engine, "0", new RespValue.ArrayReply(List.of()), 11, Set.of(holes), Set.of());
    }

    private ClusterEngines engines(Engines found, EngineRule rule) {
        return new ClusterEngines(
                found,
                rule,
                reasons -> excluded = reasons,
                new ClusterDirectories(Path.of("/data")));
    }

    private static Engines known(EngineFacts... facts) {
        var byBinary = new LinkedHashMap<EngineBinary, EngineFacts>();
        for (var each : facts) {
            byBinary.put(each.binary(), each);
        }
        return new Engines(List.copyOf(byBinary.keySet()), byBinary);
    }

    private static CommandTables tables(ClusterEngines engines, CommandTables.Examiner examiner) {
        return new CommandTables(
                engines, examiner, LaterExaminationTest::atOnce, Runnable::run, () -> {});
    }

    private static Thread atOnce(Runnable task) {
        task.run();
        return Thread.ofVirtual().unstarted(() -> {});
    }

    @Test
    void holesThatAreFoundLaterAreWarnedOfAndBelongToWhatTheClusterRunsOn() throws IOException {
        var engines = engines(new Engines(List.of(VALKEY)), ANY);
        assertThat(engines.nearest("valkey", "7.2").knownHoles()).isEmpty();
        var tables = tables(engines, each -> facts(each, KnownHole.CVE_2025_46818));
        assertThat(tables.examine(VALKEY)).as("it is asked").isFalse();
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains("ENGINE WITH KNOWN HOLES", "CVE-2025-46818", "apt install x");
        assertThat(engines.nearest("valkey", "7.2").knownHoles()).isEqualTo("CVE-2025-46818");
        assertThat(excluded).isEmpty();
        assertThat(tables.examine(VALKEY)).as("it has answered").isTrue();
        assertThat(warnings).hasSize(1);
    }

    @Test
    void strictlyAnEngineWithHolesThatAreFoundLaterIsNotRunAnyMore() {
        var engines = engines(known(facts(VALKEY), facts(REDIS)), STRICT);
        assertThat(excluded).isEmpty();
        engines.learn(VALKEY, new EngineSight.Examined(facts(VALKEY, KnownHole.CVE_2025_46818)));
        assertThat(excluded).containsEntry(VALKEY, "has CVE-2025-46818").hasSize(1);
        assertThat(engines.usable(VALKEY)).isEmpty();
        assertThat(engines.nearest("valkey", "7.2").engine()).isEqualTo("redis");
        assertThat(engines.missing(EngineStamp.ofRelease("valkey", "8.0.1")))
                .contains(
                        "written by valkey 8.0.1 (RDB version 11)",
                        "none of the engines here can continue from (redis 7.2.4)",
                        "an engine that could is installed but not used, because --strict-engines"
                                + " was given",
                        "valkey 8.0.1 (/usr/bin/valkey-server) has CVE-2025-46818",
                        "get a better one: apt install x",
                        "start the server without --strict-engines")
                .doesNotContain("put it on the PATH");
        // What could not go on with the data is no way out, whether it may be run or not.
        assertThat(engines.missing(EngineStamp.ofRelease("valkey", "9.1.2")))
                .contains("put it on the PATH")
                .doesNotContain("CVE");
    }

    @Test
    void whereNoneIsLeftItSaysWhyOfEach() {
        var engines = engines(known(facts(VALKEY)), STRICT);
        engines.learn(VALKEY, new EngineSight.Unexamined(VALKEY, "it does not start"));
        assertThat(engines.engines().all()).isEmpty();
        assertThat(engines.nearest("redis", "7.0").engine()).isEqualTo("valkey");
        assertThat(engines.missing(EngineStamp.ofRelease("redis", "7.0")))
                .startsWith(
                        "No engine here may be run, because --strict-engines was given: valkey"
                                + " 8.0.1")
                .contains("could not be examined: it does not start", "apt install x");
    }

    @Test
    void whatTookTheProgramsPlaceIsWhatThereIs() {
        var engines = engines(known(facts(VALKEY), facts(REDIS)), ANY);
        var newer = engine("/usr/bin/valkey-server", "valkey", "8.1.1");
        engines.learn(VALKEY, new EngineSight.Examined(facts(newer)));
        assertThat(engines.usable(VALKEY)).isEmpty();
        assertThat(engines.usable(newer)).isPresent();
        assertThat(engines.engines().all()).containsExactly(newer, REDIS);
        assertThat(engines.nearest("valkey", "7.2").patchVersion()).isEqualTo("8.1.1");
        // Who still launches the old one is told late.
        engines.learn(VALKEY, new EngineSight.Examined(facts(VALKEY)));
        assertThat(engines.engines().all()).containsExactly(newer, REDIS);
        assertThat(warnings).isEmpty();
    }

    @Test
    void whatIsGoneIsNotRunUntilItComesBack() {
        var engines = engines(known(facts(VALKEY), facts(REDIS)), ANY);
        engines.learn(VALKEY, new EngineSight.Gone(VALKEY, "is not a file"));
        assertThat(engines.usable(VALKEY)).isEmpty();
        assertThat(engines.nearest("valkey", "7.2").engine()).as("of new ones").isEqualTo("redis");
        assertThat(excluded).containsExactly(Map.entry(VALKEY, "is not a file"));
        assertThat(engines.missing(EngineStamp.ofRelease("valkey", "8.0.1")))
                .contains(
                        "none of the engines here can continue from (redis 7.2.4); an engine that"
                                + " could is not here any more: valkey 8.0.1"
                                + " (/usr/bin/valkey-server) is not a file; start the server with"
                                + " valkey 8.0.1 or a newer valkey");
        assertThat(engines.missing(EngineStamp.ofRelease("valkey", "9.1.2")))
                .doesNotContain("any more");

        engines.learn(REDIS, new EngineSight.Gone(REDIS, "is version 6.2.0"));
        assertThat(engines.engines().all()).isEmpty();
        assertThat(engines.missing(EngineStamp.ofRelease("redis", "7.2.4")))
                .startsWith("No engine is here any more: ")
                .contains("redis 7.2.4 (/usr/bin/redis-server) is version 6.2.0")
                .contains("start the server with redis 7.2.4 or a newer redis");

        engines.learn(VALKEY, new EngineSight.Examined(facts(VALKEY)));
        assertThat(engines.usable(VALKEY)).isPresent();
        assertThat(excluded).containsOnlyKeys(REDIS);
        assertThat(warnings).isEmpty();
    }

    @Test
    void oneThatCannotBeExaminedIsAskedAgain() throws Exception {
        var engines = engines(new Engines(List.of(VALKEY)), ANY);
        var answers = new ArrayList<EngineFacts>();
        var tables =
                tables(
                        engines,
                        each -> {
                            if (answers.isEmpty()) {
                                throw new IOException("it ended");
                            }
                            return answers.getFirst();
                        });
        assertThatThrownBy(() -> tables.of(VALKEY)).hasMessageContaining("not yet listed");
        assertThatThrownBy(() -> tables.of(VALKEY)).hasMessageContaining("it ended");
        answers.add(facts(VALKEY));
        assertThatThrownBy(() -> tables.examine(VALKEY)).hasMessageContaining("it ended");
        assertThat(tables.examine(VALKEY)).isTrue();
        assertThat(warnings).isEmpty();
    }
}
