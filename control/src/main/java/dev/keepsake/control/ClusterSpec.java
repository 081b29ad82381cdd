package dev.keepsake.control;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A cluster, as CreateCluster decided it.
///
/// @param requestedPort where the cluster endpoint should listen
/// @param tlsEnabled whether nodes speak TLS; false also for a cluster that was recorded before
///   they could
/// @param restore what it was filled with when it was created, if with anything
/// @param kmsKeyId the key as it was given, or null; see [KmsKeys]
/// @param snsTopic where notifications would go, or null
/// @param dataTiering whether its node type has SSDs for values that memory has no room for
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
        List<ShardSpec> shards,
        @Nullable Restore restore,
        @Nullable String kmsKeyId,
        @Nullable SnsTopic snsTopic,
        boolean dataTiering) {
    public ClusterSpec {
        securityGroupIds = List.copyOf(securityGroupIds);
        tags = Map.copyOf(tags);
        shards = List.copyOf(shards);
    }

    /// Its nodes, in all shards.
    public Stream<NodeSpec> nodes() {
        return shards.stream().flatMap(shard -> shard.nodes().stream());
    }

    /// How many nodes it has, in all shards.
    int nodeCount() {
        return shards.stream().mapToInt(shard -> shard.nodes().size()).sum();
    }

    /// How many replicas each shard has; all have the same number.
    int replicasPerShard() {
        return shards.getFirst().nodes().size() - 1;
    }

    /// Which cluster it is, for tags.
    Resource resource() {
        return new Resource(id.region(), Resource.Kind.CLUSTER, id.name());
    }

    ClusterSpec withTags(Map<String, String> next) {
        return change(next, shards, aclName);
    }

    ClusterSpec withShards(List<ShardSpec> next) {
        return change(tags, next, aclName);
    }

    /// The same without nodes of certain names.
    ClusterSpec withoutNodes(Predicate<String> isGone) {
        return withShards(
                shards.stream()
                        .map(shard ->
                                shard.with(
                                        shard.nodes().stream()
                                                .filter(node -> !isGone.test(node.name()))
                                                .toList()))
                        .toList());
    }

    ClusterSpec withAcl(String next) {
        return change(tags, shards, next);
    }

    private ClusterSpec change(
            Map<String, String> otherTags, List<ShardSpec> otherShards, String otherAcl) {
        return new ClusterSpec(
                id,
                description,
                nodeType,
                requestedPort,
                engine,
                engineVersion,
                parameterGroupName,
                subnetGroupName,
                securityGroupIds,
                otherAcl,
                maintenanceWindow,
                snapshotWindow,
                snapshotRetentionLimit,
                autoMinorVersionUpgrade,
                tlsEnabled,
                otherTags,
                otherShards,
                restore,
                kmsKeyId,
                snsTopic,
                dataTiering);
    }
}
