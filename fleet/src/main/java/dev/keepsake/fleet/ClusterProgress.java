package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ClusterUpdate;
import dev.keepsake.control.DrillTags;
import dev.keepsake.control.Failover;
import dev.keepsake.control.FailoverMode;
import dev.keepsake.control.InstalledEngines;
import dev.keepsake.core.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Decides the progress of clusters, from their records and from the state of their nodes: it
/// records every step that has been reached, and makes nodes act. It looks at the present state
/// instead of waiting for events. So nothing is missed after a restart or while a log has no room,
/// and every step may be repeated.
///
/// It sees nodes only as values (see [ShardView]). [ClusterReconciler] makes the nodes of this
/// machine match the records. Owned by the fleet's thread.
final class ClusterProgress {
    /// The nodes, on whichever machine they run.
    interface Nodes {
        /// The present state of a cluster; empty when it does not run.
        Optional<ClusterView> view(ClusterId id);

        /// The present state of all clusters that run.
        Map<ClusterId, ClusterView> views();

        /// Makes every node of a cluster apply its parameters.
        void configure(ClusterId id);

        /// Makes the primary of a shard fail.
        void failLeader(ClusterId id, String shard, FailoverMode mode);

        /// Ends replicas for good.
        void end(ClusterId id, List<String> replicas);

        /// Frees everything that is kept for replicas which have ended. Their leaving is recorded.
        ///
        /// @param now the specification of their cluster without them
        void left(ClusterSpec now, List<String> replicas);
    }

    private final ControlJournal control;
    private final Nodes nodes;
    private final FailoverMode failoverMode;
    private final Clock clock;

    /// @param failoverMode how FailoverShard makes a primary fail, unless the cluster has its own
    ///   mode
    ClusterProgress(ControlJournal control, Nodes nodes, FailoverMode failoverMode, Clock clock) {
        this.control = control;
        this.nodes = nodes;
        this.failoverMode = failoverMode;
        this.clock = clock;
    }

    /// Records every step that a cluster has reached since the last call.
    void advance(ClusterId id) {
        var cluster = control.read(state -> state.cluster(id)).orElse(null);
        var seen = nodes.view(id).orElse(null);
        if (cluster == null || seen == null) {
            return;
        }
        noteEngine(cluster, seen);
        if (cluster.update() != null) {
            advanceUpdate(cluster, cluster.update(), seen);
            seen = nodes.view(id).orElse(seen); // nodes may have been ended
        }
        if (cluster.parametersPending() && seen.isServing()) {
            advanceParameters(id, seen);
        }
        noteWhoServes(cluster, seen);
        if (cluster.failover() != null) {
            advanceFailover(cluster.spec(), cluster.failover(), seen);
        }
    }

    private void noteEngine(ClusterState cluster, ClusterView seen) {
        var id = cluster.spec().id();
        if (cluster.status() == ClusterState.Status.CREATING && seen.isServing()) {
            control.decide(plane -> plane.clusterProvisioned(id, seen.engine(), clock.now()));
        }
        if (cluster.isUp() && !isRecorded(seen.engine(), cluster) && seen.isServing()) {
            control.decide(plane -> plane.clusterRuns(id, seen.engine(), clock.now()));
        }
    }

    private static boolean isRecorded(InstalledEngines.Installed engine, ClusterState cluster) {
        return engine.patchVersion().equals(cluster.enginePatchVersion())
                && engine.engine().equals(cluster.engineName());
    }

    /// Ends nodes in shards that have too many, and records the end of the update when everything
    /// is as requested.
    private void advanceUpdate(ClusterState cluster, ClusterUpdate update, ClusterView seen) {
        var id = cluster.spec().id();
        if (!seen.isServing()) {
            return;
        }
        var leaving = new ArrayList<String>();
        seen.shards().forEach(shard -> leaving.addAll(surplus(shard, update.replicasPerShard())));
        if (!leaving.isEmpty()) {
            nodes.end(id, leaving);
            control.decide(plane -> plane.nodesLeft(id, leaving, clock.now()));
            control.read(state -> state.cluster(id))
                    .ifPresent(now -> nodes.left(now.spec(), leaving));
        } else if (seen.isAccessApplied()
                && seen.access().equals(control.query(plane -> plane.access().rulesOf(cluster)))) {
            control.decide(plane -> plane.clusterUpdated(id, clock.now()));
        }
    }

    /// The replicas that a shard has too many: those with the highest names.
    private static List<String> surplus(ShardView shard, int replicasWanted) {
        var replicas =
                shard.nodes().stream()
                        .map(NodeView::name)
                        .filter(name -> !name.equals(shard.lastLeader()))
                        .sorted()
                        .toList();
        return replicas.subList(Math.min(replicasWanted, replicas.size()), replicas.size());
    }

    private void advanceParameters(ClusterId id, ClusterView seen) {
        if (seen.areParametersApplied()) {
            control.decide(plane -> plane.parameters().settle(id, seen.parameters(), clock.now()));
        } else {
            nodes.configure(id);
        }
    }

    /// Records new primaries that no FailoverShard made, and nodes that answer again.
    private void noteWhoServes(ClusterState cluster, ClusterView seen) {
        var id = cluster.spec().id();
        for (var shard : cluster.spec().shards()) {
            var leader = seen.shard(shard.name()).flatMap(ShardView::servingLeader);
            if (leader.isPresent() && !leader.get().equals(cluster.primaryOf(shard))) {
                control.decide(plane -> plane.failedOver(id, leader.get(), clock.now()));
            }
        }
        seen.nodes()
                .filter(node -> node.serving() && cluster.recovering().contains(node.name()))
                .forEach(node ->
                        control.decide(plane -> plane.nodeRecovered(id, node.name(), clock.now())));
    }

    private void advanceFailover(ClusterSpec spec, Failover failover, ClusterView seen) {
        var id = spec.id();
        var shard = seen.shard(failover.shard()).orElse(null);
        if (shard == null) {
            return;
        }
        switch (FailoverSteps.next(failover, shard)) {
            case FailoverSteps.Step.Begin(String failing) -> {
                control.decide(plane -> plane.failoverBegun(id, failing));
                var mode = DrillTags.failoverMode(spec).orElse(failoverMode);
                nodes.failLeader(id, shard.name(), mode);
            }
            case FailoverSteps.Step.FailAgain(String _) ->
                    nodes.failLeader(id, shard.name(), FailoverMode.CRASH);
            case FailoverSteps.Step.Promoted(String failing, String promoted) ->
                    control.decide(
                            plane -> plane.failoverPromoted(id, failing, promoted, clock.now()));
            case FailoverSteps.Step.Finished(String failing) ->
                    control.decide(plane -> plane.failoverFinished(id, failing, clock.now()));
            case FailoverSteps.Step.Nothing() -> {}
        }
    }

    /// Reports which users the nodes accept, so that changes of users and ACLs are finished.
    void settleAccess() {
        if (!control.query(plane -> plane.access().isUnsettled())) {
            return;
        }
        var applied = new HashMap<ClusterId, List<AccessRule>>();
        var behind = new HashSet<ClusterId>();
        nodes.views()
                .forEach((id, seen) -> {
                    applied.put(id, seen.access());
                    if (!seen.isAccessApplied()) {
                        behind.add(id);
                    }
                });
        control.decide(plane -> plane.access().settle(applied, behind, clock.now()));
    }
}
