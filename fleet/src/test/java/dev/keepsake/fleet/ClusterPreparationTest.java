package dev.keepsake.fleet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.Create;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import dev.keepsake.fleet.ClusterPreparation.Prepared;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.ForwardingLog;
import dev.keepsake.log.MemoryDisk;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// How often the log of a cluster is opened that does not start. A fleet looks at each cluster
/// whenever anything is recorded, and every second while any other one cannot be started.
@Timeout(120)
class ClusterPreparationTest {
    private static final int LOOKS = 50;
    private static final EngineBinary REDIS =
            new EngineBinary(Path.of("/bin/redis"), "redis", "7.0.15");
    private static final EngineBinary VALKEY =
            new EngineBinary(Path.of("/bin/valkey"), "valkey", "8.1.1");
    private static final EngineStamp WRITER = EngineStamp.ofRelease("valkey", "8.0.1");

    @TempDir Path data;
    private final MemoryDisk disk = new MemoryDisk();
    private final ScheduledThreadPoolExecutor fleet = new ScheduledThreadPoolExecutor(1);
    private final LinkedBlockingQueue<String> foundLater = new LinkedBlockingQueue<>();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final ClusterState cluster = recordedOnRedis();
    private ClusterDirectories directories;
    private LogOpenings openings;
    private LogClosings closings;
    private @Nullable ClusterPreparation preparation; // of the fleet's thread once it is used

    @BeforeEach
    void writeLog() throws Exception {
        directories = new ClusterDirectories(data);
        closings =
                new LogClosings(
                        Thread.ofVirtual().factory(),
                        fleet,
                        Duration.ofDays(1),
                        _ -> foundLater.add(look()));
        openings =
                new LogOpenings(
                        new Logs(),
                        directories,
                        closings,
                        Thread.ofVirtual().factory(),
                        fleet,
                        Duration.ofDays(1),
                        _ -> foundLater.add(look()));
        try (var log = embedded()) {
            var won = (ClaimOutcome.Won) log.claim("n", -1).toCompletableFuture().get();
            log.note(won.term(), EntryKind.ENGINE, 0, WRITER.encode()).toCompletableFuture().get();
        }
    }

    @AfterEach
    void close() throws Exception {
        fleet.submit(openings::close).get();
        fleet.submit(closings::awaitEnd).get();
        fleet.shutdownNow();
    }

    /// The logs of one cluster, which has run before, and counts how often it is opened.
    private final class Logs implements LogFactory {
        @Override
        public TransactionLog open(Path directory) throws IOException {
            opened.incrementAndGet();
            open.incrementAndGet();
            return new ForwardingLog(embedded()) {
                @Override
                public void close() {
                    super.close();
                    open.decrementAndGet();
                }
            };
        }

        @Override
        public boolean holdsNothing(Path directory) {
            return false;
        }
    }

    private EmbeddedLog embedded() throws IOException {
        return EmbeddedLog.open(
                directories.logOf(cluster.spec().id(), cluster.spec().shards().getFirst()),
                disk.mount(),
                EmbeddedLogOptions.standard(),
                Thread.ofPlatform().daemon().factory(),
                (what, cause) -> {});
    }

    private static ClusterState recordedOnRedis() {
        return new ClusterState(
                Create.spec(
                        Create.named("demo"), "us-east-1", Instant.EPOCH, new SplittableRandom(1)),
                ClusterState.Status.AVAILABLE,
                null,
                REDIS.version(),
                null,
                null,
                null,
                null,
                Set.of(),
                Map.of(),
                REDIS.name(),
                null);
    }

    private static EngineFacts facts(EngineBinary engine, int rdbVersion) {
        return new EngineFacts(
                engine, "0", new RespValue.ArrayReply(List.of()), rdbVersion, Set.of(), Set.of());
    }

    /// Lets a fleet look that has engines.
    private ClusterEngines prepareWith(Engines found) {
        var engines =
                new ClusterEngines(
                        found,
                        new EngineRule(Optional.empty(), "apt install x"),
                        _ -> {},
                        directories);
        var commands =
                new CommandTables(
                        engines,
                        program -> {
                            throw new IOException("it does not start");
                        },
                        Thread.ofVirtual().factory(),
                        fleet,
                        () -> foundLater.add(look()));
        preparation = new ClusterPreparation(engines, commands, openings, closings);
        return engines;
    }

    /// What a fleet does with a cluster that does not run, on its thread.
    private String look() {
        try {
            return switch (requireNonNull(preparation).prepare(cluster)) {
                case Prepared.NotYet _ -> "not yet";
                case Prepared.Lacks(var needed) -> "lacks " + needed;
                case Prepared.Ready(var logs, var chosen) -> {
                    logs.close();
                    yield "ready on " + chosen.engine().stamp();
                }
            };
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private String looked() throws Exception {
        return fleet.submit(this::look).get();
    }

    private void awaitClosed() throws Exception {
        fleet.submit(closings::awaitEnd).get();
        assertThat(open).hasValue(0);
    }

    @Test
    void theLogOfAClusterThatLacksItsEngineIsReadOnce() throws Exception {
        var engines = prepareWith(new Engines(List.of(REDIS), Map.of(REDIS, facts(REDIS, 10))));
        assertThat(looked()).isEqualTo("not yet");
        assertThat(foundLater.take()).isEqualTo("lacks valkey 8.0.1");
        for (int i = 0; i < LOOKS; i++) {
            assertThat(looked()).isEqualTo("lacks valkey 8.0.1");
        }
        assertThat(opened).hasValue(1);
        awaitClosed();
        assertThat(foundLater).isEmpty();

        // Another engine is there now.
        fleet.submit(() -> engines.learn(REDIS, new EngineSight.Examined(facts(VALKEY, 11)))).get();
        assertThat(looked()).isEqualTo("not yet");
        assertThat(foundLater.take()).isEqualTo("ready on valkey 8.1.1");
        assertThat(opened).hasValue(2);
    }

    /// Nothing is known of what is left of a cluster that is made anew under the same name.
    @Test
    void theLogIsReadAgainOnceTheClusterIsForgotten() throws Exception {
        var engines = prepareWith(new Engines(List.of(REDIS), Map.of(REDIS, facts(REDIS, 10))));
        assertThat(looked()).isEqualTo("not yet");
        assertThat(foundLater.take()).isEqualTo("lacks valkey 8.0.1");
        awaitClosed();
        fleet.submit(() -> engines.forget(cluster.spec().id())).get();
        assertThat(looked()).isEqualTo("not yet");
        assertThat(foundLater.take()).isEqualTo("lacks valkey 8.0.1");
        assertThat(opened).hasValue(2);
    }

    @Test
    void theLogOfAClusterWhoseEngineDoesNotAnswerIsReadOnce() throws Exception {
        prepareWith(new Engines(List.of(VALKEY)));
        assertThat(looked()).isEqualTo("not yet");
        assertThat(foundLater.take()).as("its log is open").isEqualTo("not yet");
        assertThat(foundLater.take()).contains("/bin/valkey").contains("its commands");
        for (int i = 0; i < LOOKS; i++) {
            assertThat(looked()).contains("/bin/valkey").contains("its commands");
        }
        assertThat(opened).hasValue(1);
        awaitClosed();
    }
}
