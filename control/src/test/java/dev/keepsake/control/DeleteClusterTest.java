package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// DeleteCluster in every state that a cluster can be in, and what becomes of what was under way.
class DeleteClusterTest {
    /// Everything that a cluster may be doing when somebody wants it gone.
    enum State {
        CREATING_WITHOUT_PORTS,
        CREATING,
        BEING_FILLED,
        CREATE_FAILED,
        RESTORE_FAILED,
        AVAILABLE,
        RECOVERING,
        FAILOVER_CALLED,
        FAILOVER_BEGUN,
        FAILOVER_PROMOTED,
        ADDING_NODES,
        REMOVING_NODES,
        PARAMETERS_PENDING,
        SNAPSHOT_BY_SCHEDULE,
        SNAPSHOT_ASKED_FOR,
        DELETING
    }

    private final MemoryControl control = new MemoryControl();
    private final SplittableRandom random = new SplittableRandom(1);

    /// `yes`: it goes at once. `later`: it goes when its snapshot is there. `no`: it is refused.
    @ParameterizedTest
    @CsvSource({
        // state, DeleteCluster, with a final snapshot
        "CREATING_WITHOUT_PORTS, yes, no",
        "CREATING, yes, no",
        "BEING_FILLED, yes, no",
        "CREATE_FAILED, yes, no",
        "RESTORE_FAILED, yes, no",
        "AVAILABLE, yes, later",
        "RECOVERING, yes, later",
        "FAILOVER_CALLED, yes, no",
        "FAILOVER_BEGUN, yes, no",
        "FAILOVER_PROMOTED, yes, no",
        "ADDING_NODES, yes, no",
        "REMOVING_NODES, yes, no",
        "PARAMETERS_PENDING, yes, later",
        "SNAPSHOT_BY_SCHEDULE, yes, no",
        "SNAPSHOT_ASKED_FOR, later, no",
        "DELETING, no, no"
    })
    void whatCanBeDeleted(State state, String plain, String withFinalSnapshot) {
        assertDeleted(begin("plain", state), null, plain);
        assertDeleted(begin("final", state), "last", withFinalSnapshot);
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void nothingGoesOnForAClusterThatIsToGo(State state) {
        var id = begin("demo", state);
        if (state != State.DELETING) {
            delete("demo", null);
        }

        var deleting = control.state.cluster(id).orElseThrow();
        assertThat(deleting.status()).isEqualTo(ClusterState.Status.DELETING);
        assertThat(deleting.failover()).isNull();
        assertThat(deleting.update()).isNull();
        int kept = control.records.size();
        control.decide(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
        control.decide(plane -> plane.createFailed(id, control.now));
        control.decide(plane -> plane.restoreFailed(id, "late", control.now));
        control.decide(plane -> plane.clusterUpdated(id, control.now));
        control.decide(plane -> plane.failoverBegun(id, "demo-0001-001"));
        control.decide(
                plane -> plane.failoverPromoted(id, "demo-0001-001", "demo-0001-002", control.now));
        control.decide(plane -> plane.failoverFinished(id, "demo-0001-001", control.now));
        assertThat(control.records).as("late reports are no news").hasSize(kept);
        assertThat(control.replayed().clusters()).isEqualTo(control.state.clusters());

        control.removed(id);
        assertThat(control.state.cluster(id)).isEmpty();
    }

    /// A server that is killed in between finds the deletion and goes on with it.
    @ParameterizedTest
    @EnumSource(State.class)
    void aRestartGoesOnWithTheDeletion(State state) {
        begin("demo", state);
        if (state != State.DELETING) {
            delete("demo", null);
        }
        for (boolean rewritten : new boolean[] {false, true}) {
            var restarted = control.restarted(rewritten);
            new SimulatedFleet(restarted).finish();
            assertThat(restarted.state.clusters()).isEmpty();
        }
    }

    @Test
    void aSnapshotOfTheScheduleGoesWithItsCluster() {
        begin("demo", State.SNAPSHOT_BY_SCHEDULE);
        delete("demo", null);
        assertThat(control.state.allSnapshots())
                .singleElement()
                .satisfies(snapshot ->
                        assertThat(snapshot.status()).isEqualTo(ClusterSnapshot.Status.DELETING));
        new SimulatedFleet(control).finish();
        assertThat(control.state.allSnapshots()).isEmpty();
    }

    private void assertDeleted(ClusterId id, @Nullable String finalSnapshot, String expected) {
        if (expected.equals("no")) {
            int kept = control.records.size();
            assertRefused(Fault.INVALID_CLUSTER_STATE, () -> delete(id.name(), finalSnapshot));
            assertThat(control.records).hasSize(kept);
            return;
        }
        var answer = delete(id.name(), finalSnapshot);
        assertThat(answer.status()).isEqualTo(ClusterState.Status.DELETING);
        assertThat(control.describe(id.name())).isEqualTo(answer);
        assertThat(control.plane.snapshots().isAwaited(id)).isEqualTo(expected.equals("later"));
        new SimulatedFleet(control).finish();
        assertThat(control.state.cluster(id)).isEmpty();
    }

    private ClusterState delete(String name, @Nullable String finalSnapshot) {
        return control.decide(plane ->
                plane.deleteCluster(REGION, name, null, finalSnapshot, control.now, random));
    }

    private ClusterId begin(String name, State state) {
        return switch (state) {
            case CREATING_WITHOUT_PORTS -> control.create(Create.named(name)).spec().id();
            case CREATING -> {
                var id = control.create(Create.named(name)).spec().id();
                control.decide(
                        plane -> plane.endpointsAssigned(id, control.endpoints(id), control.now));
                yield id;
            }
            case BEING_FILLED -> filled(name);
            case CREATE_FAILED -> {
                var id = begin(name, State.CREATING);
                control.decide(plane -> plane.createFailed(id, control.now));
                yield id;
            }
            case RESTORE_FAILED -> {
                var id = filled(name);
                control.decide(plane -> plane.restoreFailed(id, "missing", control.now));
                yield id;
            }
            case AVAILABLE -> control.available(Create.named(name)).spec().id();
            case RECOVERING -> {
                var id = begin(name, State.AVAILABLE);
                control.decide(plane -> plane.nodeRecovering(id, name + "-0001-002", control.now));
                yield id;
            }
            case FAILOVER_CALLED -> {
                var id = begin(name, State.AVAILABLE);
                control.failOver(name, "0001");
                yield id;
            }
            case FAILOVER_BEGUN -> {
                var id = begin(name, State.FAILOVER_CALLED);
                control.decide(plane -> plane.failoverBegun(id, name + "-0001-001"));
                yield id;
            }
            case FAILOVER_PROMOTED -> {
                var id = begin(name, State.FAILOVER_BEGUN);
                control.decide(plane ->
                        plane.failoverPromoted(
                                id, name + "-0001-001", name + "-0001-002", control.now));
                yield id;
            }
            case ADDING_NODES -> resized(name, 2);
            case REMOVING_NODES -> resized(name, 0);
            case PARAMETERS_PENDING -> {
                var id = begin(name, State.AVAILABLE);
                control.decide(plane ->
                        new Decision<>(
                                List.of(new ControlRecord.ParametersPending(id, control.now)),
                                true));
                yield id;
            }
            case SNAPSHOT_BY_SCHEDULE -> {
                control.now = Instant.parse("2021-08-22T01:10:00Z");
                var id =
                        control.available(
                                        Create.with(create -> {
                                            create.clusterName = name;
                                            create.snapshotRetentionLimit = 2;
                                            create.snapshotWindow = "01:00-02:00";
                                        }))
                                .spec()
                                .id();
                control.decide(plane -> plane.snapshots().due(control.now, random));
                assertThat(control.describe(name).status())
                        .isEqualTo(ClusterState.Status.SNAPSHOTTING);
                yield id;
            }
            case SNAPSHOT_ASKED_FOR -> {
                var id = begin(name, State.AVAILABLE);
                control.decide(plane ->
                        plane.snapshots()
                                .create(
                                        REGION,
                                        name,
                                        "of-" + name,
                                        null,
                                        null,
                                        control.now,
                                        random));
                yield id;
            }
            case DELETING -> {
                var id = begin(name, State.AVAILABLE);
                delete(name, null);
                yield id;
            }
        };
    }

    private ClusterId filled(String name) {
        return control.create(
                        Create.with(create -> {
                            create.clusterName = name;
                            create.snapshotArns = List.of("file:///any.rdb");
                        }))
                .spec()
                .id();
    }

    private ClusterId resized(String name, int replicas) {
        var id = control.available(Create.named(name)).spec().id();
        control.decide(plane ->
                plane.updateCluster(
                        Update.with(update -> {
                            update.clusterName = name;
                            update.replicaCount = replicas;
                        }),
                        REGION,
                        control.now,
                        random));
        assertThat(control.describe(name).status()).isEqualTo(ClusterState.Status.UPDATING);
        return id;
    }
}
