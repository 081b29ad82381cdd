package dev.keepsake.control;

import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Which engine a cluster runs on is a record, and that none is here that can go on with its data
/// is one, too.
class EngineOfClusterTest {
    private static final InstalledEngines.Installed VALKEY_8 =
            new InstalledEngines.Installed("valkey", "8.0.1");
    private static final EngineRelease VALKEY_9 = new EngineRelease("valkey", "9.1.2");

    private final MemoryControl control = new MemoryControl();
    private ClusterId id;

    @BeforeEach
    void create() {
        id = control.available(Create.named("demo")).spec().id();
    }

    private void missing() {
        control.decide(
                plane -> plane.engineMissing(id, VALKEY_9, "It needs valkey 9.1.2.", control.now));
    }

    private <R> void assertNoNews(Function<ControlPlane, Decision<R>> report) {
        assertThat(report.apply(control.plane).records()).isEmpty();
    }

    @Test
    void anUpgradeIsRecordedAndToldOnce() {
        assertNoNews(plane ->
                plane.clusterRuns(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
        control.decide(plane -> plane.clusterRuns(id, VALKEY_8, control.now));
        assertThat(control.describe("demo").enginePatchVersion()).isEqualTo("8.0.1");
        assertThat(control.describe("demo").engineName()).isEqualTo("valkey");
        assertThat(control.messages("demo"))
                .contains(
                        "Engine upgraded from redis 7.0.15 to valkey 8.0.1.",
                        "There is no way back: the data can be continued by valkey 8.0.1 or a newer"
                                + " engine only.",
                        "Engine redis 7.0 is not installed; the cluster runs on valkey 8.0.1.");
        assertNoNews(plane -> plane.clusterRuns(id, VALKEY_8, control.now));
        assertThat(control.restarted(true).describe("demo").engineName()).isEqualTo("valkey");
        assertThat(control.restarted(false).describe("demo").engineName()).isEqualTo("valkey");
    }

    @Test
    void whatAnEarlierBuildRecordedGetsItsNameAndNobodyIsTold() {
        control.state.apply(new ControlRecord.EngineChanged(id, "8.0.1", null));
        int told = control.messages("demo").size();
        control.decide(plane -> plane.clusterRuns(id, VALKEY_8, control.now));
        assertThat(control.describe("demo").engineName()).isEqualTo("valkey");
        assertThat(control.messages("demo")).hasSize(told);
    }

    @Test
    void aClusterWithoutAnEngineForItsDataSaysSoInItsStatusAndOnce() {
        missing();
        var shown = control.describe("demo");
        assertThat(shown.shownStatus()).isEqualTo(ClusterState.Status.RESTORE_FAILED);
        assertThat(shown.isUp()).isFalse();
        assertThat(shown.enginePatchVersion()).as("as it was").isEqualTo("7.0.15");
        assertThat(control.messages("demo").getLast())
                .isEqualTo(
                        "Restore from the transaction log failed for node demo-0001-001. It needs"
                                + " valkey 9.1.2.");
        assertNoNews(plane -> plane.engineMissing(id, VALKEY_9, "It does.", control.now));
        for (var restarted : List.of(control.restarted(true), control.restarted(false))) {
            assertThat(restarted.describe("demo").engineNeeded()).isEqualTo(VALKEY_9);
        }
    }

    @Test
    void nothingButItsDeletionIsAcceptedMeanwhile() {
        missing();
        assertRefused(
                Fault.INVALID_CLUSTER_STATE,
                () -> control.failOver("demo", "0001"),
                "restore-failed",
                "valkey 9.1.2");
        assertRefused(
                Fault.INVALID_CLUSTER_STATE,
                () ->
                        control.decide(plane ->
                                plane.deleteCluster(
                                        "us-east-1",
                                        "demo",
                                        null,
                                        "final",
                                        control.now,
                                        new SplittableRandom(1))),
                "valkey 9.1.2");
        control.delete("demo");
        assertThat(control.describe("demo").shownStatus()).isEqualTo(ClusterState.Status.DELETING);
        assertNoNews(plane -> plane.engineMissing(id, VALKEY_9, "It does.", control.now));
    }

    @Test
    void theClusterIsAsItWasWhenAnEngineIsThereAgain() {
        missing();
        control.decide(plane -> plane.clusterStarted(id, VALKEY_8, control.now));
        var shown = control.describe("demo");
        assertThat(shown.shownStatus()).isEqualTo(ClusterState.Status.AVAILABLE);
        assertThat(shown.engineNeeded()).isNull();
        assertThat(control.messages("demo").getLast())
                .isEqualTo(
                        "Engine valkey 8.0.1 can continue from the data; the cluster is started.");
        assertNoNews(plane -> plane.clusterStarted(id, VALKEY_8, control.now));
        control.failOver("demo", "0001");
    }

    private void askForFinalSnapshot() {
        control.decide(plane ->
                plane.deleteCluster(
                        "us-east-1", "demo", null, "final", control.now, new SplittableRandom(1)));
        assertThat(control.plane.snapshots().isAwaited(id)).isTrue();
    }

    /// The server ended before the snapshot was taken, and finds no engine for the cluster.
    @Test
    void aDeletionThatWaitsForASnapshotThatNobodyCanTakeEndsWithTheClusterStillThere() {
        askForFinalSnapshot();
        missing();
        assertThat(control.plane.snapshots().isAwaited(id)).isFalse();
        assertThat(control.state.allSnapshots())
                .singleElement()
                .satisfies(snapshot ->
                        assertThat(snapshot.status()).isEqualTo(ClusterSnapshot.Status.FAILED));
        assertThat(control.describe("demo").shownStatus())
                .isEqualTo(ClusterState.Status.RESTORE_FAILED);
        assertThat(control.messages("demo"))
                .contains("Snapshot final failed for node demo-0001-001")
                .last()
                .asString()
                .contains("It needs valkey 9.1.2.");
        assertNoNews(plane -> plane.engineMissing(id, VALKEY_9, "It does.", control.now));
        control.delete("demo");
        assertThat(control.plane.snapshots().isAwaited(id)).isFalse();
        new SimulatedFleet(control).finish();
        assertThat(control.state.cluster(id)).isEmpty();
    }

    /// Which would keep the cluster from being deleted.
    @Test
    void aSnapshotThatWasAskedForBeforeFails() {
        control.decide(plane ->
                plane.snapshots()
                        .create(
                                "us-east-1",
                                "demo",
                                "mine",
                                null,
                                null,
                                control.now,
                                new SplittableRandom(1)));
        missing();
        assertThat(control.state.allSnapshots())
                .singleElement()
                .satisfies(snapshot ->
                        assertThat(snapshot.status()).isEqualTo(ClusterSnapshot.Status.FAILED));
        assertThat(control.describe("demo").shownStatus())
                .isEqualTo(ClusterState.Status.RESTORE_FAILED);
        control.delete("demo");
        new SimulatedFleet(control).finish();
        assertThat(control.state.cluster(id)).isEmpty();
    }
}
