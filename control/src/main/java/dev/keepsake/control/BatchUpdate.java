package dev.keepsake.control;

import java.util.List;

/// What BatchUpdateCluster came to.
///
/// @param processed clusters that have every service update, because there are none
public record BatchUpdate(List<ClusterState> processed, List<Unprocessed> unprocessed) {
    public BatchUpdate {
        processed = List.copyOf(processed);
        unprocessed = List.copyOf(unprocessed);
    }

    /// A cluster that nothing can be done for, and why.
    public record Unprocessed(String clusterName, ApiException reason) {}
}
