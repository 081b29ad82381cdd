package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Statuses at AWS's pace, with a fleet that is done with everything at once.
class StatusPaceTest {
    private static final StatusPace PACE = StatusPace.AWS;

    private final MemoryControl control = new MemoryControl(1, PACE);
    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void aClusterIsCreatingForAQuarterOfAnHour() {
        control.create(Create.named("demo"));
        assertLasts(ClusterState.Status.CREATING, PACE.creating());
        assertThat(control.messages("demo")).containsExactly("Cluster created.");
    }

    @Test
    void anUpdateTakesLongerWhenNodesComeOrGo() {
        available();
        update("other", null);
        assertThat(control.describe("demo").spec().description()).isEqualTo("other");
        assertLasts(ClusterState.Status.UPDATING, PACE.updating());
        update(null, 3);
        assertLasts(ClusterState.Status.UPDATING, PACE.resizing());
    }

    @Test
    void aClusterIsDeletingForSomeMinutes() {
        var id = available();
        control.delete("demo");
        control.pass(PACE.deleting().minusNanos(1));
        report();
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.DELETING);
        control.pass(Duration.ofNanos(1));
        report();
        assertThat(control.state.cluster(id)).isEmpty();
    }

    @Test
    void aSnapshotKeepsItsClusterSnapshotting() {
        available();
        control.decide(plane ->
                plane.snapshots().create(REGION, "demo", "one", null, null, control.now, random));
        assertLasts(ClusterState.Status.SNAPSHOTTING, PACE.snapshotting());
        assertThat(control.messages("demo"))
                .containsOnlyOnce("Snapshot one succeeded for node demo-0001-001");
        control.decide(plane -> plane.snapshots().delete(REGION, "one", control.now));
        report();
        assertThat(control.state.allSnapshots()).hasSize(1);
        control.pass(PACE.deleting());
        report();
        assertThat(control.state.allSnapshots()).isEmpty();
    }

    @Test
    void usersAclsAndParametersSettleAfterHalfAMinute() {
        control.decide(plane ->
                plane.parameters()
                        .create(REGION, "mine", "memorydb_redis7", null, null, control.now));
        control.decide(plane -> plane.access().createAcl(REGION, "staff", null, null, control.now));
        var mine =
                Create.with(create -> {
                    create.parameterGroupName = "mine";
                });
        var id = control.create(mine).spec().id();
        control.pass(PACE.creating());
        report();
        control.decide(plane ->
                plane.parameters()
                        .update(
                                REGION,
                                "mine",
                                List.of(Map.entry("maxmemory-policy", "allkeys-lru")),
                                control.now));
        control.decide(plane ->
                plane.access()
                        .createUser(
                                REGION,
                                "alice",
                                new Access.AuthenticationMode("iam", null),
                                "on ~* +@all",
                                null,
                                control.now));
        control.decide(plane ->
                plane.access().updateAcl(REGION, "staff", List.of("alice"), null, control.now));
        control.decide(
                plane -> plane.access().updateUser(REGION, "alice", null, "off", control.now));
        control.pass(PACE.settling().minusNanos(1));
        report();
        assertThat(control.state.cluster(id).orElseThrow().parametersPending()).isTrue();
        assertThat(control.plane.access().existingAcl(REGION, "staff").status())
                .isEqualTo(Acl.Status.MODIFYING);
        control.pass(Duration.ofNanos(1));
        report();
        assertThat(control.state.cluster(id).orElseThrow().parametersPending()).isFalse();
        assertThat(control.plane.access().existingAcl(REGION, "staff").status())
                .isEqualTo(Acl.Status.ACTIVE);
        assertThat(control.plane.access().existingUser(REGION, "alice").status())
                .isEqualTo(User.Status.ACTIVE);
    }

    @Test
    void aResetWaitsForNothing() {
        available();
        control.decide(plane -> plane.reset(control.now));
        report();
        assertThat(control.plane.isEmpty()).isTrue();
    }

    @Test
    void aPaceIsDividedByOneOrMore() {
        assertThat(PACE.dividedBy(1)).isEqualTo(PACE);
        assertThat(PACE.dividedBy(60).creating()).isEqualTo(Duration.ofSeconds(15));
        assertThatIllegalArgumentException().isThrownBy(() -> PACE.dividedBy(0));
        assertThat(StatusPace.INSTANT.isInstant()).isTrue();
    }

    private ClusterId available() {
        var id = control.create(Create.named("demo")).spec().id();
        control.pass(PACE.creating());
        report();
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.AVAILABLE);
        return id;
    }

    private void update(@Nullable String description, @Nullable Integer replicas) {
        var request =
                Update.with(update -> {
                    update.description = description;
                    update.replicaCount = replicas;
                });
        control.decide(plane -> plane.updateCluster(request, REGION, control.now, random));
    }

    private void assertLasts(ClusterState.Status status, Duration lasting) {
        assertThat(control.describe("demo").status()).isEqualTo(status);
        control.pass(lasting.minusNanos(1));
        report();
        assertThat(control.describe("demo").status()).isEqualTo(status);
        control.pass(Duration.ofNanos(1));
        report();
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.AVAILABLE);
    }

    /// The fleet reports that everything has been reached.
    private void report() {
        var told = new HashMap<ClusterId, List<AccessRule>>();
        for (var snapshot : control.state.allSnapshots()) {
            var file = new SnapshotShard("0001", "0-16383", 1, 9, control.now);
            control.decide(
                    plane -> plane.snapshots().taken(snapshot.id(), List.of(file), control.now));
            if (snapshot.status() == ClusterSnapshot.Status.DELETING) {
                control.decide(plane -> plane.snapshots().removed(snapshot.id(), control.now));
            }
        }
        control.decide(plane -> plane.snapshots().due(control.now, random));
        for (var cluster : control.state.clusters()) {
            var id = cluster.spec().id();
            told.put(id, control.plane.access().rulesOf(cluster));
            control.decide(
                    plane -> plane.endpointsAssigned(id, control.endpoints(id), control.now));
            control.decide(plane ->
                    plane.clusterProvisioned(
                            id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
            control.decide(plane -> plane.clusterUpdated(id, control.now));
            var values = control.plane.parameters().of(cluster.spec());
            control.decide(plane -> plane.parameters().settle(id, values, control.now));
            control.decide(plane -> plane.clusterRemoved(id, control.now));
        }
        control.decide(plane -> plane.access().settle(told, Set.of(), control.now));
    }
}
