package dev.keepsake.control;

import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// CreateCluster, DeleteCluster, FailoverShard, and what the fleet reports of them.
class ControlPlaneTest {
    private final MemoryControl control = new MemoryControl();

    // ---- CreateCluster

    @Test
    void aDecisionChangesNothingUntilItsRecordsAreApplied() {
        var decision =
                control.plane.createCluster(
                        Create.named("demo"), "us-east-1", control.now, new SplittableRandom(1));

        assertThat(control.state.clusters()).isEmpty();
        decision.records().forEach(control.state::apply);
        assertThat(control.state.clusters()).containsExactly(decision.response());
    }

    @Test
    void aNameIsTakenInItsRegionOnlyAndWhateverItsCase() {
        control.create(Create.named("demo"));

        assertRefused(
                Fault.CLUSTER_ALREADY_EXISTS,
                () -> control.create(Create.named("DEMO")),
                "Cluster demo already exists.");
        control.decide(plane ->
                plane.createCluster(
                        Create.named("demo"), "eu-west-1", control.now, new SplittableRandom(2)));

        assertThat(control.state.clusters()).hasSize(2);
        assertThat(control.state.clusters("eu-west-1")).hasSize(1);
    }

    @Test
    void aNameIsTakenUntilNothingIsLeftOfItsCluster() {
        var id = control.available(Create.named("demo")).spec().id();
        control.delete("demo");
        assertRefused(
                Fault.CLUSTER_ALREADY_EXISTS, () -> control.create(Create.named("demo")), "demo");

        control.removed(id);

        assertThat(control.create(Create.named("demo")).spec().id()).isNotEqualTo(id);
    }

    @Test
    void aRegionHasThreeHundredNodesAtMost() {
        for (String name : List.of("a", "b", "c")) {
            control.create(
                    Create.with(create -> {
                        create.clusterName = name;
                        create.numShards = 45;
                    }));
        }
        control.create(
                Create.with(create -> {
                    create.clusterName = "d";
                    create.numShards = 14;
                }));

        assertRefused(
                Fault.NODE_QUOTA_FOR_CUSTOMER_EXCEEDED,
                () ->
                        control.create(
                                Create.with(create -> {
                                    create.clusterName = "e";
                                    create.numReplicasPerShard = 2;
                                })),
                "301 nodes",
                "us-east-1",
                "at most 300");
        control.create(Create.named("e"));
        control.decide(plane ->
                plane.createCluster(
                        Create.named("e"), "eu-west-1", control.now, new SplittableRandom(2)));
    }

    // ---- DeleteCluster

    @Test
    void aClusterThatIsDeletedSaysSo() {
        var before = control.available(Create.named("demo"));

        var answer = control.delete("Demo");

        assertThat(answer.status()).isEqualTo(ClusterState.Status.DELETING);
        assertThat(answer.spec()).isEqualTo(before.spec());
        assertThat(control.describe("demo")).isEqualTo(answer);
    }

    @Test
    void whatCannotBeDeletedSaysWhy() {
        assertRefused(Fault.CLUSTER_NOT_FOUND, () -> control.delete("demo"), "demo");
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () ->
                        control.plane.deleteCluster(
                                "us-east-1",
                                null,
                                null,
                                null,
                                control.now,
                                new SplittableRandom(1)),
                "ClusterName is required.");
        control.available(Create.named("other"));
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () ->
                        control.plane.deleteCluster(
                                "us-east-1",
                                "other",
                                "virxk-all",
                                null,
                                control.now,
                                new SplittableRandom(1)),
                "MultiRegionClusterName");
        assertRefused(
                Fault.CLUSTER_NOT_FOUND,
                () ->
                        control.plane.deleteCluster(
                                "eu-west-1",
                                "other",
                                null,
                                null,
                                control.now,
                                new SplittableRandom(1)),
                "other");
        control.delete("other");
        assertRefused(
                Fault.INVALID_CLUSTER_STATE, () -> control.delete("other"), "other is deleting");
    }

    // ---- FailoverShard

    /// Each row breaks everything from one condition on, so that it is answered for the first.
    @ParameterizedTest
    @CsvSource({
        // cluster, shard, fault
        ", , INVALID_PARAMETER_VALUE",
        "nobody, , INVALID_PARAMETER_VALUE",
        "nobody, ' ', INVALID_PARAMETER_VALUE",
        "no_name, 0009, INVALID_PARAMETER_VALUE",
        "nobody, 0009, CLUSTER_NOT_FOUND",
        "creating, 0009, SHARD_NOT_FOUND",
        "creating, 1, SHARD_NOT_FOUND",
        "creating, 0001, INVALID_CLUSTER_STATE",
        "deleting, 0001, INVALID_CLUSTER_STATE",
        "single, 0001, TEST_FAILOVER_NOT_AVAILABLE"
    })
    void theFirstConditionThatDoesNotHoldIsAnswered(String cluster, String shard, Fault fault) {
        control.create(single("creating"));
        control.available(single("deleting"));
        control.delete("deleting");
        control.available(single("single"));
        int before = control.records.size();

        assertRefused(fault, () -> control.failOver(cluster, shard));

        assertThat(control.records).hasSize(before);
    }

    /// The quota comes last: whoever has used it up is still told what else is wrong.
    @ParameterizedTest
    @CsvSource({
        ", , INVALID_PARAMETER_VALUE",
        "nobody, 0009, CLUSTER_NOT_FOUND",
        "demo, 0009, SHARD_NOT_FOUND",
        "busy, 0001, INVALID_CLUSTER_STATE",
        "single, 0001, TEST_FAILOVER_NOT_AVAILABLE",
        "recovering, 0001, INVALID_CLUSTER_STATE",
        "demo, 0001, API_CALL_RATE_EXCEEDED"
    })
    void theQuotaIsTheLastConditionOfAll(String cluster, String shard, Fault fault) {
        var limited = MemoryControl.withFailoverQuota(1);
        limited.available(Create.named("demo"));
        limited.available(single("single"));
        var recovering = limited.available(Create.named("recovering")).spec().id();
        limited.decide(
                plane -> plane.nodeRecovering(recovering, "recovering-0001-002", limited.now));
        limited.available(Create.named("busy"));
        limited.failOver("busy", "0001"); // which uses it up, and does not end

        assertRefused(fault, () -> limited.failOver(cluster, shard));

        limited.pass(Duration.ofHours(24).plusSeconds(1));
        limited.failOver("demo", "0001");
    }

    @Test
    void aFailoverIsAnsweredWithTheClusterStillAvailable() {
        var before = control.available(Create.named("demo"));

        var answer = control.failOver("DEMO", "0001");

        assertThat(answer).isEqualTo(before);
        assertThat(answer.status()).isEqualTo(ClusterState.Status.AVAILABLE);
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.AVAILABLE);
    }

    @Test
    void aSecondFailoverHasToWaitUntilTheFailedNodeIsBack() {
        var id = control.available(twoShards("demo")).spec().id();
        control.available(Create.named("other"));

        control.failOver("demo", "0001");
        assertFailoverRefused();
        control.decide(plane -> plane.failoverBegun(id, "demo-0001-001"));
        assertFailoverRefused();
        control.decide(
                plane -> plane.failoverPromoted(id, "demo-0001-001", "demo-0001-002", control.now));
        assertFailoverRefused();
        control.failOver("other", "0001"); // another cluster has nothing to wait for

        control.decide(plane -> plane.failoverFinished(id, "demo-0001-001", control.now));

        control.failOver("demo", "0002");
    }

    private void assertFailoverRefused() {
        for (String shard : List.of("0001", "0002")) {
            assertRefused(
                    Fault.INVALID_CLUSTER_STATE,
                    () -> control.failOver("demo", shard),
                    "Cluster demo is recovering from the failover of shard 0001",
                    "Finished recovery");
        }
    }

    @Test
    void aFailoverIsToldInFourEventsInTheServicesWords() {
        var id = control.available(Create.named("demo")).spec().id();

        control.failOver("demo", "0001");
        control.pass(Duration.ofSeconds(1));
        control.failedOver(id, "demo-0001-001", "demo-0001-002");

        assertThat(control.messages("demo"))
                .containsExactly(
                        "Cluster created.",
                        "FailoverShard API called for shard 0001",
                        "Failover from primary node demo-0001-001 to replica node demo-0001-002"
                                + " completed",
                        "Recovering nodes demo-0001-001",
                        "Finished recovery for nodes demo-0001-001");
        assertThat(control.state.events())
                .filteredOn(event -> !event.message().startsWith("Added node"))
                .allMatch(event -> event.sourceType().equals("cluster"))
                .allMatch(event -> event.sourceName().equals("demo"))
                .allMatch(event -> event.region().equals("us-east-1"));
    }

    @Test
    void aFailoverThatNobodyAskedForIsToldToo() {
        var id = control.available(Create.named("demo")).spec().id();

        control.decide(plane -> plane.failedOver(id, "demo-0001-002", control.now));

        assertThat(control.messages("demo"))
                .endsWith("Failover to replica node demo-0001-002 completed");
        control.failOver("demo", "0001"); // nothing is to be waited for
    }

    // ---- what fails by itself

    @Test
    void aNodeThatFailedIsRecoveringOnceUntilItIsBackOnce() {
        var id = control.available(Create.named("demo")).spec().id();

        assertNoNews(plane -> plane.nodeRecovered(id, "demo-0001-002", control.now));
        assertOnce(plane -> plane.nodeRecovering(id, "demo-0001-002", control.now));
        assertThat(control.replayed().clusters().getFirst().recovering())
                .containsExactly("demo-0001-002");
        assertOnce(plane -> plane.nodeRecovered(id, "demo-0001-002", control.now));
        assertOnce(plane -> plane.nodeRecovering(id, "demo-0001-002", control.now));

        assertThat(control.messages("demo"))
                .endsWith(
                        "Recovering nodes demo-0001-002",
                        "Finished recovery for nodes demo-0001-002",
                        "Recovering nodes demo-0001-002");
    }

    @Test
    void aServerThatWasKilledHasEveryNodeRecoverAndOneThatStoppedHasNone() {
        control.decide(plane -> plane.serverStarted(control.now));
        var id = control.available(Create.named("demo")).spec().id();
        control.create(Create.named("creating"));
        control.decide(plane -> plane.serverStopped(control.now));
        control.decide(plane -> plane.serverStarted(control.now));
        assertThat(control.messages("demo")).containsExactly("Cluster created.");

        control.decide(plane -> plane.serverStarted(control.now)); // killed
        control.decide(plane -> plane.nodeRecovered(id, "demo-0001-001", control.now));
        control.decide(plane -> plane.serverStarted(control.now)); // killed again amid the recovery
        control.decide(plane -> plane.serverStopped(control.now));
        control.decide(plane -> plane.serverStarted(control.now));
        control.decide(plane -> plane.nodeRecovered(id, "demo-0001-001", control.now));
        control.decide(plane -> plane.nodeRecovered(id, "demo-0001-002", control.now));

        var recoveries =
                List.of(
                        "Recovering nodes demo-0001-001",
                        "Recovering nodes demo-0001-002",
                        "Finished recovery for nodes demo-0001-001",
                        "Recovering nodes demo-0001-001",
                        "Finished recovery for nodes demo-0001-001",
                        "Finished recovery for nodes demo-0001-002");
        assertThat(control.messages("demo"))
                .startsWith("Cluster created.")
                .endsWith(recoveries.toArray(new String[0]))
                .hasSize(7);
        assertThat(control.messages("creating")).isEmpty();
    }

    @Test
    void aFailoverTellsOfItsOwnNodeThoughTheServerIsKilledMeanwhile() {
        control.decide(plane -> plane.serverStarted(control.now));
        var id = control.available(Create.named("demo")).spec().id();
        control.failOver("demo", "0001");
        control.decide(plane -> plane.failoverBegun(id, "demo-0001-001"));
        assertNoNews(plane -> plane.nodeRecovering(id, "demo-0001-001", control.now));
        assertNoNews(plane -> plane.failedOver(id, "demo-0001-002", control.now));

        control.decide(plane -> plane.serverStarted(control.now));
        control.decide(plane -> plane.nodeRecovered(id, "demo-0001-002", control.now));
        control.decide(
                plane -> plane.failoverPromoted(id, "demo-0001-001", "demo-0001-002", control.now));
        assertNoNews(plane -> plane.failedOver(id, "demo-0001-002", control.now));
        control.decide(plane -> plane.failoverFinished(id, "demo-0001-001", control.now));

        assertThat(control.messages("demo"))
                .containsExactly(
                        "Cluster created.",
                        "FailoverShard API called for shard 0001",
                        "Recovering nodes demo-0001-002",
                        "Finished recovery for nodes demo-0001-002",
                        "Failover from primary node demo-0001-001 to replica node demo-0001-002"
                                + " completed",
                        "Recovering nodes demo-0001-001",
                        "Finished recovery for nodes demo-0001-001");
    }

    /// Only that such a primary leads is seen after a restart, not that it took over.
    @Test
    void aPrimaryThatIsNoLongerTheOneRecordedIsToldOnce() {
        var id = control.available(Create.named("demo")).spec().id();
        assertNoNews(plane -> plane.failedOver(id, "demo-0001-001", control.now));
        assertOnce(plane -> plane.failedOver(id, "demo-0001-002", control.now));
        assertOnce(plane -> plane.failedOver(id, "demo-0001-001", control.now));
    }

    @Test
    void aShardWhoseReplicasAllRecoverCannotFailOver() {
        var id =
                control.available(
                                Create.with(create -> {
                                    create.clusterName = "demo";
                                    create.numReplicasPerShard = 2;
                                }))
                        .spec()
                        .id();
        control.decide(plane -> plane.failedOver(id, "demo-0001-002", control.now));
        control.decide(plane -> plane.nodeRecovering(id, "demo-0001-001", control.now));
        control.decide(plane -> plane.nodeRecovering(id, "demo-0001-003", control.now));
        assertRefused(
                Fault.INVALID_CLUSTER_STATE,
                () -> control.failOver("demo", "0001"),
                "no replica that could take over now",
                "Finished recovery");

        control.decide(plane -> plane.nodeRecovered(id, "demo-0001-003", control.now));

        control.failOver("demo", "0001");
    }

    // ---- what the fleet reports

    @Test
    void aReportThatComesTwiceIsADecisionWithoutRecords() {
        var id = control.create(Create.named("demo")).spec().id();
        var endpoints = control.endpoints(id);
        assertOnce(plane -> plane.endpointsAssigned(id, endpoints, control.now));
        assertOnce(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
        control.failOver("demo", "0001");
        assertOnce(plane -> plane.failoverBegun(id, "demo-0001-001"));
        assertOnce(
                plane -> plane.failoverPromoted(id, "demo-0001-001", "demo-0001-002", control.now));
        assertOnce(plane -> plane.failoverFinished(id, "demo-0001-001", control.now));
        control.delete("demo");
        assertOnce(plane -> plane.clusterRemoved(id, control.now));
    }

    @Test
    void aReportOfAnotherFailoverOrOfALaterStepChangesNothing() {
        var id = control.available(Create.named("demo")).spec().id();
        control.failOver("demo", "0001");
        assertNoNews(plane -> plane.failoverFinished(id, "demo-0001-002", control.now));
        assertNoNews(
                plane -> plane.failoverPromoted(id, "demo-0001-002", "demo-0001-001", control.now));

        control.decide(plane -> plane.failoverBegun(id, "demo-0001-001"));
        assertNoNews(plane -> plane.failoverBegun(id, "demo-0001-002"));
        assertNoNews(plane -> plane.failoverFinished(id, "demo-0001-001", control.now));
        assertNoNews(
                plane -> plane.failoverPromoted(id, "demo-0001-002", "demo-0001-001", control.now));

        control.decide(
                plane -> plane.failoverPromoted(id, "demo-0001-001", "demo-0001-002", control.now));
        assertNoNews(plane -> plane.failoverFinished(id, "demo-0001-002", control.now));
        assertThat(control.describe("demo").failover())
                .isEqualTo(
                        new Failover(
                                "0001", new Failover.Promoted("demo-0001-001", "demo-0001-002")));
    }

    @Test
    void aReportAboutAClusterThatIsGoneOrNotThatFarChangesNothing() {
        var id = control.available(Create.named("demo")).spec().id();
        assertNoNews(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.16"), control.now));
        assertNoNews(plane -> plane.clusterRemoved(id, control.now));
        assertNoNews(plane -> plane.failoverBegun(id, "demo-0001-001"));
        assertNoNews(
                plane -> plane.failoverPromoted(id, "demo-0001-001", "demo-0001-002", control.now));
        assertNoNews(plane -> plane.failoverFinished(id, "demo-0001-001", control.now));
        var endpoints = control.endpoints(id);

        control.delete("demo");
        assertNoNews(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
        control.removed(id);

        assertNoNews(plane -> plane.endpointsAssigned(id, endpoints, control.now));
        assertNoNews(plane -> plane.failedOver(id, "demo-0001-002", control.now));
        assertThat(control.plane.clusterRemoved(id, control.now).response()).isEmpty();
        assertThat(control.messages("demo"))
                .containsExactly("Cluster created.", "Cluster deleted.");
    }

    private <R> void assertOnce(Function<ControlPlane, Decision<R>> report) {
        assertThat(report.apply(control.plane).records()).isNotEmpty();
        control.decide(report);
        assertNoNews(report);
    }

    private <R> void assertNoNews(Function<ControlPlane, Decision<R>> report) {
        assertThat(report.apply(control.plane).records()).isEmpty();
    }

    private static CreateClusterRequest single(String name) {
        return Create.with(create -> {
            create.clusterName = name;
            create.numReplicasPerShard = 0;
        });
    }

    private static CreateClusterRequest twoShards(String name) {
        return Create.with(create -> {
            create.clusterName = name;
            create.numShards = 2;
        });
    }
}
