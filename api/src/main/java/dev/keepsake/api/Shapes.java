package dev.keepsake.api;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.Endpoints;
import dev.keepsake.control.Event;
import dev.keepsake.control.KmsKeys;
import dev.keepsake.control.Resource;
import dev.keepsake.control.ShardSpec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// The output structures of the service as JSON. Members without a value are omitted. Times are
/// epoch seconds with milliseconds.
final class Shapes {
    private final ApiConfig config;
    private final String accountId;

    Shapes(ApiConfig config) {
        this.config = config;
        this.accountId = config.accountId();
    }

    /// `Cluster` in the answers of FailoverShard and DeleteCluster: without shards, availability
    /// mode, ACL and description.
    ObjectNode brief(ClusterState cluster) {
        var spec = cluster.spec();
        var node = Json.object();
        node.put("Name", spec.id().name());
        node.put("Status", cluster.shownStatus().wire());
        node.put("NumberOfShards", spec.shards().size());
        node.set("ClusterEndpoint", clusterEndpoint(cluster));
        node.put("NodeType", spec.nodeType());
        node.put("Engine", spec.engine());
        node.put("EngineVersion", spec.engineVersion());
        if (cluster.enginePatchVersion() != null) {
            node.put("EnginePatchVersion", cluster.enginePatchVersion());
        }
        node.put("ParameterGroupName", spec.parameterGroupName());
        node.put("ParameterGroupStatus", cluster.parametersPending() ? "applying" : "in-sync");
        boolean changesGroups = cluster.update() != null && cluster.update().otherSecurityGroups();
        var groups = node.putArray("SecurityGroups");
        for (var group : spec.securityGroupIds()) {
            groups.addObject()
                    .put("SecurityGroupId", group)
                    .put("Status", changesGroups ? "modifying" : "active");
        }
        node.put("SubnetGroupName", spec.subnetGroupName());
        node.put("TLSEnabled", spec.tlsEnabled());
        node.put(
                "ARN",
                new Resource(spec.id().region(), Resource.Kind.CLUSTER, spec.id().name())
                        .arn(accountId));
        node.put("SnapshotRetentionLimit", spec.snapshotRetentionLimit());
        node.put("MaintenanceWindow", spec.maintenanceWindow());
        node.put("SnapshotWindow", spec.snapshotWindow());
        node.put("AutoMinorVersionUpgrade", spec.autoMinorVersionUpgrade());
        node.put("DataTiering", String.valueOf(spec.dataTiering()));
        if (spec.kmsKeyId() != null) {
            node.put("KmsKeyId", KmsKeys.arn(spec.kmsKeyId(), spec.id().region(), accountId));
        }
        if (spec.snsTopic() != null) {
            node.put("SnsTopicArn", spec.snsTopic().arn());
            node.put("SnsTopicStatus", spec.snsTopic().status());
        }
        node.put("NetworkType", "ipv4");
        node.put("IpDiscovery", "ipv4");
        return node;
    }

    /// `Cluster` in the answers of CreateCluster and DescribeClusters.
    ///
    /// Decision 8 (docs/decisions) says why `AvailabilityMode` is in lower case.
    ///
    /// @param aclToApply the ACL that its nodes still have to apply, if there is one
    ObjectNode full(ClusterState cluster, Optional<String> aclToApply, boolean showShards) {
        var spec = cluster.spec();
        var node = brief(cluster);
        if (spec.description() != null) {
            node.put("Description", spec.description());
        }
        node.put("ACLName", spec.aclName());
        boolean spread = spec.shards().stream().allMatch(shard -> shard.nodes().size() > 1);
        node.put("AvailabilityMode", spread ? "multiaz" : "singleaz");
        aclToApply.ifPresent(
                acl -> node.putObject("PendingUpdates").putObject("ACLs").put("ACLToApply", acl));
        if (showShards) {
            var shards = node.putArray("Shards");
            spec.shards().forEach(shard -> shards.add(shard(cluster, shard)));
        }
        return node;
    }

    ObjectNode event(Event event) {
        var node = Json.object();
        node.put("SourceName", event.sourceName());
        node.put("SourceType", event.sourceType());
        node.put("Message", event.message());
        node.put("Date", Json.seconds(event.date()));
        return node;
    }

    private ObjectNode shard(ClusterState cluster, ShardSpec shard) {
        var node = Json.object();
        node.put("Name", shard.name());
        node.put("Status", shardStatus(cluster));
        node.put("Slots", shard.slots());
        var nodes = node.putArray("Nodes");
        for (var member : shard.nodes()) {
            var item = nodes.addObject();
            item.put("Name", member.name());
            item.put("Status", nodeStatus(cluster, member.name()));
            item.put("AvailabilityZone", member.availabilityZone());
            item.put("CreateTime", Json.seconds(member.createTime()));
            var endpoints = answering(cluster);
            if (endpoints != null && endpoints.nodePorts().containsKey(member.name())) {
                item.putObject("Endpoint")
                        .put("Address", config.announced(endpoints.hostOf(member.name())))
                        .put("Port", endpoints.nodePorts().getOrDefault(member.name(), 0));
            }
        }
        node.put("NumberOfNodes", shard.nodes().size());
        return node;
    }

    private static String shardStatus(ClusterState cluster) {
        return switch (cluster.shownStatus()) {
            case CREATING, CREATE_FAILED, RESTORE_FAILED -> "creating";
            case AVAILABLE, SNAPSHOTTING -> "available";
            // Terraform counts replicas only in available shards, so only updates of the number of
            // nodes are shown here.
            case UPDATING ->
                    cluster.update() != null && cluster.update().otherNodes()
                            ? "modifying"
                            : "available";
            case DELETING -> "deleting";
        };
    }

    private static String nodeStatus(ClusterState cluster, String node) {
        var update = cluster.update();
        return switch (cluster.shownStatus()) {
            case CREATING, CREATE_FAILED, RESTORE_FAILED -> "creating";
            case AVAILABLE, SNAPSHOTTING -> "available";
            case UPDATING ->
                    update != null && update.joining().contains(node) ? "creating" : "available";
            case DELETING -> "deleting";
        };
    }

    private ObjectNode clusterEndpoint(ClusterState cluster) {
        var node = Json.object();
        var endpoints = answering(cluster);
        if (endpoints == null) {
            node.put("Port", cluster.spec().requestedPort());
        } else {
            node.put("Address", config.announced(endpoints.host()))
                    .put("Port", endpoints.clusterPort());
        }
        return node;
    }

    /// The endpoints, once clients may use them; else null.
    private static @Nullable Endpoints answering(ClusterState cluster) {
        return switch (cluster.shownStatus()) {
            case CREATING, CREATE_FAILED, RESTORE_FAILED -> null;
            case AVAILABLE, UPDATING, SNAPSHOTTING, DELETING -> cluster.endpoints();
        };
    }
}
