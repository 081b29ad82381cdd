package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Nodes that failed by themselves and come back, and servers that start and stop.
///
/// Decision 13 (docs/decisions) says why a killed server reports recoveries.
final class Recoveries {
    private final ControlState state;

    Recoveries(ControlState state) {
        this.state = state;
    }

    /// A node is being replaced.
    static ControlRecord.EventHappened began(ClusterId id, String node, Instant now) {
        return Events.ofCluster(id, now, "Recovering nodes " + node);
    }

    /// A node is back.
    static ControlRecord.EventHappened finished(ClusterId id, String node, Instant now) {
        return Events.ofCluster(id, now, "Finished recovery for nodes " + node);
    }

    /// A node failed by itself and is being replaced.
    Decision<Optional<ClusterState>> recovering(ClusterId id, String node, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster -> mayBegin(cluster, node),
                new ControlRecord.NodeRecovering(id, node),
                began(id, node, now));
    }

    /// A node that had failed by itself is back.
    Decision<Optional<ClusterState>> recovered(ClusterId id, String node, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster -> cluster.recovering().contains(node),
                new ControlRecord.NodeRecovered(id, node),
                finished(id, node, now));
    }

    /// Whether it is news that a node is not there. A failover tells itself of the node that it
    /// lets fail, and a cluster that is being made or deleted has nothing to recover.
    private static boolean mayBegin(ClusterState cluster, String node) {
        var failover = cluster.failover();
        return cluster.isUp()
                && cluster.has(node)
                && !cluster.recovering().contains(node)
                && (failover == null || !node.equals(failover.failing()));
    }

    /// A server begins to run what is recorded. If nobody told the one before to stop, it took all
    /// its nodes with it when it ended, and each of them has to recover.
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

    /// A server ends because it was told to: whoever starts next has nothing to recover from.
    static Decision<Boolean> serverStopped(Instant now) {
        return new Decision<>(List.of(new ControlRecord.ServerStopped(now)), true);
    }
}
