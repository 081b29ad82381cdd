package dev.keepsake.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The input of CreateCluster with all its members. Null means "not given".
public record CreateClusterRequest(
        @Nullable String clusterName,
        @Nullable String nodeType,
        @Nullable String multiRegionClusterName,
        @Nullable String parameterGroupName,
        @Nullable String description,
        @Nullable Integer numShards,
        @Nullable Integer numReplicasPerShard,
        @Nullable String subnetGroupName,
        @Nullable List<String> securityGroupIds,
        @Nullable String maintenanceWindow,
        @Nullable Integer port,
        @Nullable String snsTopicArn,
        @Nullable Boolean tlsEnabled,
        @Nullable String kmsKeyId,
        @Nullable List<String> snapshotArns,
        @Nullable String snapshotName,
        @Nullable Integer snapshotRetentionLimit,
        @Nullable List<Tag> tags,
        @Nullable String snapshotWindow,
        @Nullable String aclName,
        @Nullable String engine,
        @Nullable String engineVersion,
        @Nullable Boolean autoMinorVersionUpgrade,
        @Nullable Boolean dataTiering,
        @Nullable String networkType,
        @Nullable String ipDiscovery) {
    /// A tag of the request.
    public record Tag(@Nullable String key, @Nullable String value) {}
}
