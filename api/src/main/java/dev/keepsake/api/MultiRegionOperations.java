package dev.keepsake.api;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// Clusters over several regions, of which there never are any: creating one is refused, so lists
/// are empty and names are not found.
final class MultiRegionOperations {
    Map<String, Operation> all() {
        return Map.of(
                "CreateMultiRegionCluster", MultiRegionOperations::create,
                "UpdateMultiRegionCluster", MultiRegionOperations::noSuchCluster,
                "DeleteMultiRegionCluster", MultiRegionOperations::noSuchCluster,
                "ListAllowedMultiRegionClusterUpdates", MultiRegionOperations::noSuchCluster,
                "DescribeMultiRegionClusters", MultiRegionOperations::describeClusters,
                "DescribeMultiRegionParameterGroups", MultiRegionOperations::describeGroups,
                "DescribeMultiRegionParameters", MultiRegionOperations::describeParameters);
    }

    private static ObjectNode create(Call call) {
        String group = call.string("MultiRegionParameterGroupName");
        if (group != null) {
            throw groupNotFound(group);
        }
        throw Fault.INVALID_PARAMETER_COMBINATION.because(
                "Multi-Region clusters are not offered by this version of Keepsake; create a cluster"
                        + " in one region.");
    }

    private static ObjectNode noSuchCluster(Call call) {
        throw clusterNotFound(String.valueOf(call.string("MultiRegionClusterName")));
    }

    private static ObjectNode describeClusters(Call call) {
        String name = call.string("MultiRegionClusterName");
        if (name != null) {
            throw clusterNotFound(name);
        }
        return none(call, "MultiRegionClusters");
    }

    private static ObjectNode describeGroups(Call call) {
        String name = call.string("MultiRegionParameterGroupName");
        if (name != null) {
            throw groupNotFound(name);
        }
        return none(call, "MultiRegionParameterGroups");
    }

    private static ObjectNode describeParameters(Call call) {
        throw groupNotFound(String.valueOf(call.string("MultiRegionParameterGroupName")));
    }

    private static ObjectNode none(Call call, String member) {
        call.expectPageSize();
        var answer = Json.object();
        answer.putArray(member);
        return answer;
    }

    private static ApiException clusterNotFound(String name) {
        return Fault.MULTI_REGION_CLUSTER_NOT_FOUND.because(
                "Multi-Region cluster %s not found.", name);
    }

    private static ApiException groupNotFound(String name) {
        return Fault.MULTI_REGION_PARAMETER_GROUP_NOT_FOUND.because(
                "Multi-Region parameter group %s not found.", name);
    }
}
