package dev.keepsake.control;

import java.util.List;

/// The outcome of BatchUpdateCluster.
///
/// @param processed the clusters that are up to date, because there are no service updates
/// @param unprocessed the clusters of the call that were not found or not processed
public record BatchUpdate(List<ClusterState> processed, List<Unprocessed> unprocessed) {
    public BatchUpdate {
        processed = List.copyOf(processed);
        unprocessed = List.copyOf(unprocessed);
    }

    /// A cluster that was not processed, and the reason.
    public record Unprocessed(String clusterName, ApiException reason) {}
}
