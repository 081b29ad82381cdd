package dev.keepsake.control;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A cluster, as CreateCluster decided it.
///
/// @param requestedPort where the cluster endpoint should listen
/// @param tlsEnabled whether nodes speak TLS; false also for a cluster that was recorded before
///   they could
public record ClusterSpec(
        ClusterId id,
        @Nullable String description,
        String nodeType,
        int requestedPort,
        String engine,
        String engineVersion,
        String parameterGroupName,
        String subnetGroupName,
        List<String> securityGroupIds,
        String aclName,
        String maintenanceWindow,
        String snapshotWindow,
        int snapshotRetentionLimit,
        boolean autoMinorVersionUpgrade,
        boolean tlsEnabled,
        Map<String, String> tags,
        List<ShardSpec> shards) {
    public ClusterSpec {
        securityGroupIds = List.copyOf(securityGroupIds);
        tags = Map.copyOf(tags);
        shards = List.copyOf(shards);
    }
}
