package dev.keepsake.control;

import org.jspecify.annotations.Nullable;

/// Finds the cluster that a call names. Refuses the call when there is no such cluster, or it is
/// busy.
final class ClusterLookup {
    private final ControlState state;

    ClusterLookup(ControlState state) {
        this.state = state;
    }

    /// @throws ApiException when no cluster has this name
    ClusterState existing(String region, @Nullable String clusterName) {
        String name = Requests.clusterName(clusterName);
        return state.cluster(region, name)
                .orElseThrow(() -> Fault.CLUSTER_NOT_FOUND.because("Cluster %s not found.", name));
    }

    /// @throws ApiException when no cluster has this name, or it is not available
    ClusterState available(String region, @Nullable String clusterName) {
        var cluster = existing(region, clusterName);
        expectAvailable(cluster);
        return cluster;
    }

    /// @throws ApiException when a change of the cluster is under way, or no engine can run it
    static void expectAvailable(ClusterState cluster) {
        String name = cluster.spec().id().name();
        var needed = cluster.engineNeeded();
        if (cluster.shownStatus() == ClusterState.Status.RESTORE_FAILED && needed != null) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Cluster %s is %s: it needs %s, which wrote its data, or a newer %s.",
                    name, cluster.shownStatus().wire(), needed, needed.engine());
        }
        if (cluster.status() != ClusterState.Status.AVAILABLE) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Cluster %s is %s; it has to be available.", name, cluster.status().wire());
        }
        if (cluster.failover() != null) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Cluster %s is recovering from the failover of shard %s; wait for the event"
                            + " \"Finished recovery\".",
                    name, cluster.failover().shard());
        }
    }
}
