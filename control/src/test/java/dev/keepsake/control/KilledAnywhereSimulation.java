package dev.keepsake.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The control plane is stopped after any decision of a history of calls, and begins again from its
/// records: whatever was begun comes to an end, the same one that it would have come to. Each
/// decision is one entry of the control log, kept whole or not at all, so these are all the states
/// that a kill can leave. `-Dseed=N` replays one history.
class KilledAnywhereSimulation {
    private static final int CALLS = 50;

    @ParameterizedTest
    @MethodSource("seeds")
    void whateverWasBegunComesToTheSameEnd(long seed) {
        var kinds = new SplittableRandom(seed).ints(CALLS, 0, AnyCall.KINDS).toArray();
        var whole = new History(seed, kinds);
        whole.goOn();
        whole.assertSettled();
        int accepted = whole.accepted;
        assertThat(accepted).as("calls that were accepted").isGreaterThan(CALLS / 10);
        var expected = whole.picture();
        for (int decisions = 1; decisions < whole.control.decisions; decisions++) {
            var killed = new History(seed, kinds);
            killed.stopAfter(decisions);
            killed.restart();
            killed.goOn();
            killed.assertSettled();
            assertThat(killed.picture())
                    .as("seed %d, killed after %d decisions", seed, decisions)
                    .isEqualTo(expected);
        }
    }

    private static LongStream seeds() {
        var one = Long.getLong("seed");
        return one == null ? LongStream.range(0, 8) : LongStream.of(one);
    }

    /// Calls one after the other, each followed by everything that the fleet has to do.
    private static final class History {
        private final long seed;
        private final int[] kinds;
        private MemoryControl control;
        private SimulatedFleet fleet;
        private int next;
        private int accepted;
        private boolean called;

        History(long seed, int[] kinds) {
            this.seed = seed;
            this.kinds = kinds;
            this.control = new MemoryControl(seed);
            this.fleet = new SimulatedFleet(control);
        }

        /// To the end.
        void goOn() {
            stopAfter(Integer.MAX_VALUE);
        }

        void stopAfter(int decisions) {
            while (control.decisions < decisions && next < kinds.length) {
                if (!called) {
                    call();
                } else if (!fleet.step()) {
                    called = false;
                    next++;
                }
            }
        }

        private void call() {
            called = true;
            control.now = MemoryControl.START.plusSeconds(next);
            try {
                new AnyCall(control, seed * CALLS + next).make(kinds[next]);
                accepted++;
            } catch (ApiException e) {
                // so it would be without a kill
            }
        }

        /// Begins again with nothing but what was kept, in its stored form, and as often as not
        /// with the state in the place of its history.
        void restart() {
            control = control.restarted(control.decisions % 2 == 0);
            fleet = new SimulatedFleet(control);
        }

        void assertSettled() {
            assertThat(control.state.clusters())
                    .allSatisfy(cluster -> {
                        assertThat(cluster.status())
                                .isIn(
                                        ClusterState.Status.AVAILABLE,
                                        ClusterState.Status.RESTORE_FAILED);
                        assertThat(cluster.update()).isNull();
                        assertThat(cluster.failover()).isNull();
                        assertThat(cluster.parametersPending()).isFalse();
                        if (cluster.endpoints() != null) {
                            assertThat(cluster.endpoints().nodePorts())
                                    .as("ports of nodes that are there")
                                    .hasSize(cluster.spec().nodeCount());
                        }
                    });
            assertThat(control.state.allSnapshots())
                    .allMatch(snapshot -> snapshot.status() == ClusterSnapshot.Status.AVAILABLE);
            assertThat(control.plane.access().isUnsettled()).isFalse();
        }

        /// Everything that is there but events, which tell of some steps twice.
        Set<ControlRecord> picture() {
            return control.state.records().stream()
                    .filter(record -> !(record instanceof ControlRecord.EventHappened))
                    .collect(Collectors.toSet());
        }
    }
}
