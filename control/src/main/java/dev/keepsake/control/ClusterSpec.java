package dev.keepsake.control;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The specification of a cluster, as CreateCluster or a later change decided it.
///
/// @param requestedPort the port on which the cluster endpoint should listen
/// @param tlsEnabled whether nodes use TLS; false also for a cluster that was recorded before
///   Keepsake supported it
/// @param restore the data that it was filled with when it was created, or null
/// @param kmsKeyId the key as the request gave it, or null; see [KmsKeys]
/// @param snsTopic the topic for notifications, or null; see [SnsTopic]
/// @param dataTiering whether its node type has SSDs for values that do not fit into memory
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

    /// The nodes of all shards.
    public Stream<NodeSpec> nodes() {
        return shards.stream().flatMap(shard -> shard.nodes().stream());
    }

    /// The number of nodes in all shards.
    int nodeCount() {
        return shards.stream().mapToInt(shard -> shard.nodes().size()).sum();
    }

    /// The number of replicas per shard, which is the same for all shards.
    int replicasPerShard() {
        return shards.getFirst().nodes().size() - 1;
    }

    /// The cluster as a resource with tags.
    Resource resource() {
        return new Resource(id.region(), Resource.Kind.CLUSTER, id.name());
    }

    ClusterSpec withTags(Map<String, String> next) {
        return change(next, shards, aclName);
    }

    ClusterSpec withShards(List<ShardSpec> next) {
        return change(tags, next, aclName);
    }

    /// The specification without the nodes whose names match.
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
