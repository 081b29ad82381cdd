package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.SlotRange;
import dev.keepsake.core.Slots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Callers and a fleet that do anything in any order, reports repeated and reports of clusters that
/// are gone included. `-Dseed=N` replays one run; a failing one prints the command.
class ControlPlaneSimulation {
    private static final int STEPS = 300;
    private static final List<String> NAMES = List.of("a", "B", "c-1", "demo", "Demo", "x--", "");

    @ParameterizedTest
    @MethodSource("seeds")
    void whateverIsAskedAndReportedTheStateStaysSound(long seed) {
        try {
            runThrough(new Run(seed));
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "%s%nrepeat with: mvn test -pl control -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=ControlPlaneSimulation -Dseed=%d"
                            .formatted(e.getMessage(), seed),
                    e);
        }
    }

    private static void runThrough(Run run) {
        for (int step = 0; step < STEPS; step++) {
            run.step();
            run.checkClusters();
            if (step % 10 == 0) {
                run.checkThatARestartFindsTheSame();
            }
        }
        run.checkThatARestartFindsTheSame();
        run.checkThatPagesShowEverythingOnce();
        run.checkThatEverythingIsToldInOrder();
    }

    private static LongStream seeds() {
        var one = Long.getLong("seed");
        return one == null ? LongStream.range(0, 100) : LongStream.of(one);
    }

    private static final class Run {
        private final SplittableRandom random;
        private final MemoryControl control;
        private final SimulatedFleet fleet;
        private final List<ClusterId> everCreated = new ArrayList<>();

        Run(long seed) {
            this.random = new SplittableRandom(seed);
            this.control = new MemoryControl(seed);
            this.fleet = new SimulatedFleet(control);
        }

        void step() {
            var before = control.state.clusters();
            int eventsBefore = control.state.events().size();
            control.pass(Duration.ofSeconds(random.nextInt(1, 60)));
            try {
                act();
            } catch (ApiException e) {
                assertThat(control.state.clusters()).as("after %s", e).isEqualTo(before);
                assertThat(control.state.events()).as("after %s", e).hasSize(eventsBefore);
            }
        }

        private void act() {
            switch (random.nextInt(14)) {
                case 0, 1 -> everCreated.add(control.create(randomRequest()).spec().id());
                case 2 -> control.delete(pick(NAMES));
                case 3, 4 -> control.failOver(pick(NAMES), "%04d".formatted(random.nextInt(1, 5)));
                case 5, 6, 7, 8 -> {
                    new AnyCall(control, random.nextLong()).make(random.nextInt(AnyCall.KINDS));
                    for (var cluster : control.state.clusters()) {
                        if (!everCreated.contains(cluster.spec().id())) {
                            everCreated.add(cluster.spec().id());
                        }
                    }
                }
                case 9 -> fleet.step();
                default -> {
                    if (!everCreated.isEmpty()) {
                        report(pick(everCreated));
                    }
                }
            }
        }

        private CreateClusterRequest randomRequest() {
            return Create.with(create -> {
                create.clusterName = pick(NAMES);
                create.numShards = random.nextInt(0, 8);
                create.numReplicasPerShard = random.nextInt(-1, 7);
            });
        }

        private void report(ClusterId id) {
            var cluster = control.state.cluster(id).orElse(null);
            switch (random.nextInt(13)) {
                case 7 ->
                        control.decide(
                                plane -> plane.failedOver(id, node(id, cluster), control.now));
                case 8, 9 ->
                        control.decide(
                                plane -> plane.nodeRecovering(id, node(id, cluster), control.now));
                case 10, 11 ->
                        control.decide(
                                plane -> plane.nodeRecovered(id, node(id, cluster), control.now));
                case 12 ->
                        control.decide(plane ->
                                random.nextBoolean()
                                        ? plane.serverStarted(control.now)
                                        : plane.serverStopped(control.now));
                case 0 -> {
                    if (cluster != null) {
                        control.decide(plane ->
                                plane.endpointsAssigned(id, control.endpoints(id), control.now));
                    }
                }
                case 1, 2 ->
                        control.decide(plane ->
                                plane.clusterProvisioned(
                                        id,
                                        new InstalledEngines.Installed("redis", "7.0.15"),
                                        control.now));
                case 3 -> control.removed(id);
                case 4 -> control.decide(plane -> plane.failoverBegun(id, node(id, cluster)));
                case 5 -> {
                    String failing = failing(id, cluster);
                    control.decide(plane ->
                            plane.failoverPromoted(id, failing, node(id, cluster), control.now));
                }
                default -> {
                    String failing = failing(id, cluster);
                    control.decide(plane -> plane.failoverFinished(id, failing, control.now));
                }
            }
        }

        /// Mostly the node that does fail.
        private String failing(ClusterId id, @Nullable ClusterState cluster) {
            var failover = cluster == null ? null : cluster.failover();
            var known = failover == null ? null : failover.failing();
            return known != null && random.nextInt(4) > 0 ? known : node(id, cluster);
        }

        private String node(ClusterId id, @Nullable ClusterState cluster) {
            return cluster == null
                    ? id.name() + "-0001-001"
                    : pick(pick(cluster.spec().shards()).nodes()).name();
        }

        void checkClusters() {
            var names = new HashSet<String>();
            var nodeNames = new HashSet<String>();
            var ids = new HashSet<String>();
            int nodes = 0;
            int shards = 0;
            for (var cluster : control.state.clusters()) {
                var spec = cluster.spec();
                assertThat(names.add(spec.id().name())).as("%s is unique", spec.id()).isTrue();
                assertThat(spec.id().name()).isLowerCase();
                checkSlots(spec);
                shards += spec.shards().size();
                for (var shard : spec.shards()) {
                    ids.add(shard.id());
                    nodes += shard.nodes().size();
                    shard.nodes().forEach(node -> nodeNames.add(node.name()));
                    shard.nodes().forEach(node -> ids.add(node.id()));
                }
                checkFailover(cluster);
            }
            assertThat(nodeNames).as("every node is in one shard").hasSize(nodes);
            assertThat(ids).as("ids differ").hasSize(nodes + shards);
            assertThat(nodes).isLessThanOrEqualTo(300);
        }

        private static void checkSlots(ClusterSpec spec) {
            int next = 0;
            for (var shard : spec.shards()) {
                var slots = SlotRange.parse(shard.slots());
                assertThat(slots.first()).as("slots of %s", shard).isEqualTo(next);
                next = slots.last() + 1;
            }
            assertThat(next).isEqualTo(Slots.COUNT);
        }

        private static void checkFailover(ClusterState cluster) {
            var failover = cluster.failover();
            if (failover != null) {
                assertThat(cluster.status()).isEqualTo(ClusterState.Status.AVAILABLE);
                assertThat(cluster.spec().shards())
                        .filteredOn(shard -> shard.name().equals(failover.shard()))
                        .singleElement()
                        .satisfies(shard -> assertThat(shard.nodes()).hasSizeGreaterThan(1));
            }
        }

        void checkThatARestartFindsTheSame() {
            var replayed = control.replayed();
            assertThat(replayed.clusters()).isEqualTo(control.state.clusters());
            assertThat(List.copyOf(replayed.events()))
                    .isEqualTo(List.copyOf(control.state.events()));
            assertThat(replayed.eventsForgotten()).isEqualTo(control.state.eventsForgotten());
            var all = Set.copyOf(control.state.records());
            assertThat(Set.copyOf(replayed.records())).isEqualTo(all);
            var rewritten = control.restarted(true).state;
            assertThat(Set.copyOf(rewritten.records())).isEqualTo(all);
            assertThat(List.copyOf(rewritten.events()))
                    .isEqualTo(List.copyOf(control.state.events()));
        }

        void checkThatPagesShowEverythingOnce() {
            var shown = new ArrayList<ClusterState>();
            String token = null;
            do {
                var page = control.plane.describeClusters(REGION, null, 20, token);
                shown.addAll(page.items());
                token = page.nextToken();
            } while (token != null);
            assertThat(shown).isEqualTo(List.copyOf(control.state.clusters(REGION)));
        }

        /// The story of each cluster that exists: a failover's four events in their order, and the
        /// recoveries of nodes between them, each of which begins once and ends once.
        void checkThatEverythingIsToldInOrder() {
            for (var cluster : control.state.clusters()) {
                var open = new HashSet<String>();
                String failing = null;
                int step = 0; // of a failover
                for (var event : eventsSinceItWasCreated(cluster)) {
                    var words = event.message().split(" ", -1);
                    String last = words[words.length - 1];
                    if (event.message().startsWith("FailoverShard")) {
                        assertThat(step++).as("%s", event).isZero();
                    } else if (event.message().startsWith("Failover from")) {
                        assertThat(step++).as("%s", event).isEqualTo(1);
                        failing = words[4];
                    } else if (event.message().startsWith("Recovering") && last.equals(failing)) {
                        assertThat(step++).as("%s", event).isEqualTo(2);
                    } else if (event.message().startsWith("Finished") && last.equals(failing)) {
                        assertThat(step).as("%s", event).isEqualTo(3);
                        step = 0;
                        failing = null;
                    } else if (event.message().startsWith("Removed node")) {
                        open.remove(last); // nobody waits for it any more
                    } else if (event.message().startsWith("Recovering")) {
                        assertThat(open.add(last)).as("%s", event).isTrue();
                    } else if (event.message().startsWith("Finished")) {
                        assertThat(open.remove(last)).as("%s", event).isTrue();
                    }
                }
                assertThat(cluster.recovering()).isEqualTo(open);
                if (cluster.status() == ClusterState.Status.DELETING) {
                    assertThat(cluster.failover()).as("a deletion cuts it").isNull();
                } else {
                    assertThat(cluster.failover() == null).isEqualTo(step == 0);
                }
            }
        }

        private List<Event> eventsSinceItWasCreated(ClusterState cluster) {
            var events =
                    control.state.events().stream()
                            .filter(event -> event.sourceName().equals(cluster.spec().id().name()))
                            .toList();
            int first = events.size();
            while (first > 0 && !events.get(first - 1).message().equals("Cluster deleted.")) {
                first--;
            }
            return events.subList(first, events.size());
        }

        private <T> T pick(List<T> all) {
            return all.get(random.nextInt(all.size()));
        }
    }
}
