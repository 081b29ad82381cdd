package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.Engines;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Programs answer when the test says so: what runs beside the fleet's thread, which is the test's,
/// is kept until then.
class CommandTablesTest {
    private static final EngineBinary VALKEY =
            new EngineBinary(Path.of("/usr/bin/valkey-server"), "valkey", "8.0.1");
    private static final EngineBinary REDIS =
            new EngineBinary(Path.of("/usr/bin/redis-server"), "redis", "7.2.4");

    private final ArrayDeque<Runnable> beside = new ArrayDeque<>();
    private final ClusterEngines engines =
            new ClusterEngines(
                    new Engines(List.of(VALKEY, REDIS)),
                    new EngineRule(Optional.empty(), "apt install x"),
                    _ -> {},
                    new ClusterDirectories(Path.of("/data")));
    private CommandTables tables;
    private Exception failure = new IOException("it ended");
    private boolean answers;
    private int told;

    @BeforeEach
    void make() {
        tables =
                new CommandTables(
                        engines,
                        this::examine,
                        task -> {
                            beside.addLast(task);
                            return Thread.ofVirtual().unstarted(() -> {});
                        },
                        Runnable::run,
                        () -> told++);
    }

    private EngineFacts examine(EngineBinary program) throws IOException {
        if (answers) {
            return new EngineFacts(
                    program, "0", new RespValue.ArrayReply(List.of()), 11, Set.of(), Set.of());
        }
        if (failure instanceof IOException io) {
            throw io;
        }
        throw (RuntimeException) failure;
    }

    private void runBeside() {
        beside.removeFirst().run();
    }

    @Test
    void nobodyWaitsForAProgramThatHangs() throws IOException {
        assertThat(tables.examine(VALKEY)).isFalse();
        assertThat(tables.examine(VALKEY)).isFalse();
        assertThatThrownBy(() -> tables.of(VALKEY)).hasMessageContaining("not yet listed");
        assertThat(beside).as("it is asked once").hasSize(1);
        assertThat(tables.examine(REDIS)).isFalse();
        assertThat(beside).as("and another one meanwhile").hasSize(2);
        assertThat(told).isZero();

        answers = true;
        runBeside();
        assertThat(told).isOne();
        assertThat(tables.examine(VALKEY)).isTrue();
        assertThat(engines.engines().factsOf(VALKEY)).isPresent();
        assertThat(tables.examine(REDIS)).isFalse();
    }

    /// Whoever is told asks again after a pause; told of each failure, he would ask at once.
    @Test
    void everyClusterIsToldOfAFailureAndTheProgramIsAskedAgain() throws IOException {
        assertThat(tables.examine(VALKEY)).isFalse();
        runBeside();
        assertThat(told).isOne();
        for (int cluster = 0; cluster < 3; cluster++) {
            assertThatThrownBy(() -> tables.examine(VALKEY)).hasMessageContaining("it ended");
        }
        assertThat(beside).as("it is asked again").hasSize(1);
        runBeside();
        assertThat(told).as("he who was told asks by himself").isOne();

        assertThatThrownBy(() -> tables.examine(VALKEY)).hasMessageContaining("it ended");
        answers = true;
        runBeside();
        assertThat(told).isEqualTo(2);
        assertThat(tables.examine(VALKEY)).isTrue();
    }

    @Test
    void aFaultInAnExaminationIsAFailureToo() throws IOException {
        failure = new IllegalStateException("it answers nonsense");
        assertThat(tables.examine(VALKEY)).isFalse();
        assertThatThrownBy(this::runBeside).isSameAs(failure);
        assertThat(told).isOne();
        assertThatThrownBy(() -> tables.examine(VALKEY)).hasMessageContaining("nonsense");
        answers = true;
        runBeside();
        assertThat(tables.examine(VALKEY)).isTrue();
    }
}
