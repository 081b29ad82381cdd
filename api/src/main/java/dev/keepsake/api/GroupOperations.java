package dev.keepsake.api;

import static dev.keepsake.api.Json.wrapped;

import dev.keepsake.control.ControlService;
import dev.keepsake.control.Fault;
import dev.keepsake.control.ParameterGroup;
import dev.keepsake.control.Parameters;
import dev.keepsake.control.Resource;
import dev.keepsake.control.SubnetGroup;
import dev.keepsake.control.Subnets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// The operations on parameter groups and subnet groups.
final class GroupOperations {
    private static final List<String> NETWORK_TYPES = List.of("ipv4");

    private final ControlService control;
    private final String accountId;

    GroupOperations(ControlService control, String accountId) {
        this.control = control;
        this.accountId = accountId;
    }

    Map<String, Operation> all() {
        return Map.of(
                "CreateParameterGroup", this::createParameterGroup,
                "UpdateParameterGroup", this::updateParameterGroup,
                "ResetParameterGroup", this::resetParameterGroup,
                "DeleteParameterGroup", this::deleteParameterGroup,
                "DescribeParameterGroups", this::describeParameterGroups,
                "DescribeParameters", this::describeParameters,
                "CreateSubnetGroup", this::createSubnetGroup,
                "UpdateSubnetGroup", this::updateSubnetGroup,
                "DeleteSubnetGroup", this::deleteSubnetGroup,
                "DescribeSubnetGroups", this::describeSubnetGroups);
    }

    private ObjectNode createParameterGroup(Call call) {
        String name = call.string("ParameterGroupName");
        String family = call.string("Family");
        String description = call.string("Description");
        var tags = call.tags();
        return parameterGroup(
                control.decide(plane ->
                        plane.parameters()
                                .create(
                                        call.region(),
                                        name,
                                        family,
                                        description,
                                        tags,
                                        call.now())));
    }

    private ObjectNode updateParameterGroup(Call call) {
        String name = call.string("ParameterGroupName");
        var values =
                call.members()
                        .list(
                                "ParameterNameValues",
                                item ->
                                        Map.entry(
                                                given(
                                                        "ParameterName",
                                                        item.string("ParameterName")),
                                                given(
                                                        "ParameterValue",
                                                        item.string("ParameterValue"))));
        return parameterGroup(
                control.decide(plane ->
                        plane.parameters().update(call.region(), name, values, call.now())));
    }

    private static String given(String member, @Nullable String value) {
        if (value == null) {
            throw Fault.INVALID_PARAMETER_VALUE.because("%s is required.", member);
        }
        return value;
    }

    private ObjectNode resetParameterGroup(Call call) {
        String name = call.string("ParameterGroupName");
        var all = call.bool("AllParameters");
        var names = call.strings("ParameterNames");
        return parameterGroup(
                control.decide(plane ->
                        plane.parameters().reset(call.region(), name, all, names, call.now())));
    }

    private ObjectNode deleteParameterGroup(Call call) {
        String name = call.string("ParameterGroupName");
        return parameterGroup(
                control.decide(
                        plane -> plane.parameters().delete(call.region(), name, call.now())));
    }

    private ObjectNode describeParameterGroups(Call call) {
        String name = call.string("ParameterGroupName");
        var page =
                control.query(plane ->
                        plane.parameters()
                                .describe(
                                        call.region(), name, call.maxResults(), call.nextToken()));
        return Json.page("ParameterGroups", page, this::shape);
    }

    private ObjectNode describeParameters(Call call) {
        String name = call.string("ParameterGroupName");
        var page =
                control.query(plane ->
                        plane.parameters()
                                .describeParameters(
                                        call.region(), name, call.maxResults(), call.nextToken()));
        return Json.page("Parameters", page, GroupOperations::parameter);
    }

    private ObjectNode parameterGroup(ParameterGroup group) {
        return wrapped("ParameterGroup", shape(group));
    }

    private ObjectNode shape(ParameterGroup group) {
        var node = Json.object();
        node.put("Name", group.name());
        node.put("Family", group.family());
        node.put("Description", group.description() == null ? "" : group.description());
        node.put(
                "ARN",
                new Resource(group.region(), Resource.Kind.PARAMETER_GROUP, group.name())
                        .arn(accountId));
        return node;
    }

    static ObjectNode parameter(Parameters.Setting setting) {
        var parameter = setting.parameter();
        var node = Json.object();
        node.put("Name", parameter.name());
        Json.putSet(node, "Value", setting.value());
        node.put("Description", parameter.description());
        node.put("DataType", parameter.type());
        Json.putSet(node, "AllowedValues", parameter.allowed());
        node.put("MinimumEngineVersion", setting.minimumEngineVersion());
        return node;
    }

    private ObjectNode createSubnetGroup(Call call) {
        String name = call.string("SubnetGroupName");
        String description = call.string("Description");
        var subnets = call.strings("SubnetIds");
        var tags = call.tags();
        return subnetGroup(
                control.decide(plane ->
                        plane.subnets()
                                .create(
                                        call.region(),
                                        name,
                                        description,
                                        subnets,
                                        tags,
                                        call.now())));
    }

    private ObjectNode updateSubnetGroup(Call call) {
        String name = call.string("SubnetGroupName");
        String description = call.string("Description");
        var subnets = call.strings("SubnetIds");
        return subnetGroup(
                control.decide(plane ->
                        plane.subnets()
                                .update(call.region(), name, description, subnets, call.now())));
    }

    private ObjectNode deleteSubnetGroup(Call call) {
        String name = call.string("SubnetGroupName");
        return subnetGroup(
                control.decide(plane -> plane.subnets().delete(call.region(), name, call.now())));
    }

    private ObjectNode describeSubnetGroups(Call call) {
        String name = call.string("SubnetGroupName");
        var page =
                control.query(plane ->
                        plane.subnets()
                                .describe(
                                        call.region(), name, call.maxResults(), call.nextToken()));
        return Json.page("SubnetGroups", page, this::subnets);
    }

    private ObjectNode subnetGroup(SubnetGroup group) {
        return wrapped("SubnetGroup", subnets(group));
    }

    private ObjectNode subnets(SubnetGroup group) {
        var node = Json.object();
        node.put("Name", group.name());
        node.put("Description", group.description() == null ? "" : group.description());
        node.put("VpcId", Subnets.vpcOf(group.region()));
        var subnets = node.putArray("Subnets");
        for (var subnet : group.subnets()) {
            var item = subnets.addObject();
            item.put("Identifier", subnet.id());
            item.putObject("AvailabilityZone").put("Name", subnet.availabilityZone());
            item.set("SupportedNetworkTypes", Json.strings(NETWORK_TYPES));
        }
        node.put(
                "ARN",
                new Resource(group.region(), Resource.Kind.SUBNET_GROUP, group.name())
                        .arn(accountId));
        node.set("SupportedNetworkTypes", Json.strings(NETWORK_TYPES));
        return node;
    }
}
