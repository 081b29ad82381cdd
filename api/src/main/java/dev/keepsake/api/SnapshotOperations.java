package dev.keepsake.api;

import static dev.keepsake.api.Json.wrapped;

import dev.keepsake.control.ClusterSnapshot;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.KmsKeys;
import dev.keepsake.control.Page;
import dev.keepsake.control.Resource;
import dev.keepsake.control.Subnets;
import java.util.ArrayList;
import java.util.Map;
import java.util.random.RandomGenerator;
import tools.jackson.databind.node.ObjectNode;

/// The operations on snapshots.
final class SnapshotOperations {
    private final ControlService control;
    private final String accountId;
    private final RandomGenerator random;

    SnapshotOperations(ControlService control, String accountId, RandomGenerator random) {
        this.control = control;
        this.accountId = accountId;
        this.random = random;
    }

    Map<String, Operation> all() {
        return Map.of(
                "CreateSnapshot", this::create,
                "CopySnapshot", this::copy,
                "DeleteSnapshot", this::delete,
                "DescribeSnapshots", this::describe);
    }

    private ObjectNode create(Call call) {
        String cluster = call.string("ClusterName");
        String name = call.string("SnapshotName");
        String key = call.string("KmsKeyId");
        var tags = call.tags();
        return snapshot(
                control.decide(plane ->
                        plane.snapshots()
                                .create(
                                        call.region(),
                                        cluster,
                                        name,
                                        key,
                                        tags,
                                        call.now(),
                                        random)));
    }

    private ObjectNode copy(Call call) {
        String source = call.string("SourceSnapshotName");
        String target = call.string("TargetSnapshotName");
        String bucket = call.string("TargetBucket");
        String key = call.string("KmsKeyId");
        var tags = call.tags();
        return snapshot(
                control.decide(plane ->
                        plane.snapshots()
                                .copy(
                                        call.region(),
                                        source,
                                        target,
                                        bucket,
                                        key,
                                        tags,
                                        call.now(),
                                        random)));
    }

    private ObjectNode delete(Call call) {
        String name = call.string("SnapshotName");
        return snapshot(
                control.decide(plane -> plane.snapshots().delete(call.region(), name, call.now())));
    }

    private record Shown(ClusterSnapshot snapshot, String status) {}

    private ObjectNode describe(Call call) {
        String cluster = call.string("ClusterName");
        String name = call.string("SnapshotName");
        String source = call.string("Source");
        boolean detail = call.isTrue("ShowDetail");
        var page =
                control.query(plane -> {
                    var found =
                            plane.snapshots()
                                    .describe(
                                            call.region(),
                                            cluster,
                                            name,
                                            source,
                                            call.maxResults(),
                                            call.nextToken());
                    var shown = new ArrayList<Shown>();
                    for (var snapshot : found.items()) {
                        shown.add(new Shown(snapshot, plane.snapshots().status(snapshot)));
                    }
                    return new Page<>(shown, found.nextToken());
                });
        return Json.page(
                "Snapshots", page, shown -> shape(shown.snapshot(), shown.status(), detail));
    }

    private ObjectNode snapshot(ClusterSnapshot snapshot) {
        String status = control.query(plane -> plane.snapshots().status(snapshot));
        return wrapped("Snapshot", shape(snapshot, status, false));
    }

    private ObjectNode shape(ClusterSnapshot snapshot, String status, boolean detail) {
        var id = snapshot.id();
        var node = Json.object();
        node.put("Name", id.name());
        node.put("Status", status);
        node.put("Source", snapshot.automated() ? "automated" : "manual");
        node.put(
                "ARN", new Resource(id.region(), Resource.Kind.SNAPSHOT, id.name()).arn(accountId));
        var cluster = snapshot.cluster();
        var of = node.putObject("ClusterConfiguration");
        of.put("Name", cluster.id().name());
        Json.putSet(of, "Description", cluster.description());
        of.put("NodeType", cluster.nodeType());
        of.put("Engine", cluster.engine());
        of.put("EngineVersion", cluster.engineVersion());
        of.put("MaintenanceWindow", cluster.maintenanceWindow());
        if (cluster.snsTopic() != null) {
            of.put("TopicArn", cluster.snsTopic().arn());
        }
        of.put("Port", cluster.requestedPort());
        of.put("ParameterGroupName", cluster.parameterGroupName());
        of.put("SubnetGroupName", cluster.subnetGroupName());
        of.put("VpcId", Subnets.vpcOf(id.region()));
        of.put("SnapshotRetentionLimit", cluster.snapshotRetentionLimit());
        of.put("SnapshotWindow", cluster.snapshotWindow());
        of.put("NumShards", cluster.shards().size());
        if (detail) {
            var shards = of.putArray("Shards");
            for (var shard : snapshot.shards()) {
                var item = shards.addObject();
                item.put("Name", shard.name());
                item.putObject("Configuration")
                        .put("Slots", shard.slots())
                        .put("ReplicaCount", shard.replicaCount());
                item.put("Size", "%d B".formatted(shard.bytes()));
                item.put("SnapshotCreationTime", Json.seconds(shard.at()));
            }
        }
        node.put("DataTiering", String.valueOf(cluster.dataTiering()));
        if (snapshot.kmsKeyId() != null) {
            node.put("KmsKeyId", KmsKeys.arn(snapshot.kmsKeyId(), id.region(), accountId));
        }
        return node;
    }
}
