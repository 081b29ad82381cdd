package dev.keepsake.api;

import static dev.keepsake.api.Json.wrapped;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.CreateClusterRequest;
import dev.keepsake.control.DescribeEventsRequest;
import dev.keepsake.control.Fault;
import dev.keepsake.control.Page;
import dev.keepsake.control.UpdateClusterRequest;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import tools.jackson.databind.node.ObjectNode;

/// The operations on clusters, their failovers, updates and events.
final class ClusterOperations {
    private final ControlService control;
    private final Shapes shapes;
    private final RandomGenerator random;

    ClusterOperations(ControlService control, Shapes shapes, RandomGenerator random) {
        this.control = control;
        this.shapes = shapes;
        this.random = random;
    }

    Map<String, Operation> all() {
        return Map.of(
                "CreateCluster", this::create,
                "DescribeClusters", this::describe,
                "UpdateCluster", this::update,
                "DeleteCluster", this::delete,
                "BatchUpdateCluster", this::batchUpdate,
                "FailoverShard", this::failoverShard,
                "ListAllowedNodeTypeUpdates", this::allowedNodeTypes,
                "DescribeEvents", this::describeEvents);
    }

    private ObjectNode create(Call call) {
        var create =
                new CreateClusterRequest(
                        call.string("ClusterName"),
                        call.string("NodeType"),
                        call.string("MultiRegionClusterName"),
                        call.string("ParameterGroupName"),
                        call.string("Description"),
                        call.integer("NumShards"),
                        call.integer("NumReplicasPerShard"),
                        call.string("SubnetGroupName"),
                        call.strings("SecurityGroupIds"),
                        call.string("MaintenanceWindow"),
                        call.integer("Port"),
                        call.string("SnsTopicArn"),
                        call.bool("TLSEnabled"),
                        call.string("KmsKeyId"),
                        call.strings("SnapshotArns"),
                        call.string("SnapshotName"),
                        call.integer("SnapshotRetentionLimit"),
                        call.tags(),
                        call.string("SnapshotWindow"),
                        call.string("ACLName"),
                        call.string("Engine"),
                        call.string("EngineVersion"),
                        call.bool("AutoMinorVersionUpgrade"),
                        call.bool("DataTiering"),
                        call.string("NetworkType"),
                        call.string("IpDiscovery"));
        var cluster =
                control.decide(
                        plane -> plane.createCluster(create, call.region(), call.now(), random));
        return wrapped("Cluster", full(cluster));
    }

    private ObjectNode full(ClusterState cluster) {
        var acl = control.query(plane -> plane.access().aclToApply(cluster));
        return shapes.full(cluster, acl, false);
    }

    private record Shown(ClusterState cluster, Optional<String> aclToApply) {}

    private ObjectNode describe(Call call) {
        String name = call.string("ClusterName");
        boolean showShards = call.isTrue("ShowShardDetails");
        var page =
                control.query(plane -> {
                    var found =
                            plane.describeClusters(
                                    call.region(), name, call.maxResults(), call.nextToken());
                    var shown = new ArrayList<Shown>();
                    for (var cluster : found.items()) {
                        shown.add(new Shown(cluster, plane.access().aclToApply(cluster)));
                    }
                    return new Page<>(shown, found.nextToken());
                });
        return Json.page(
                "Clusters",
                page,
                shown -> shapes.full(shown.cluster(), shown.aclToApply(), showShards));
    }

    private ObjectNode update(Call call) {
        var replicas = call.members().nested("ReplicaConfiguration");
        var shards = call.members().nested("ShardConfiguration");
        var update =
                new UpdateClusterRequest(
                        call.string("ClusterName"),
                        call.string("Description"),
                        call.strings("SecurityGroupIds"),
                        call.string("MaintenanceWindow"),
                        call.string("SnsTopicArn"),
                        call.string("SnsTopicStatus"),
                        call.string("ParameterGroupName"),
                        call.string("SnapshotWindow"),
                        call.integer("SnapshotRetentionLimit"),
                        call.string("NodeType"),
                        call.string("Engine"),
                        call.string("EngineVersion"),
                        replicas == null ? null : replicas.integer("ReplicaCount"),
                        shards == null ? null : shards.integer("ShardCount"),
                        call.string("ACLName"),
                        call.string("IpDiscovery"));
        var cluster =
                control.decide(
                        plane -> plane.updateCluster(update, call.region(), call.now(), random));
        return wrapped("Cluster", full(cluster));
    }

    private ObjectNode delete(Call call) {
        String name = call.string("ClusterName");
        String multiRegion = call.string("MultiRegionClusterName");
        String snapshot = call.string("FinalSnapshotName");
        var cluster =
                control.decide(plane ->
                        plane.deleteCluster(
                                call.region(), name, multiRegion, snapshot, call.now(), random));
        return wrapped("Cluster", shapes.brief(cluster));
    }

    /// BatchUpdateCluster. No service update has a name, because there are none; see
    /// [ControlPlane#applyServiceUpdates].
    private ObjectNode batchUpdate(Call call) {
        var update = call.members().nested("ServiceUpdate");
        if (update != null) {
            String name = update.string("ServiceUpdateNameToApply");
            if (name == null || name.isBlank()) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "ServiceUpdateNameToApply is required.");
            }
            throw Fault.SERVICE_UPDATE_NOT_FOUND.because("Service update %s not found.", name);
        }
        var names = call.strings("ClusterNames");
        var updated = control.query(plane -> plane.applyServiceUpdates(call.region(), names));
        var answer = Json.object();
        var processed = answer.putArray("ProcessedClusters");
        updated.processed().forEach(cluster -> processed.add(full(cluster)));
        var unprocessed = answer.putArray("UnprocessedClusters");
        for (var cluster : updated.unprocessed()) {
            unprocessed
                    .addObject()
                    .put("ClusterName", cluster.clusterName())
                    .put("ErrorType", cluster.reason().fault().code())
                    .put("ErrorMessage", cluster.reason().getMessage());
        }
        return answer;
    }

    private ObjectNode failoverShard(Call call) {
        String name = call.string("ClusterName");
        String shard = call.string("ShardName");
        var cluster =
                control.decide(
                        plane -> plane.failoverShard(call.region(), name, shard, call.now()));
        return wrapped("Cluster", shapes.brief(cluster));
    }

    private ObjectNode allowedNodeTypes(Call call) {
        String name = call.string("ClusterName");
        var types = control.query(plane -> plane.allowedNodeTypes(call.region(), name));
        var answer = Json.object();
        answer.set("ScaleUpNodeTypes", Json.strings(types.get(0)));
        answer.set("ScaleDownNodeTypes", Json.strings(types.get(1)));
        return answer;
    }

    private ObjectNode describeEvents(Call call) {
        var describe =
                new DescribeEventsRequest(
                        call.string("SourceName"),
                        call.string("SourceType"),
                        call.members().timestamp("StartTime"),
                        call.members().timestamp("EndTime"),
                        call.integer("Duration"),
                        call.maxResults(),
                        call.nextToken());
        var page =
                control.query(plane -> plane.describeEvents(call.region(), describe, call.now()));
        return Json.page("Events", page, shapes::event);
    }
}
