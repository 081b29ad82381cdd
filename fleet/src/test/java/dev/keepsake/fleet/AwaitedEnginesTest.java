package dev.keepsake.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.Create;
import dev.keepsake.control.EngineRelease;
import dev.keepsake.control.InstalledEngines;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.MemoryDisk;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Without engines: the programs are what the test says, a pause is over when it says so, and
/// everything happens at once, on its thread.
class AwaitedEnginesTest {
    private static final EngineBinary REDIS = redis("7.0.15");
    private static final EngineBinary VALKEY =
            new EngineBinary(Path.of("/usr/bin/valkey-server"), "valkey", "8.0.1");
    private static final EngineStamp NEEDED = EngineStamp.ofRelease("redis", "7.2.4");

    @TempDir private Path directory;
    private final MemoryDisk disk = new MemoryDisk();
    private final Machine machine = new Machine();
    private final StandingClock clock = new StandingClock();
    private final ArrayDeque<Runnable> pauses = new ArrayDeque<>();
    private final List<Long> pausesS = new ArrayList<>();
    private ControlJournal control;
    private ClusterEngines engines;
    private AwaitedEngines awaited;
    private ClusterId id;
    private int found;

    private static EngineBinary redis(String version) {
        return new EngineBinary(Path.of("/usr/bin/redis-server"), "redis", version);
    }

    private static EngineSight.Examined examined(EngineBinary engine) {
        var commands =
                new RespValue.ArrayReply(
                        List.of(
                                new RespValue.ArrayReply(
                                        List.of(new RespValue.Bulk("get".getBytes(UTF_8))))));
        return new EngineSight.Examined(
                new EngineFacts(engine, "0", commands, 11, Set.of(), Set.of()));
    }

    /// What there is where programs may be, and which of them were started to see that.
    private static final class Machine implements AwaitedEngines.Programs {
        private final Map<Path, EngineSight> there = new HashMap<>();
        private final Set<Path> unanswering = new HashSet<>();
        private final Set<Path> others = new HashSet<>(); // programs that are no engines
        private final Set<EngineBinary> replaced = new HashSet<>();
        private final List<Path> started = new ArrayList<>();

        private void has(EngineSight sight) {
            there.put(sight.binary().path(), sight);
        }

        private List<Path> startedNow() {
            var now = List.copyOf(started);
            started.clear();
            return now;
        }

        @Override
        public boolean isProgram(Path place) {
            return there.containsKey(place) || others.contains(place);
        }

        @Override
        public boolean isReplaced(EngineBinary program) {
            return replaced.contains(program);
        }

        @Override
        public Optional<EngineSight> lookAt(Path place) throws IOException {
            started.add(place);
            if (unanswering.contains(place)) {
                throw new IOException("no end of --version");
            }
            return Optional.ofNullable(there.get(place));
        }

        private EngineSight lookAgain(EngineBinary before) {
            started.add(before.path());
            replaced.clear();
            var sight = there.get(before.path());
            return sight == null ? new EngineSight.Gone(before, "is not a file") : sight;
        }
    }

    /// A cluster is available, and the server knows the engine that cannot continue from its data.
    @BeforeEach
    void begin() throws Exception {
        var state = new ControlState();
        control =
                ControlJournal.open(
                        "control",
                        EmbeddedLog.open(
                                Path.of("/control"),
                                disk.mount(),
                                EmbeddedLogOptions.standard(),
                                Thread.ofPlatform().daemon().factory(),
                                (what, cause) -> {}),
                        state,
                        new ControlPlane(state),
                        (what, cause) -> {
                            throw new AssertionError(what, cause);
                        },
                        () -> {},
                        Long.MAX_VALUE);
        var first = examined(REDIS);
        machine.has(first);
        engines =
                new ClusterEngines(
                        new Engines(List.of(REDIS), Map.of(REDIS, first.facts())),
                        new EngineRule(Optional.empty(), "apt install x"),
                        _ -> {},
                        new ClusterDirectories(directory));
        var ports = new PortAssignment(new Places("127.0.0.1", 1, 1, null, null), control, clock);
        var replaced =
                new ReplacedEngines(
                        engines,
                        machine::lookAgain,
                        machine::isReplaced,
                        new RunningClusters(ports),
                        control,
                        new Reports(control, clock, _ -> {}),
                        AwaitedEnginesTest::atOnce,
                        Runnable::run,
                        () -> {});
        awaited =
                new AwaitedEngines(
                        List.of(VALKEY.path(), REDIS.path()),
                        machine,
                        engines,
                        replaced,
                        control,
                        clock,
                        AwaitedEnginesTest::atOnce,
                        Runnable::run,
                        (pauseNs, action) -> {
                            pausesS.add(TimeUnit.NANOSECONDS.toSeconds(pauseNs));
                            pauses.addLast(action);
                        },
                        this::lookAtCluster);
        id = created("demo");
        control.decide(plane -> plane.clusterProvisioned(id, installed("7.2.4"), clock.now()));
        engines.note(id, NEEDED);
    }

    @AfterEach
    void end() {
        control.close();
    }

    private static Thread atOnce(Runnable task) {
        task.run();
        return Thread.ofVirtual().unstarted(() -> {});
    }

    private ClusterId created(String name) throws IOException {
        return control.decide(plane ->
                        plane.createCluster(
                                Create.named(name),
                                "us-east-1",
                                clock.now(),
                                new SplittableRandom(name.hashCode())))
                .spec()
                .id();
    }

    private static InstalledEngines.Installed installed(String version) {
        return new InstalledEngines.Installed("redis", version);
    }

    private ClusterState cluster() {
        return control.read(state -> state.cluster(id)).orElseThrow();
    }

    private EngineChoice choice() {
        try {
            return engines.choose(cluster());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// As a fleet does it.
    private void lookAtCluster() {
        found++;
        if (choice() instanceof EngineChoice.Chosen(var engine, _)) {
            control.decide(plane -> plane.clusterStarted(id, engine.installed(), clock.now()));
        } else {
            refuse();
        }
    }

    private void refuse() {
        assertThat(choice()).isEqualTo(new EngineChoice.Missing(NEEDED));
        control.decide(plane ->
                plane.engineMissing(
                        id, new EngineRelease("redis", "7.2.4"), "It is.", clock.now()));
        awaited.await();
    }

    /// The pause is over that is due, the only one.
    private void endPause() {
        assertThat(pauses).hasSize(1);
        pauses.removeFirst().run();
    }

    private void assertStarted() {
        assertThat(cluster().engineNeeded()).isNull();
        endPause();
        assertThat(pauses).as("nobody looks while no cluster waits").isEmpty();
    }

    @Test
    void anEngineThatIsInstalledLaterIsFound() {
        refuse();
        endPause();
        assertThat(found).isZero();
        machine.has(examined(VALKEY));
        endPause();
        assertThat(found).isOne();
        assertThat(engines.usable(VALKEY)).isPresent();
        assertThat(control.read(ControlState::records).stream().map(Object::toString))
                .anyMatch(text -> text.contains("Engine valkey 8.0.1 can continue from the data"));
        assertThat(machine.startedNow()).containsExactly(VALKEY.path());
        assertStarted();
    }

    @Test
    void anUpgradeOfAKnownProgramIsFound() {
        refuse();
        endPause();
        assertThat(machine.startedNow()).as("it is what it was").isEmpty();
        machine.has(examined(redis("7.2.5")));
        machine.replaced.add(REDIS);
        endPause();
        assertThat(machine.startedNow()).containsExactly(REDIS.path());
        assertThat(found).isOne();
        assertStarted();
    }

    @Test
    void whatCannotContinueEitherIsNotLookedAtAgain() {
        refuse();
        machine.has(examined(redis("7.2.3")));
        machine.replaced.add(REDIS);
        endPause();
        assertThat(machine.startedNow()).hasSize(1);
        assertThat(cluster().engineNeeded()).isNotNull();
        endPause();
        assertThat(machine.startedNow()).isEmpty();
        assertThat(found).as("news").isOne();
        assertThat(pauses).hasSize(1);
    }

    @Test
    void oneThatWasRemovedIsStartedOnceItIsThere() {
        engines.learn(REDIS, new EngineSight.Gone(REDIS, "is not a file"));
        machine.there.clear();
        refuse();
        endPause();
        assertThat(machine.startedNow()).isEmpty();
        machine.has(examined(redis("7.2.4")));
        endPause();
        assertThat(machine.startedNow()).containsExactly(REDIS.path());
        assertStarted();
    }

    @Test
    void whatCouldNotBeToldIsLookedAtInEachRound() {
        machine.others.add(VALKEY.path());
        machine.unanswering.add(VALKEY.path());
        engines.learn(REDIS, new EngineSight.Unexamined(REDIS, "it does not answer"));
        machine.has(new EngineSight.Unexamined(REDIS, "it does not answer"));
        refuse();
        for (int i = 0; i < 3; i++) {
            endPause();
            assertThat(machine.startedNow()).containsExactly(VALKEY.path(), REDIS.path());
        }
        assertThat(found).as("nothing is new").isZero();
        machine.unanswering.clear();
        machine.has(examined(VALKEY));
        endPause();
        assertStarted();
    }

    @Test
    void thePausesGrowToABoundAndBeginAnew() {
        refuse();
        for (int i = 0; i < 7; i++) {
            endPause();
        }
        assertThat(pausesS).containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L, 30L);
        machine.has(examined(VALKEY));
        endPause();
        assertStarted();
        engines.learn(VALKEY, new EngineSight.Gone(VALKEY, "is not a file"));
        refuse();
        assertThat(pausesS.getLast()).isOne();
    }

    @Test
    void whatAnothersLaunchHasFoundOutIsSeenInTheNextRound() {
        refuse();
        engines.learn(REDIS, examined(redis("7.2.4")));
        endPause();
        assertThat(found).isOne();
        assertStarted();
    }

    /// A new cluster is not recorded to lack an engine: it is refused again each second, and given
    /// up.
    @Test
    void itIsLookedForForANewClusterToo() {
        awaited.await();
        awaited.await();
        endPause();
        awaited.await();
        machine.has(examined(VALKEY));
        endPause();
        assertThat(engines.usable(VALKEY)).isPresent();
        endPause();
        assertThat(pauses).isEmpty();
    }

    @Test
    void nobodyLooksForAClusterThatIsDeleted() {
        refuse();
        endPause();
        control.decide(plane ->
                plane.deleteCluster(
                        "us-east-1", "demo", null, null, clock.now(), new SplittableRandom(1)));
        machine.has(examined(VALKEY));
        endPause();
        assertThat(machine.startedNow()).isEmpty();
        assertThat(pauses).isEmpty();
    }
}
