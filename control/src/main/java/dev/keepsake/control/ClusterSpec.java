package dev.keepsake.control;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A cluster, as CreateCluster decided it.
///
/// @param requestedPort where the cluster endpoint should listen
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
        Map<String, String> tags,
        List<ShardSpec> shards) {
    public ClusterSpec {
        securityGroupIds = List.copyOf(securityGroupIds);
        tags = Map.copyOf(tags);
        shards = List.copyOf(shards);
    }
}
