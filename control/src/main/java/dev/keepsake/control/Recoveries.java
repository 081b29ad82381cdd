package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Records the recoveries of nodes that failed by themselves, and the starts and stops of servers.
///
/// Decision 13 (docs/decisions) says why a killed server reports recoveries.
final class Recoveries {
    private final ControlState state;

    Recoveries(ControlState state) {
        this.state = state;
    }

    /// The event that a node is being replaced.
    static ControlRecord.EventHappened began(ClusterId id, String node, Instant now) {
        return Events.ofCluster(id, now, "Recovering nodes " + node);
    }

    /// The event that a node answers again.
    static ControlRecord.EventHappened finished(ClusterId id, String node, Instant now) {
        return Events.ofCluster(id, now, "Finished recovery for nodes " + node);
    }

    /// A node has failed by itself and is being replaced.
    Decision<Optional<ClusterState>> recovering(ClusterId id, String node, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster -> mayBegin(cluster, node),
                new ControlRecord.NodeRecovering(id, node),
                began(id, node, now));
    }

    /// A node that had failed by itself answers again.
    Decision<Optional<ClusterState>> recovered(ClusterId id, String node, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster -> cluster.recovering().contains(node),
                new ControlRecord.NodeRecovered(id, node),
                finished(id, node, now));
    }

    /// Whether the failure of a node is news. It is not for the node that a failover makes fail,
    /// which has its own events, nor for a cluster that is being created or deleted.
    private static boolean mayBegin(ClusterState cluster, String node) {
        var failover = cluster.failover();
        return cluster.isUp()
                && cluster.has(node)
                && !cluster.recovering().contains(node)
                && (failover == null || !node.equals(failover.failing()));
    }

    /// A server begins to run the recorded clusters. If the previous server was not stopped in
    /// order, all its nodes ended with it, and each of them has to recover.
    Decision<Boolean> serverStarted(Instant now) {
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.ServerStarted(now));
        if (state.serverRuns()) {
            for (var cluster : state.clusters()) {
                var id = cluster.spec().id();
                cluster.spec()
                        .nodes()
                        .map(NodeSpec::name)
                        .filter(node -> mayBegin(cluster, node))
                        .forEach(node -> {
                            records.add(new ControlRecord.NodeRecovering(id, node));
                            records.add(began(id, node, now));
                        });
            }
        }
        return new Decision<>(records, true);
    }

    /// A server ends in order. The next server has no nodes to recover.
    static Decision<Boolean> serverStopped(Instant now) {
        return new Decision<>(List.of(new ControlRecord.ServerStopped(now)), true);
    }
}
