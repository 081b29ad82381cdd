package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlRecord;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Create;
import dev.keepsake.control.FailoverMode;
import dev.keepsake.control.InstalledEngines;
import dev.keepsake.control.Update;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.MemoryDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is decided of a cluster of one shard, whose nodes are values.
class ClusterProgressTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final String REGION = "us-east-1";
    private static final String SHARD = "0001";
    private static final String A = "one-0001-001";
    private static final String B = "one-0001-002";

    private final MemoryDisk disk = new MemoryDisk();
    private final FakeNodes nodes = new FakeNodes();
    private ControlJournal control;
    private ClusterProgress progress;
    private ClusterId id;

    @BeforeEach
    void createCluster() throws IOException {
        control = open();
        progress = progress(FailoverMode.HANDOVER);
        control.decide(plane ->
                plane.createCluster(
                        Create.named("one"), REGION, NOW, RandomGenerator.of("L64X128MixRandom")));
        id = control.read(ControlState::clusters).getFirst().spec().id();
    }

    @AfterEach
    void close() {
        control.close();
    }

    @Test
    void aNewClusterIsAvailableOnceEveryNodeAnswers() {
        nodes.see(A, A);
        progress.advance(id);
        assertThat(cluster().status()).isEqualTo(ClusterState.Status.CREATING);
        nodes.see(A, A, B);
        progress.advance(id);
        assertThat(cluster().status()).isEqualTo(ClusterState.Status.AVAILABLE);
        assertThat(cluster().enginePatchVersion()).isEqualTo("7.0.15");
    }

    @Test
    void aClusterThatDoesNotRunIsLeftAlone() {
        progress.advance(id);
        progress.settleAccess();
        assertThat(cluster().status()).isEqualTo(ClusterState.Status.CREATING);
    }

    @Test
    void aFailoverGoesFromStepToStep() {
        makeAvailable();
        callFailover();
        progress.advance(id);
        assertThat(nodes.orders).containsExactly("fail 0001 HANDOVER");
        nodes.see(null, B);
        progress.advance(id);
        nodes.see(B, B);
        progress.advance(id);
        assertThat(cluster().primaryOf(cluster().spec().shards().getFirst())).isEqualTo(B);
        assertThat(cluster().failover()).isNotNull();
        nodes.see(B, A, B);
        progress.advance(id);
        assertThat(cluster().failover()).isNull();
        assertThat(messages())
                .containsSubsequence(
                        "Failover from primary node %s to replica node %s completed"
                                .formatted(A, B),
                        "Recovering nodes " + A,
                        "Finished recovery for nodes " + A);
        assertThat(nodes.orders).hasSize(1);
    }

    @Test
    void thePrimaryIsNotMadeToFailBeforeThatIsRecorded() {
        makeAvailable();
        callFailover();
        disk.capacityBytes(0);
        assertThatThrownBy(() -> progress.advance(id))
                .isInstanceOf(ControlUnavailableException.class);
        assertThat(nodes.orders).isEmpty();
        disk.capacityBytes(Long.MAX_VALUE);
        progress.advance(id);
        assertThat(nodes.orders).containsExactly("fail 0001 HANDOVER");
    }

    @Test
    void whoDiedBetweenTheRecordAndTheDeedHasThePrimaryCrash() throws IOException {
        makeAvailable();
        callFailover();
        progress.advance(id);
        control.close();

        control = open();
        progress = progress(FailoverMode.HANDOVER);
        nodes.orders.clear();
        nodes.see(A, A);
        progress.advance(id);
        assertThat(nodes.orders).as("without a successor").isEmpty();
        nodes.see(A, A, B);
        progress.advance(id);
        assertThat(nodes.orders).containsExactly("fail 0001 CRASH");
    }

    @Test
    void aPrimaryThatNobodyAskedForIsRecordedOnceItAnswers() {
        makeAvailable();
        nodes.see(B, A);
        progress.advance(id);
        assertThat(cluster().primaryOf(cluster().spec().shards().getFirst())).isEqualTo(A);
        nodes.see(B, A, B);
        progress.advance(id);
        progress.advance(id);
        assertThat(cluster().primaryOf(cluster().spec().shards().getFirst())).isEqualTo(B);
        assertThat(messages())
                .filteredOn(message -> message.startsWith("Failover to replica"))
                .containsExactly("Failover to replica node %s completed".formatted(B));
    }

    @Test
    void aNodeThatIsBackIsRecorded() {
        makeAvailable();
        control.decide(plane -> plane.nodeRecovering(id, B, NOW));
        nodes.see(A, A);
        progress.advance(id);
        assertThat(cluster().recovering()).containsExactly(B);
        nodes.see(A, A, B);
        progress.advance(id);
        assertThat(cluster().recovering()).isEmpty();
    }

    @Test
    void aShardWithTooManyReplicasLosesThoseThatDoNotLead() {
        makeAvailable();
        nodes.see(B, A, B);
        wantReplicas(0);
        progress.advance(id);
        assertThat(nodes.orders).containsExactly("end " + A, "left " + A);
        assertThat(cluster().status()).isEqualTo(ClusterState.Status.UPDATING);
        progress.advance(id);
        assertThat(cluster().status()).isEqualTo(ClusterState.Status.AVAILABLE);
        assertThat(cluster().spec().shards().getFirst().nodes())
                .extracting(node -> node.name())
                .containsExactly(B);
    }

    @Test
    void noNodeLeavesWhileOneDoesNotAnswer() {
        makeAvailable();
        nodes.see(A, A);
        wantReplicas(0);
        progress.advance(id);
        assertThat(nodes.orders).isEmpty();
    }

    // ---- what is needed for it

    private void makeAvailable() {
        nodes.see(A, A, B);
        progress.advance(id);
    }

    private void callFailover() {
        control.decide(plane -> plane.failoverShard(REGION, "one", SHARD, NOW));
    }

    private void wantReplicas(int count) {
        var request =
                Update.with(update -> {
                    update.clusterName = "one";
                    update.replicaCount = count;
                });
        control.decide(plane ->
                plane.updateCluster(request, REGION, NOW, RandomGenerator.of("L64X128MixRandom")));
    }

    private ClusterState cluster() {
        return control.read(state -> state.cluster(id)).orElseThrow();
    }

    private List<String> messages() {
        return control.read(ControlState::records).stream()
                .filter(ControlRecord.EventHappened.class::isInstance)
                .map(ControlRecord.EventHappened.class::cast)
                .map(happened -> happened.event().message())
                .toList();
    }

    private ControlJournal open() throws IOException {
        var state = new ControlState();
        var log =
                EmbeddedLog.open(
                        Path.of("/control"),
                        disk.mount(),
                        EmbeddedLogOptions.standard(),
                        Thread.ofPlatform().daemon().factory(),
                        (what, cause) -> {});
        return ControlJournal.open(
                "control",
                log,
                state,
                new ControlPlane(state),
                (what, cause) -> {},
                () -> {},
                Long.MAX_VALUE);
    }

    private ClusterProgress progress(FailoverMode mode) {
        return new ClusterProgress(control, nodes, mode, new StandingClock(NOW));
    }

    /// Nodes that are as they are said to be, and take down what they are told.
    private final class FakeNodes implements ClusterProgress.Nodes {
        private final List<String> orders = new ArrayList<>();
        private List<String> members = List.of(A, B);
        private @Nullable String lastLeader;
        private @Nullable ClusterView view;

        void see(@Nullable String leader, String... serving) {
            var answering = List.of(serving);
            lastLeader = leader == null ? lastLeader : leader;
            var shard =
                    new ShardView(
                            SHARD,
                            leader,
                            lastLeader,
                            members.stream()
                                    .map(name ->
                                            new NodeView(
                                                    name,
                                                    NodePhase.REPLICA,
                                                    answering.contains(name),
                                                    true,
                                                    Map.of(),
                                                    0))
                                    .toList());
            view =
                    new ClusterView(
                            new InstalledEngines.Installed("redis", "7.0.15"),
                            Map.of(),
                            control.query(plane -> plane.access().rulesOf(cluster())),
                            List.of(shard));
        }

        @Override
        public Optional<ClusterView> view(ClusterId of) {
            return Optional.ofNullable(view);
        }

        @Override
        public Map<ClusterId, ClusterView> views() {
            return view == null ? Map.of() : Map.of(id, view);
        }

        @Override
        public void configure(ClusterId of) {
            orders.add("configure");
        }

        @Override
        public void failLeader(ClusterId of, String shard, FailoverMode mode) {
            orders.add("fail %s %s".formatted(shard, mode));
        }

        @Override
        public void end(ClusterId of, List<String> replicas) {
            orders.add("end " + String.join(" ", replicas));
            members = members.stream().filter(name -> !replicas.contains(name)).toList();
            see(lastLeader, members.toArray(new String[0]));
        }

        @Override
        public void left(ClusterSpec now, List<String> replicas) {
            orders.add("left " + String.join(" ", replicas));
        }
    }
}
