package dev.keepsake.fleet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.Create;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.ForwardingLog;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.MemoryDisk;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Logs that answer late or not at all, each asked on another thread than the fleet's, which is a
/// real one here and does with what it is told as the fleet does: it looks at that cluster.
@Timeout(120)
class LogOpeningsTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final Path DATA = Path.of("/data");
    private static final Duration NEVER = Duration.ofDays(1);
    private static final EngineStamp WRITER = EngineStamp.ofRelease("valkey", "8.0.1");

    private final MemoryDisk disk = new MemoryDisk();
    private final ScheduledThreadPoolExecutor fleet = new ScheduledThreadPoolExecutor(1);
    private final Map<String, CountDownLatch> unanswering = new ConcurrentHashMap<>();
    private final Set<String> broken = ConcurrentHashMap.newKeySet();
    private final Set<String> withoutClass = ConcurrentHashMap.newKeySet();
    private final Set<String> opened = ConcurrentHashMap.newKeySet(); // or tried
    private final Set<String> open = ConcurrentHashMap.newKeySet();
    private final Set<String> unwanted = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<String> news = new LinkedBlockingQueue<>();

    // Of the fleet's thread.
    private final Map<String, ClusterLogs> taken = new HashMap<>();

    private ControlJournal control;
    private LogClosings closings;
    private LogOpenings openings;
    private ClusterState one;
    private ClusterState two;

    @BeforeEach
    void createClusters() throws Exception {
        var state = new ControlState();
        control =
                ControlJournal.open(
                        "control",
                        embedded(Path.of("/control")),
                        state,
                        new ControlPlane(state),
                        (what, cause) -> {},
                        () -> {},
                        Long.MAX_VALUE);
        one = created("one");
        two = created("two");
        closings =
                new LogClosings(
                        Thread.ofVirtual().factory(),
                        fleet,
                        NEVER,
                        id -> lookAt(List.of(id.equals(idOf(one)) ? one : two)));
        openings = openings(NEVER);
    }

    @AfterEach
    void close() throws Exception {
        unanswering.values().forEach(CountDownLatch::countDown);
        onFleet(() -> {
            openings.close();
            closings.awaitEnd();
            taken.values().forEach(ClusterLogs::close);
            return true;
        });
        fleet.shutdownNow();
        control.close();
    }

    @Test
    void aLogThatDoesNotAnswerHoldsUpItsOwnClusterAlone() throws Exception {
        var answer = unanswering("one");
        onFleet(this::look);
        assertThat(news.take()).isEqualTo("two is open");
        assertThat(onFleet(this::look)).as("what there is of one").isEmpty();
        answer.countDown();
        assertThat(news.take()).isEqualTo("one is open");
    }

    @Test
    void itIsSaidWhenALogDoesNotAnswerForLong() throws Exception {
        openings = openings(Duration.ofMillis(1));
        unwanted.add("two");
        var answer = unanswering("one");
        onFleet(this::look);
        assertThat(news.take()).startsWith("one: the log in " + directoryOf(one) + " does not");
        answer.countDown();
        while (!news.take().equals("one is open")) {
            // it is said once more with every look
        }
    }

    /// Or each try would be kept for as long as it could have taken.
    @Test
    void nothingIsKeptOfWhatHasEnded() throws Exception {
        broken.add("two");
        onFleet(this::look);
        assertThat(List.of(news.take(), news.take()))
                .containsExactlyInAnyOrder("one is open", "two: it is broken");
        assertThat(onFleet(() -> List.copyOf(fleet.getQueue())))
                .isNotEmpty()
                .allMatch(each -> ((Future<?>) each).isCancelled());
    }

    @Test
    void whatCannotBeOpenedIsTriedAgain() throws Exception {
        broken.add("one");
        unwanted.add("two");
        onFleet(this::look);
        assertThat(news.take()).isEqualTo("one: it is broken");
        assertThat(onFleet(this::look)).as("it is being tried").isEmpty();
        assertThat(news.take()).isEqualTo("one: it is broken");
        broken.clear();
        onFleet(this::look);
        assertThat(news.take()).isEqualTo("one is open");
    }

    /// Or the cluster would wait for ever for a try that has ended.
    @Test
    void whatFailsForAnotherReasonThanTheLogIsTriedAgainToo() throws Exception {
        withoutClass.add("one");
        unwanted.add("two");
        onFleet(this::look);
        assertThat(news.take()).startsWith("one: ").contains("a client of the log");
        withoutClass.clear();
        onFleet(this::look);
        assertThat(news.take()).isEqualTo("one is open");
    }

    @Test
    void itIsFoundOutWhoWroteALog() throws Exception {
        try (var log = embedded(directoryOf(one))) {
            var won = (ClaimOutcome.Won) log.claim("n", -1).toCompletableFuture().get();
            log.note(won.term(), EntryKind.ENGINE, 0, WRITER.encode()).toCompletableFuture().get();
        }
        onFleet(this::look);
        assertThat(List.of(news.take(), news.take()))
                .containsExactlyInAnyOrder("one is open", "two is open");
        assertThat(onFleet(() -> taken("one").writers())).containsExactly(WRITER);
        assertThat(onFleet(() -> taken("two").writers())).isEmpty();
    }

    @Test
    void whatIsGivenUpHasEndedOnceItsLogsAreClosed() throws Exception {
        var answer = unanswering("one");
        onFleet(this::look);
        assertThat(news.take()).isEqualTo("two is open");
        unwanted.add("one");
        assertThat(onFleet(() -> openings.giveUp(idOf(one)))).isFalse();
        answer.countDown();
        while (!onFleet(() -> openings.giveUp(idOf(one)))) {
            Thread.onSpinWait();
        }
        while (!onFleet(() -> closings.isOver(idOf(one)))) {
            Thread.onSpinWait();
        }
        assertThat(open).containsExactly("two");
        assertThat(onFleet(() -> openings.giveUp(idOf(one)))).isTrue();
    }

    @Test
    void aLogIsNotOpenedBeforeItIsClosed() throws Exception {
        unwanted.add("two");
        var closed = new CountDownLatch(1);
        onFleet(() -> {
            closings.close(idOf(one), () -> await(closed));
            return true;
        });
        assertThat(onFleet(this::look)).isEmpty();
        assertThat(open).isEmpty();
        assertThat(opened).as("tries").isEmpty();
        closed.countDown();
        assertThat(news.take()).isEqualTo("one is open");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatNobodyTakesIsClosed() throws Exception {
        unwanted.add("two");
        onFleet(() -> openings.take(two)); // and it is not wanted any more when that is done
        onFleet(this::look);
        assertThat(news.take()).isEqualTo("one is open");
        while (!open.equals(Set.of("one"))) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aFleetThatEndsClosesWhatIsOpenedLater() throws Exception {
        var answer = unanswering("one");
        onFleet(this::look);
        assertThat(news.take()).isEqualTo("two is open");
        onFleet(() -> {
            openings.close();
            return true;
        });
        answer.countDown();
        while (!open.equals(Set.of("two"))) {
            Thread.onSpinWait();
        }
    }

    /// What a fleet does with each cluster that does not run.
    ///
    /// @return what is news
    private List<String> look() {
        return lookAt(List.of(one, two));
    }

    private List<String> lookAt(List<ClusterState> clusters) {
        return clusters.stream()
                .filter(cluster -> !unwanted.contains(nameOf(cluster)))
                .filter(cluster -> !taken.containsKey(nameOf(cluster)))
                .flatMap(cluster -> take(cluster).stream())
                .toList();
    }

    private Optional<String> take(ClusterState cluster) {
        String name = nameOf(cluster);
        Optional<String> said;
        try {
            var logs = openings.take(cluster);
            logs.ifPresent(opened -> taken.put(name, opened));
            said = logs.map(_ -> name + " is open");
        } catch (IOException e) {
            said = Optional.of(name + ": " + e.getMessage());
        }
        said.ifPresent(news::add);
        return said;
    }

    private ClusterLogs taken(String name) {
        return requireNonNull(taken.get(name));
    }

    private <T> T onFleet(Callable<T> action) throws Exception {
        return fleet.submit(action).get();
    }

    private LogOpenings openings(Duration saidAfter) {
        return new LogOpenings(
                this::openAnyway,
                new ClusterDirectories(DATA),
                closings,
                Thread.ofVirtual().factory(),
                fleet,
                saidAfter,
                id -> lookAt(List.of(id.equals(idOf(one)) ? one : two)));
    }

    private TransactionLog openAnyway(Path directory) throws IOException {
        String name =
                requireNonNull(directory.getParent())
                        .getFileName()
                        .toString()
                        .replaceFirst("-.*", "");
        opened.add(name);
        if (broken.contains(name)) {
            throw new IOException("it is broken");
        }
        if (withoutClass.contains(name)) {
            throw new NoClassDefFoundError("a client of the log");
        }
        var log = embedded(directory);
        open.add(name);
        return new ForwardingLog(log) {
            @Override
            public Optional<LogEntry> newestEngine() throws IOException {
                var answer = unanswering.get(name);
                if (answer != null) {
                    try {
                        answer.await();
                    } catch (InterruptedException e) {
                        throw new IOException("interrupted", e);
                    }
                }
                return super.newestEngine();
            }

            @Override
            public void close() {
                super.close();
                open.remove(name);
            }
        };
    }

    /// Lets the log of a cluster answer when the latch is counted down.
    private CountDownLatch unanswering(String name) {
        var answer = new CountDownLatch(1);
        unanswering.put(name, answer);
        return answer;
    }

    private EmbeddedLog embedded(Path directory) throws IOException {
        return EmbeddedLog.open(
                directory,
                disk.mount(),
                EmbeddedLogOptions.standard(),
                Thread.ofPlatform().daemon().factory(),
                (what, cause) -> {});
    }

    private ClusterState created(String name) throws IOException {
        control.decide(plane ->
                plane.createCluster(
                        Create.named(name),
                        "us-east-1",
                        NOW,
                        RandomGenerator.of("L64X128MixRandom")));
        return control.read(ControlState::clusters).stream()
                .filter(cluster -> nameOf(cluster).equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static ClusterId idOf(ClusterState cluster) {
        return cluster.spec().id();
    }

    private static String nameOf(ClusterState cluster) {
        return idOf(cluster).name();
    }

    private static Path directoryOf(ClusterState cluster) {
        return new ClusterDirectories(DATA)
                .logOf(idOf(cluster), cluster.spec().shards().getFirst());
    }
}
