package dev.keepsake.junit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// The tags by which a cluster of Keepsake fails and lags as a test wants it.
final class DrillTags {
    static final String MODE = "keepsake:failover-mode";
    static final String TOPOLOGY_LAG = "keepsake:topology-lag-ms";
    private static final String REPLICA_LAG = "keepsake:replica-lag-ms";

    static final Set<String> ALL = Set.of(MODE, TOPOLOGY_LAG, REPLICA_LAG);

    private DrillTags() {}

    /// The tags of a cluster as it was declared. What is as the server does it anyway has none.
    static Map<String, String> of(Cluster declared) {
        var tags = new LinkedHashMap<String, String>();
        if (declared.mode() != FailoverMode.CRASH) {
            tags.put(MODE, declared.mode().inTag());
        }
        if (declared.replicaLagMs() != 0) {
            tags.put(REPLICA_LAG, Integer.toString(declared.replicaLagMs()));
        }
        if (declared.topologyLagMs() != 0) {
            tags.put(TOPOLOGY_LAG, Integer.toString(declared.topologyLagMs()));
        }
        return tags;
    }
}
