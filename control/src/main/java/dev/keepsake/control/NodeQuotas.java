package dev.keepsake.control;

/// The limits of how many nodes a cluster, and all clusters of a region, may have.
final class NodeQuotas {
    private static final int PER_CLUSTER_MAX = 90;
    private static final int PER_REGION_MAX = 300;

    private final ControlState state;

    NodeQuotas(ControlState state) {
        this.state = state;
    }

    /// Checks the number of nodes of one cluster.
    static void expectFitsCluster(int shards, int replicas) {
        if ((long) shards * (replicas + 1) > PER_CLUSTER_MAX) {
            throw Fault.NODE_QUOTA_FOR_CLUSTER_EXCEEDED.because(
                    "%d shards of %d nodes were asked for; a cluster has at most %d nodes.",
                    shards, replicas + 1, PER_CLUSTER_MAX);
        }
    }

    /// Checks the number of nodes of a region, with `spec` in place of the cluster's present
    /// specification.
    void expectFitsRegion(ClusterSpec spec) {
        String region = spec.id().region();
        int nodes = spec.nodeCount();
        for (var cluster : state.clusters(region)) {
            if (!cluster.spec().id().equals(spec.id())) {
                nodes += cluster.spec().nodeCount();
            }
        }
        if (nodes > PER_REGION_MAX) {
            throw Fault.NODE_QUOTA_FOR_CUSTOMER_EXCEEDED.because(
                    "%d nodes would run in %s; at most %d may.", nodes, region, PER_REGION_MAX);
        }
    }
}
