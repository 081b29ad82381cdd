package dev.keepsake.api;

import dev.keepsake.control.ControlService;
import dev.keepsake.control.CreateClusterRequest;
import dev.keepsake.control.DescribeEventsRequest;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Clock;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The operations of the service: those that are answered, one row each, and the names of the
/// others.
final class Operations {
    /// One operation, ready to be carried out.
    interface Operation {
        ObjectNode answer(Members request, String region);
    }

    /// Known to the service's model, and not to this build.
    private static final Set<String> NOT_YET =
            Set.of(
                    "BatchUpdateCluster",
                    "CopySnapshot",
                    "CreateACL",
                    "CreateMultiRegionCluster",
                    "CreateParameterGroup",
                    "CreateSnapshot",
                    "CreateSubnetGroup",
                    "CreateUser",
                    "DeleteACL",
                    "DeleteMultiRegionCluster",
                    "DeleteParameterGroup",
                    "DeleteSnapshot",
                    "DeleteSubnetGroup",
                    "DeleteUser",
                    "DescribeACLs",
                    "DescribeEngineVersions",
                    "DescribeMultiRegionClusters",
                    "DescribeMultiRegionParameterGroups",
                    "DescribeMultiRegionParameters",
                    "DescribeParameterGroups",
                    "DescribeParameters",
                    "DescribeReservedNodes",
                    "DescribeReservedNodesOfferings",
                    "DescribeServiceUpdates",
                    "DescribeSnapshots",
                    "DescribeSubnetGroups",
                    "DescribeUsers",
                    "ListAllowedMultiRegionClusterUpdates",
                    "ListAllowedNodeTypeUpdates",
                    "ListTags",
                    "PurchaseReservedNodesOffering",
                    "ResetParameterGroup",
                    "TagResource",
                    "UntagResource",
                    "UpdateACL",
                    "UpdateCluster",
                    "UpdateMultiRegionCluster",
                    "UpdateParameterGroup",
                    "UpdateSubnetGroup",
                    "UpdateUser");

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ControlService control;
    private final Shapes shapes;
    private final Clock clock;
    private final RandomGenerator random;
    private final Map<String, Operation> answered =
            Map.of(
                    "CreateCluster", this::createCluster,
                    "DescribeClusters", this::describeClusters,
                    "DeleteCluster", this::deleteCluster,
                    "FailoverShard", this::failoverShard,
                    "DescribeEvents", this::describeEvents);

    Operations(ControlService control, Shapes shapes, Clock clock, RandomGenerator random) {
        this.control = control;
        this.shapes = shapes;
        this.clock = clock;
        this.random = random;
    }

    /// The operation of that name.
    Operation find(String name) {
        var operation = answered.get(name);
        if (operation != null) {
            return operation;
        }
        if (NOT_YET.contains(name)) {
            // Every operation's clients know this fault or take it for what it says, and unlike an
            // unknown operation it does not look like a wrong endpoint.
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "%s is not offered by this version of Keepsake.", name);
        }
        throw Fault.UNKNOWN_OPERATION.because("The operation %s is not known.", name);
    }

    private ObjectNode createCluster(Members request, String region) {
        var create =
                new CreateClusterRequest(
                        request.string("ClusterName"),
                        request.string("NodeType"),
                        request.string("MultiRegionClusterName"),
                        request.string("ParameterGroupName"),
                        request.string("Description"),
                        request.integer("NumShards"),
                        request.integer("NumReplicasPerShard"),
                        request.string("SubnetGroupName"),
                        request.strings("SecurityGroupIds"),
                        request.string("MaintenanceWindow"),
                        request.integer("Port"),
                        request.string("SnsTopicArn"),
                        request.bool("TLSEnabled"),
                        request.string("KmsKeyId"),
                        request.strings("SnapshotArns"),
                        request.string("SnapshotName"),
                        request.integer("SnapshotRetentionLimit"),
                        request.list(
                                "Tags",
                                tag ->
                                        new CreateClusterRequest.Tag(
                                                tag.string("Key"), tag.string("Value"))),
                        request.string("SnapshotWindow"),
                        request.string("ACLName"),
                        request.string("Engine"),
                        request.string("EngineVersion"),
                        request.bool("AutoMinorVersionUpgrade"),
                        request.bool("DataTiering"),
                        request.string("NetworkType"),
                        request.string("IpDiscovery"));
        return cluster(
                shapes.full(
                        control.decide(
                                plane -> plane.createCluster(create, region, clock.now(), random)),
                        false));
    }

    private ObjectNode describeClusters(Members request, String region) {
        String name = request.string("ClusterName");
        var maxResults = request.integer("MaxResults");
        String token = request.string("NextToken");
        boolean showShards = Boolean.TRUE.equals(request.bool("ShowShardDetails"));
        var page = control.query(plane -> plane.describeClusters(region, name, maxResults, token));
        var answer = JSON.objectNode();
        var clusters = answer.putArray("Clusters");
        page.items().forEach(item -> clusters.add(shapes.full(item, showShards)));
        return withToken(answer, page.nextToken());
    }

    private ObjectNode deleteCluster(Members request, String region) {
        String name = request.string("ClusterName");
        String multiRegion = request.string("MultiRegionClusterName");
        String snapshot = request.string("FinalSnapshotName");
        return cluster(
                shapes.brief(
                        control.decide(plane ->
                                plane.deleteCluster(region, name, multiRegion, snapshot))));
    }

    private ObjectNode failoverShard(Members request, String region) {
        String name = request.string("ClusterName");
        String shard = request.string("ShardName");
        return cluster(
                shapes.brief(
                        control.decide(
                                plane -> plane.failoverShard(region, name, shard, clock.now()))));
    }

    private ObjectNode describeEvents(Members request, String region) {
        var describe =
                new DescribeEventsRequest(
                        request.string("SourceName"),
                        request.string("SourceType"),
                        request.timestamp("StartTime"),
                        request.timestamp("EndTime"),
                        request.integer("Duration"),
                        request.integer("MaxResults"),
                        request.string("NextToken"));
        var page = control.query(plane -> plane.describeEvents(region, describe, clock.now()));
        var answer = JSON.objectNode();
        var events = answer.putArray("Events");
        page.items().forEach(item -> events.add(shapes.event(item)));
        return withToken(answer, page.nextToken());
    }

    private static ObjectNode cluster(ObjectNode cluster) {
        var answer = JSON.objectNode();
        answer.set("Cluster", cluster);
        return answer;
    }

    private static ObjectNode withToken(ObjectNode answer, @Nullable String token) {
        if (token != null) {
            answer.put("NextToken", token);
        }
        return answer;
    }
}
