package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.awaitPassed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.shard.HoldRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Everything that can fail, under everything that clients do, while snapshots are taken and the
/// log is trimmed behind them: what was acknowledged is there in the end, once and in order, on
/// every node.
///
/// A new fault is a constant of [Fault], a new load one of [Load]. With `-Dthorough` each fault
/// meets every load; without, two of the five, and each load as many faults.
class CrashMatrixIT {
    private static final int SOME = 100;
    private static final int LATE_MS = 100;
    private static final int LOADS_OF_A_SAMPLE = 2;

    @TempDir static Path shared;
    private static TestServer server;
    private static LogLines log;
    private static final AtomicInteger ROWS = new AtomicInteger();

    @TempDir Path own;

    @BeforeAll
    static void start() throws Exception {
        log = LogLines.of("dev.keepsake.shard");
        server = TestServer.start(shared, SmallServer.parts(new SmallDisk()), SmallServer.tuning());
    }

    @AfterAll
    static void stop() {
        server.close();
        log.close();
        assertThat(log.count("snapshot shard="))
                .as("snapshots meanwhile")
                .isGreaterThan(ROWS.get() / 2);
    }

    static List<Arguments> rows() {
        var rows = new ArrayList<Arguments>();
        var loads = new ArrayList<>(List.of(Load.values()));
        int each = isThorough() ? loads.size() : LOADS_OF_A_SAMPLE;
        for (var fault : Fault.values()) {
            loads.subList(0, each).forEach(load -> rows.add(Arguments.of(fault, load)));
            Collections.rotate(loads, 1);
        }
        return rows;
    }

    private static boolean isThorough() {
        return System.getProperty("thorough") != null;
    }

    @ParameterizedTest(name = "{0} under {1}")
    @MethodSource("rows")
    @Execution(ExecutionMode.CONCURRENT)
    void whatWasAcknowledgedIsThere(Fault fault, Load load, TestReporter reporter)
            throws Exception {
        try (var scene = scene(fault)) {
            reporter.publishEntry(fault + " under " + load, run(scene, fault, load));
        }
    }

    /// The rows would find losses if there were any: with replies that do not wait for a log that
    /// is late, there are.
    @ParameterizedTest
    @EnumSource(Load.class)
    void lossesAreFoundUnderEveryLoad(Load load) throws Exception {
        var parts = LateServer.parts(LATE_MS, HoldRule.NOTHING);
        var fault = Fault.FAILOVER_SHARD;
        try (var unsafe = TestServer.start(own, parts, LateServer.tuning());
                var scene = Scene.on(unsafe, own, "demo", fault)) {
            assertThatThrownBy(() -> run(scene, fault, load))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageNotContainingAny("waited in vain", "no reply to");
        }
    }

    /// @return how much was written
    private static String run(Scene scene, Fault fault, Load load) throws Exception {
        try (var crew = new Crew(load, scene.shard())) {
            var primary = scene.shard().primary();
            var replica = scene.shard().replicas().stream().findFirst().orElse(primary);
            crew.awaitAcknowledged(SOME);

            fault.strike(scene);
            crew.awaitAcknowledged(SOME);
            scene.shard().awaitWhole();
            awaitPassed(() -> assertTold(fault, scene, primary, replica));
            crew.awaitAcknowledged(SOME);

            crew.stop();
            readBack(scene.shard(), crew);
            assertTold(fault, scene, primary, replica);
            return crew.tally();
        }
    }

    private static void assertTold(Fault fault, Scene scene, Node primary, Node replica) {
        var told = scene.messages();
        var stories = fault.stories(primary.name(), replica.name());
        if (fault.isStoryInOrder()) {
            assertThat(told).as("events").isIn(stories);
        } else {
            assertThat(sorted(told))
                    .as("events")
                    .isIn(stories.stream().map(CrashMatrixIT::sorted).toList());
        }
    }

    private static List<String> sorted(List<String> lines) {
        return lines.stream().sorted().toList();
    }

    /// Reads from the primary, and from the replicas once they have all that it has.
    private static void readBack(Shard shard, Crew crew) throws Exception {
        try (var client = new ShardClient(shard.nodes())) {
            await(
                    "a last write",
                    () -> client.ask(List.of("SET", "end", "1")) instanceof Answer.Reply);
        }
        for (var node : shard.nodes()) {
            try (var reader = new Reader(node)) {
                await(node.name() + " has it", () -> reader.ask("GET", "end").equals("1"));
                crew.check(reader);
            }
        }
    }

    private Scene scene(Fault fault) throws Exception {
        var cluster = "row-" + ROWS.incrementAndGet();
        return switch (fault.at()) {
            case SHARED_SERVER -> Scene.on(server, shared, cluster, fault);
            case SERVER_OF_ITS_OWN -> Scene.onServerOfItsOwn(own, cluster, fault);
            case PROCESS_OF_ITS_OWN -> Scene.onProcessOfItsOwn(own, cluster, fault);
        };
    }
}
