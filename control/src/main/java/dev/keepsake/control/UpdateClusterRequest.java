package dev.keepsake.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The input of UpdateCluster with all its members. Null means "not given".
public record UpdateClusterRequest(
        @Nullable String clusterName,
        @Nullable String description,
        @Nullable List<String> securityGroupIds,
        @Nullable String maintenanceWindow,
        @Nullable String snsTopicArn,
        @Nullable String snsTopicStatus,
        @Nullable String parameterGroupName,
        @Nullable String snapshotWindow,
        @Nullable Integer snapshotRetentionLimit,
        @Nullable String nodeType,
        @Nullable String engine,
        @Nullable String engineVersion,
        @Nullable Integer replicaCount,
        @Nullable Integer shardCount,
        @Nullable String aclName,
        @Nullable String ipDiscovery) {}
