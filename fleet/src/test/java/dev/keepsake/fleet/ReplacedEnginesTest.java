package dev.keepsake.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.Create;
import dev.keepsake.control.Endpoints;
import dev.keepsake.core.Secret;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.MemoryDisk;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.resp.RespValue;
import dev.keepsake.shard.SnapshotStore;
import dev.keepsake.shard.Snapshotter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What becomes of clusters is decided without engines: what is found where a program was is told,
/// and everything happens at once, on the thread of the test.
class ReplacedEnginesTest {
    private static final EngineBinary OLD = redis("/usr/bin/redis-server", "7.2.10");
    private static final EngineBinary NEWER = redis("/usr/bin/redis-server", "7.2.11");
    private static final EngineBinary OTHER = redis("/opt/redis-server", "7.4.2");
    private static final EngineRule ANY = new EngineRule(Optional.empty(), "apt install x");

    @TempDir private Path directory;
    private final MemoryDisk disk = new MemoryDisk();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final ScheduledExecutorService fleet = Executors.newSingleThreadScheduledExecutor();
    private final StandingClock clock = new StandingClock();
    private final ArrayDeque<Runnable> pauses = new ArrayDeque<>();
    private ControlJournal control;
    private RunningClusters running;
    private ClusterEngines engines;
    private ReplacedEngines replaced;
    private EngineSight sight = new EngineSight.Unexamined(OLD, "nobody has looked");
    private boolean isReplaced = true; // since the last look
    private final List<EngineBinary> looks = new ArrayList<>();
    private int ended;

    private static EngineBinary redis(String path, String version) {
        return new EngineBinary(Path.of(path), "redis", version);
    }

    /// @param commands the names of those that it has
    private static EngineFacts facts(
            EngineBinary engine, Set<KnownHole> holes, String... commands) {
        var listed = new ArrayList<RespValue>();
        for (var each : commands) {
            listed.add(new RespValue.ArrayReply(List.of(new RespValue.Bulk(each.getBytes(UTF_8)))));
        }
        return new EngineFacts(engine, "0", new RespValue.ArrayReply(listed), 11, holes, Set.of());
    }

    private static EngineFacts facts(EngineBinary engine) {
        return facts(engine, Set.of(), "get", "set");
    }

    @BeforeEach
    void begin() throws Exception {
        var state = new ControlState();
        control =
                ControlJournal.open(
                        "control",
                        log("control"),
                        state,
                        new ControlPlane(state),
                        (what, cause) -> {
                            throw new AssertionError(what, cause);
                        },
                        () -> {},
                        Long.MAX_VALUE);
        var ports = new PortAssignment(new Places("127.0.0.1", 1, 1, null, null), control, clock);
        running = new RunningClusters(ports);
        engines = engines(facts(OLD));
        replaced = replaced();
    }

    @AfterEach
    void end() throws Exception {
        running.close();
        for (var each : opened.reversed()) {
            each.close();
        }
        fleet.shutdownNow();
    }

    private EmbeddedLog log(String name) throws IOException {
        var log =
                EmbeddedLog.open(
                        Path.of("/" + name),
                        disk.mount(),
                        EmbeddedLogOptions.standard(),
                        Thread.ofPlatform().daemon().factory(),
                        (what, cause) -> {});
        opened.add(log);
        return log;
    }

    /// The server knows these, in the order of preference.
    private void installed(EngineFacts... known) {
        engines = engines(known);
        replaced = replaced();
    }

    private ClusterEngines engines(EngineFacts... known) {
        var byBinary = new LinkedHashMap<EngineBinary, EngineFacts>();
        for (var each : known) {
            byBinary.put(each.binary(), each);
        }
        return new ClusterEngines(
                new Engines(List.copyOf(byBinary.keySet()), byBinary),
                ANY,
                _ -> {},
                new ClusterDirectories(directory));
    }

    private ReplacedEngines replaced() {
        return new ReplacedEngines(
                engines,
                before -> {
                    looks.add(before);
                    return sight;
                },
                _ -> isReplaced,
                running,
                control,
                new Reports(control, clock, pauses::addLast),
                ReplacedEnginesTest::atOnce,
                Runnable::run,
                () -> ended++);
    }

    private static Thread atOnce(Runnable task) {
        task.run();
        return Thread.ofVirtual().unstarted(() -> {});
    }

    /// A cluster runs, and its log was written by what it runs on.
    private ClusterRuntime run(String name, EngineBinary on) {
        var spec =
                control.decide(plane ->
                                plane.createCluster(
                                        Create.named(name),
                                        "us-east-1",
                                        clock.now(),
                                        new SplittableRandom(name.hashCode())))
                        .spec();
        var engine = engines.usable(on).orElseThrow();
        engines.note(spec.id(), engine.stamp());
        control.decide(
                plane -> plane.clusterProvisioned(spec.id(), engine.installed(), clock.now()));
        var runtime = runtime(spec, engine);
        running.add(runtime);
        return runtime;
    }

    private ClusterRuntime runtime(ClusterSpec spec, StampedEngine engine) {
        return new ClusterRuntime(
                spec,
                new Endpoints("127.0.0.1", 1, Map.of()),
                engine,
                Map.of(),
                List.of(),
                0,
                clock,
                fleet,
                () -> {});
    }

    /// The last engine of a cluster has ended.
    private void loseEngines(ClusterRuntime runtime) throws IOException {
        var log = log("shard");
        var store = SnapshotStore.open(directory.resolve("snapshots"));
        var launcher = new EngineLauncher(OLD, directory.resolve("run"), clock);
        opened.add(launcher);
        var snapshotter =
                new Snapshotter(
                        "0001",
                        "0",
                        new EngineSpec("n", directory, 0, "feed", new Secret("s"), OLD, Map.of()),
                        runtime.engine().stamp(),
                        log,
                        store,
                        launcher,
                        clock,
                        Thread.ofVirtual().factory());
        runtime.add(
                new ShardRuntime(
                        "0001",
                        OtherProcess.NONE,
                        log,
                        TransactionLog::close,
                        new ShardSnapshots(log, store, snapshotter, Long.MAX_VALUE),
                        FailoverPlan.STANDARD,
                        new ShardHistory(runtime.spec().id(), "0001", new Chronicle(), clock),
                        fleet,
                        new NobodyListens()));
        assertThat(runtime.lacksEngine()).isTrue();
    }

    private static final class NobodyListens implements ShardRuntime.Listener {
        @Override
        public void onTopologyChanged() {}

        @Override
        public void onServing() {}

        @Override
        public void onNodeFailed(NodeRuntime failed) {}
    }

    @Test
    void clustersGoOnWithWhatIsTheSameButForItsHoles() {
        installed(facts(OLD, Set.of(KnownHole.CVE_2025_46818), "get", "set"));
        var cluster = run("demo", OLD);
        sight = new EngineSight.Examined(facts(OLD));
        replaced.onRefused(OLD);
        assertThat(running.has(cluster)).isTrue();
        assertThat(cluster.engine().knownHoles()).isEmpty();
        assertThat(ended).isZero();
    }

    @Test
    void anotherEngineOrOneWithOtherCommandsEndsWhatRunsOnItAndNothingElse() {
        installed(facts(OLD), facts(OTHER));
        var cluster = run("demo", OLD);
        var elsewhere = run("elsewhere", OTHER);
        sight = new EngineSight.Examined(facts(NEWER));
        replaced.onRefused(OLD);
        assertThat(running.has(cluster)).isFalse();
        assertThat(running.has(elsewhere)).isTrue();
        assertThat(ended).isOne();

        cluster = run("again", NEWER);
        sight = new EngineSight.Examined(facts(NEWER, Set.of(), "get", "set", "waitaof"));
        replaced.onRefused(NEWER);
        assertThat(running.has(cluster)).isFalse();
        assertThat(running.has(elsewhere)).isTrue();
        assertThat(ended).isEqualTo(2);
    }

    @Test
    void whatCannotGoOnWithTheDataEndsNothingThatRuns() throws Exception {
        installed(facts(NEWER));
        var cluster = run("demo", NEWER);
        sight = new EngineSight.Examined(facts(OLD));
        replaced.onRefused(NEWER);
        assertThat(running.has(cluster)).isTrue();
        assertThat(ended).isZero();

        isReplaced = false;
        replaced.onRefused(NEWER);
        assertThat(looks).as("what is there is known").containsExactly(NEWER);
        isReplaced = true;
        replaced.onRefused(NEWER);
        assertThat(looks).containsExactly(NEWER, OLD);
        assertThat(running.has(cluster)).isTrue();

        isReplaced = false;
        loseEngines(cluster);
        replaced.onRefused(NEWER);
        assertThat(looks).hasSize(2);
        assertThat(running.has(cluster)).isFalse();
        assertThat(ended).isOne();
    }

    /// It answers `--version`, and does not start, or not in time on a busy machine. Ending engines
    /// that run would help nobody: nothing could be started in their place.
    @ParameterizedTest
    @ValueSource(strings = {"7.2.10", "7.2.11"})
    void whatCouldNotBeExaminedEndsNothingThatRuns(String version) throws Exception {
        installed(facts(OLD));
        var cluster = run("demo", OLD);
        var now = redis("/usr/bin/redis-server", version);
        sight = new EngineSight.Unexamined(now, "it does not answer within 10 s");
        replaced.onRefused(OLD);
        assertThat(engines.usable(now)).as("it may be able to run all the same").isPresent();
        assertThat(running.has(cluster)).isTrue();
        assertThat(ended).isZero();

        loseEngines(cluster);
        replaced.onRefused(OLD);
        assertThat(looks).as("it is looked at each time").containsExactly(OLD, now);
        assertThat(running.has(cluster)).as("there is nothing to save").isFalse();
        assertThat(ended).isOne();
    }

    @Test
    void whatCouldBeExaminedLaterIsWhatTheClusterGoesOnWith() {
        installed(facts(OLD));
        var cluster = run("demo", OLD);
        sight = new EngineSight.Unexamined(OLD, "it does not answer within 10 s");
        replaced.onRefused(OLD);
        sight =
                new EngineSight.Examined(
                        facts(OLD, Set.of(KnownHole.CVE_2025_46818), "get", "set"));
        replaced.onRefused(OLD);
        assertThat(running.has(cluster)).as("its fronts know the commands").isTrue();
        assertThat(cluster.engine().knownHoles()).isEqualTo("CVE-2025-46818");
        assertThat(ended).isZero();

        sight = new EngineSight.Unexamined(NEWER, "it does not answer within 10 s");
        replaced.onRefused(OLD);
        assertThat(running.has(cluster)).isTrue();
        sight = new EngineSight.Examined(facts(NEWER));
        replaced.onRefused(OLD); // what the cluster runs on has not been there for long
        assertThat(engines.usable(NEWER)).isPresent();
        assertThat(running.has(cluster)).isFalse();
        assertThat(ended).isOne();
    }

    /// Also where another engine could go on: the program may come back, and from a newer engine
    /// there is no way back.
    @Test
    void whereTheProgramIsGoneClustersGoOnWhileTheyHaveEngines() throws Exception {
        installed(facts(OLD), facts(OTHER));
        var cluster = run("demo", OLD);
        var elsewhere = run("elsewhere", OTHER);
        sight = new EngineSight.Gone(OLD, "is not a file");
        replaced.onRefused(OLD);
        assertThat(engines.usable(OLD)).as("for new clusters").isEmpty();
        assertThat(running.has(cluster)).isTrue();

        sight = new EngineSight.Examined(facts(OLD));
        replaced.onRefused(OLD);
        assertThat(engines.usable(OLD)).isPresent();
        assertThat(running.has(cluster)).as("nobody was interrupted").isTrue();
        assertThat(ended).isZero();

        sight = new EngineSight.Gone(OLD, "is version 6.2.0");
        loseEngines(cluster);
        replaced.onRefused(OLD);
        assertThat(running.has(cluster)).as("refused, or started on another").isFalse();
        assertThat(running.has(elsewhere)).isTrue();
        assertThat(ended).isOne();
    }

    @Test
    void whatCannotBeRecordedNowIsRecordedLaterAndEveryClusterIsLookedAt() {
        installed(facts(OLD));
        var clusters = List.of(run("one", OLD), run("two", OLD));
        sight =
                new EngineSight.Examined(
                        facts(OLD, Set.of(KnownHole.CVE_2025_46818), "get", "set"));
        disk.capacityBytes(0);
        replaced.onRefused(OLD);
        assertThat(clusters)
                .extracting(each -> each.engine().knownHoles())
                .containsOnly("CVE-2025-46818");
        assertThat(messages()).noneMatch(text -> text.contains("CVE-2025-46818"));

        disk.capacityBytes(Long.MAX_VALUE);
        pauses.removeFirst().run();
        assertThat(messages().stream().filter(text -> text.contains("CVE-2025-46818"))).hasSize(2);

        sight = new EngineSight.Examined(facts(OLD));
        replaced.onRefused(OLD);
        assertThat(looks).as("it is looked at again").hasSize(2);
    }

    private List<String> messages() {
        return control.read(ControlState::records).stream().map(Object::toString).toList();
    }
}
