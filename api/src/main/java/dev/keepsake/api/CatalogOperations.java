package dev.keepsake.api;

import static dev.keepsake.api.Json.wrapped;

import dev.keepsake.control.ControlService;
import dev.keepsake.control.EngineVersions;
import dev.keepsake.control.Reservations;
import dev.keepsake.control.ReservedNode;
import dev.keepsake.control.ReservedNodesOffering;
import dev.keepsake.control.Resource;
import java.util.Map;
import java.util.random.RandomGenerator;
import tools.jackson.databind.node.ObjectNode;

/// The operations on engine versions, reserved nodes, service updates and tags.
final class CatalogOperations {
    private final ControlService control;
    private final String accountId;
    private final RandomGenerator random;

    CatalogOperations(ControlService control, String accountId, RandomGenerator random) {
        this.control = control;
        this.accountId = accountId;
        this.random = random;
    }

    Map<String, Operation> all() {
        return Map.of(
                "DescribeEngineVersions", this::engineVersions,
                "DescribeReservedNodesOfferings", this::offerings,
                "PurchaseReservedNodesOffering", this::purchase,
                "DescribeReservedNodes", this::reservedNodes,
                "DescribeServiceUpdates", this::serviceUpdates,
                "TagResource", this::tag,
                "UntagResource", this::untag,
                "ListTags", this::listTags);
    }

    private ObjectNode engineVersions(Call call) {
        String engine = call.string("Engine");
        String version = call.string("EngineVersion");
        String family = call.string("ParameterGroupFamily");
        boolean defaultOnly = call.isTrue("DefaultOnly");
        var page =
                control.query(plane ->
                        plane.describeEngineVersions(
                                engine,
                                version,
                                family,
                                defaultOnly,
                                call.maxResults(),
                                call.nextToken()));
        return Json.page("EngineVersions", page, this::engineVersion);
    }

    private ObjectNode engineVersion(EngineVersions row) {
        String patch =
                control.query(plane -> plane.enginePatchVersion(row.engine(), row.version()));
        var node = Json.object();
        node.put("Engine", row.engine());
        node.put("EngineVersion", row.version());
        node.put("EnginePatchVersion", patch);
        node.put("ParameterGroupFamily", row.family());
        return node;
    }

    private static Reservations.Wanted wanted(Call call) {
        return new Reservations.Wanted(
                call.string("ReservedNodesOfferingId"),
                call.string("NodeType"),
                call.string("Duration"),
                call.string("OfferingType"));
    }

    private ObjectNode offerings(Call call) {
        var wanted = wanted(call);
        var page =
                control.query(plane ->
                        plane.reservations()
                                .offerings(wanted, call.maxResults(), call.nextToken()));
        return Json.page("ReservedNodesOfferings", page, CatalogOperations::offering);
    }

    private static ObjectNode offering(ReservedNodesOffering offering) {
        var node = Json.object();
        node.put("ReservedNodesOfferingId", offering.id());
        node.put("NodeType", offering.nodeType());
        node.put("Duration", offering.durationSeconds());
        node.put("FixedPrice", 0.0);
        node.put("OfferingType", offering.offeringType());
        node.putArray("RecurringCharges");
        return node;
    }

    private ObjectNode purchase(Call call) {
        String offering = call.string("ReservedNodesOfferingId");
        String reservation = call.string("ReservationId");
        var nodes = call.integer("NodeCount");
        var tags = call.tags();
        return wrapped(
                "ReservedNode",
                reservation(
                        call,
                        control.decide(plane ->
                                plane.reservations()
                                        .purchase(
                                                call.region(),
                                                offering,
                                                reservation,
                                                nodes,
                                                tags,
                                                call.now(),
                                                random))));
    }

    private ObjectNode reservedNodes(Call call) {
        String reservation = call.string("ReservationId");
        var wanted = wanted(call);
        var page =
                control.query(plane ->
                        plane.reservations()
                                .describe(
                                        call.region(),
                                        reservation,
                                        wanted,
                                        call.maxResults(),
                                        call.nextToken()));
        return Json.page("ReservedNodes", page, reserved -> reservation(call, reserved));
    }

    private ObjectNode reservation(Call call, ReservedNode reservation) {
        var offering = reservation.offering();
        var node = Json.object();
        node.put("ReservationId", reservation.reservationId());
        node.put("ReservedNodesOfferingId", offering.id());
        node.put("NodeType", offering.nodeType());
        node.put("StartTime", Json.seconds(reservation.startTime()));
        node.put("Duration", offering.durationSeconds());
        node.put("FixedPrice", 0.0);
        node.put("NodeCount", reservation.nodeCount());
        node.put("OfferingType", offering.offeringType());
        node.put("State", reservation.isOver(call.now()) ? "retired" : "active");
        node.putArray("RecurringCharges");
        node.put(
                "ARN",
                new Resource(
                                reservation.region(),
                                Resource.Kind.RESERVED_NODE,
                                reservation.reservationId())
                        .arn(accountId));
        return node;
    }

    /// There are never any, because an engine is replaced only when the server is started with
    /// another one.
    private ObjectNode serviceUpdates(Call call) {
        String name = call.string("ServiceUpdateName");
        var clusters = call.strings("ClusterNames");
        control.query(plane -> {
            plane.checkServiceUpdateFilters(name, clusters);
            return true;
        });
        call.expectPageSize();
        var answer = Json.object();
        answer.putArray("ServiceUpdates");
        return answer;
    }

    private ObjectNode tag(Call call) {
        String arn = call.string("ResourceArn");
        var tags = call.tags();
        return tagList(
                control.decide(plane -> plane.tags().tag(arn, tags, accountId, call.region())));
    }

    private ObjectNode untag(Call call) {
        String arn = call.string("ResourceArn");
        var keys = call.strings("TagKeys");
        return tagList(
                control.decide(plane -> plane.tags().untag(arn, keys, accountId, call.region())));
    }

    private ObjectNode listTags(Call call) {
        String arn = call.string("ResourceArn");
        return tagList(control.query(plane -> plane.tags().list(arn, accountId, call.region())));
    }

    private static ObjectNode tagList(Map<String, String> tags) {
        var answer = Json.object();
        answer.set("TagList", Json.tags(tags));
        return answer;
    }
}
