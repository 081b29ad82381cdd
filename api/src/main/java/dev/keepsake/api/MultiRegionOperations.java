package dev.keepsake.api;

import dev.keepsake.control.ControlService;
import dev.keepsake.control.MultiRegion;
import dev.keepsake.control.ParameterGroup;
import dev.keepsake.control.Parameters;
import dev.keepsake.control.Resource;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// The operations on multi-Region clusters. Keepsake has none: creations are refused, lists are
/// empty and names are not found.
final class MultiRegionOperations {
    private final ControlService control;
    private final String accountId;

    MultiRegionOperations(ControlService control, String accountId) {
        this.control = control;
        this.accountId = accountId;
    }

    Map<String, Operation> all() {
        return Map.of(
                "CreateMultiRegionCluster", this::create,
                "UpdateMultiRegionCluster", MultiRegionOperations::noSuchCluster,
                "DeleteMultiRegionCluster", MultiRegionOperations::noSuchCluster,
                "ListAllowedMultiRegionClusterUpdates", MultiRegionOperations::noSuchCluster,
                "DescribeMultiRegionClusters", MultiRegionOperations::describeClusters,
                "DescribeMultiRegionParameterGroups", this::describeGroups,
                "DescribeMultiRegionParameters", this::describeParameters);
    }

    private ObjectNode create(Call call) {
        var create =
                new MultiRegion.Create(
                        call.string("MultiRegionClusterNameSuffix"),
                        call.string("NodeType"),
                        call.string("Engine"),
                        call.string("EngineVersion"),
                        call.string("MultiRegionParameterGroupName"),
                        call.integer("NumShards"),
                        call.tags());
        throw control.query(plane -> plane.multiRegion().refusal(create));
    }

    private static ObjectNode noSuchCluster(Call call) {
        throw MultiRegion.notFound(call.string("MultiRegionClusterName"));
    }

    private static ObjectNode describeClusters(Call call) {
        String name = call.string("MultiRegionClusterName");
        if (name != null) {
            throw MultiRegion.notFound(name);
        }
        call.expectPageSize();
        var answer = Json.object();
        answer.putArray("MultiRegionClusters");
        return answer;
    }

    private ObjectNode describeGroups(Call call) {
        String name = call.string("MultiRegionParameterGroupName");
        var page =
                control.query(plane ->
                        plane.multiRegion().groups(name, call.maxResults(), call.nextToken()));
        return Json.page("MultiRegionParameterGroups", page, this::group);
    }

    private ObjectNode group(ParameterGroup group) {
        var node = Json.object();
        node.put("Name", group.name());
        node.put("Family", group.family());
        node.put("Description", group.description());
        node.put(
                "ARN",
                new Resource(
                                group.region(),
                                Resource.Kind.MULTI_REGION_PARAMETER_GROUP,
                                group.name())
                        .arn(accountId));
        return node;
    }

    private ObjectNode describeParameters(Call call) {
        String name = call.string("MultiRegionParameterGroupName");
        String source = call.string("Source");
        var page =
                control.query(plane ->
                        plane.multiRegion()
                                .parameters(name, source, call.maxResults(), call.nextToken()));
        return Json.page("MultiRegionParameters", page, MultiRegionOperations::parameter);
    }

    private static ObjectNode parameter(Parameters.Setting setting) {
        return GroupOperations.parameter(setting).put("Source", "engine-default");
    }
}
