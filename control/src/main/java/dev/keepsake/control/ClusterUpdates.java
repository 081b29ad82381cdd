package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// UpdateCluster, and what the fleet reports of it. The cluster is `updating` until its nodes have
/// followed; what concerns no node is shown at once, and as done at the fleet's next look.
final class ClusterUpdates {
    private final ControlState state;
    private final ControlPlane plane;

    ClusterUpdates(ControlState state, ControlPlane plane) {
        this.state = state;
        this.plane = plane;
    }

    Decision<ClusterState> update(
            UpdateClusterRequest request, String region, Instant now, RandomGenerator random) {
        var cluster = plane.existing(region, request.clusterName());
        ControlPlane.expectAvailable(cluster);
        var old = cluster.spec();
        ClusterRequests.refuseOtherDiscovery(request.ipDiscovery());
        int replicas =
                ClusterRequests.within(
                        "ReplicaCount",
                        request.replicaCount(),
                        replicasOf(old),
                        0,
                        ClusterRequests.REPLICAS_MAX);
        String acl =
                request.aclName() == null
                        ? old.aclName()
                        : plane.access().usableAcl(region, request.aclName());
        refuseWhatIsNotThereYet(request, old, replicas);
        var changed = changed(request, old);
        var joining = new ArrayList<String>();
        var grown = withReplicas(changed, replicas, joining, now, random);
        checkQuotas(grown, region, replicas);
        if (!joining.isEmpty()) {
            // UpdateCluster declares no fault of its own for it.
            plane.expectPorts(grown, Fault.NODE_QUOTA_FOR_CUSTOMER_EXCEEDED);
        }
        boolean otherAcl = !acl.equals(old.aclName());
        if (otherAcl && !old.tlsEnabled() && !acl.equals(Acl.OPEN_ACCESS)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "TLS is not enabled; that goes with the ACL open-access only.");
        }
        boolean otherNodes = replicas != replicasOf(old);
        boolean otherGroup = !changed.parameterGroupName().equals(old.parameterGroupName());
        if (!otherAcl && !otherNodes && changed.equals(old)) {
            throw Fault.NO_OPERATION.because(
                    "Nothing of cluster %s would be another.", old.id().name());
        }
        var update =
                new ClusterUpdate(
                        replicas,
                        joining,
                        otherAcl ? acl : null,
                        otherNodes,
                        !changed.securityGroupIds().equals(old.securityGroupIds()),
                        now);
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.ClusterUpdating(grown, update));
        var next = cluster.updating(grown, update);
        if (otherGroup) {
            records.add(new ControlRecord.ParametersPending(old.id(), now));
            records.add(ControlPlane.usesGroup(changed, now));
            next = next.withParametersPending(now);
        }
        return new Decision<>(records, next);
    }

    /// Every member that needs no node to change.
    private ClusterSpec changed(UpdateClusterRequest request, ClusterSpec old) {
        String region = old.id().region();
        var securityGroups = ClusterRequests.securityGroups(request.securityGroupIds());
        String parameterGroup =
                request.parameterGroupName() == null
                        ? old.parameterGroupName()
                        : plane.parameters()
                                .usable(
                                        region,
                                        old.engine(),
                                        old.engineVersion(),
                                        request.parameterGroupName());
        if (old.dataTiering()) {
            plane.parameters().expectFitsDataTiering(region, parameterGroup);
        }
        return new ClusterSpec(
                old.id(),
                request.description() == null ? old.description() : request.description(),
                old.nodeType(),
                old.requestedPort(),
                old.engine(),
                old.engineVersion(),
                parameterGroup,
                old.subnetGroupName(),
                securityGroups.isEmpty() ? old.securityGroupIds() : securityGroups,
                old.aclName(),
                request.maintenanceWindow() == null
                        ? old.maintenanceWindow()
                        : Windows.maintenance(request.maintenanceWindow()),
                request.snapshotWindow() == null
                        ? old.snapshotWindow()
                        : Windows.snapshot(request.snapshotWindow()),
                ClusterRequests.within(
                        "SnapshotRetentionLimit",
                        request.snapshotRetentionLimit(),
                        old.snapshotRetentionLimit(),
                        0,
                        ClusterRequests.RETENTION_MAX_DAYS),
                old.autoMinorVersionUpgrade(),
                old.tlsEnabled(),
                old.tags(),
                old.shards(),
                old.restore(),
                old.kmsKeyId(),
                SnsTopic.changed(
                        old.snsTopic(), request.snsTopicArn(), request.snsTopicStatus(), region),
                old.dataTiering());
    }

    private ClusterSpec withReplicas(
            ClusterSpec spec,
            int replicas,
            List<String> joining,
            Instant now,
            RandomGenerator random) {
        var group = plane.subnets().existing(spec.id().region(), spec.subnetGroupName());
        var shards = new ArrayList<ShardSpec>();
        for (int i = 0; i < spec.shards().size(); i++) {
            var shard = spec.shards().get(i);
            var nodes = new ArrayList<>(shard.nodes());
            var names = new HashSet<>(nodes.stream().map(NodeSpec::name).toList());
            for (int number = 1; nodes.size() < replicas + 1; number++) {
                String name = ClusterRequests.nodeName(spec.id().name(), shard.name(), number);
                if (names.add(name)) {
                    joining.add(name);
                    nodes.add(
                            new NodeSpec(
                                    name,
                                    ClusterRequests.hex40(random),
                                    Subnets.zone(group, i + number - 1),
                                    now));
                }
            }
            shards.add(new ShardSpec(shard.name(), shard.id(), shard.slots(), nodes));
        }
        return spec.withShards(shards);
    }

    private void checkQuotas(ClusterSpec spec, String region, int replicas) {
        ClusterRequests.checkNodesOfCluster(spec.shards().size(), replicas);
        plane.checkNodesOfCustomer(spec, region);
    }

    private static int replicasOf(ClusterSpec spec) {
        return spec.shards().getFirst().nodes().size() - 1;
    }

    /// Other node types, engines and numbers of shards: checked as the service does, then refused,
    /// because running clusters cannot be changed so far.
    private void refuseWhatIsNotThereYet(
            UpdateClusterRequest request, ClusterSpec old, int replicas) {
        boolean otherType = isOtherNodeType(request, old);
        boolean otherEngine = isOtherEngine(request, old);
        int shards =
                request.shardCount() == null
                        ? old.shards().size()
                        : ClusterRequests.shardCount("ShardCount", request.shardCount());
        boolean otherShards = shards != old.shards().size();
        if (otherShards) {
            ClusterRequests.checkNodesOfCluster(shards, replicas);
        }
        if (otherShards && (otherType || otherEngine || replicas != replicasOf(old))) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "ShardConfiguration was given with another NodeType, engine or number of replicas;"
                            + " change one after the other.");
        }
        if (otherType || otherEngine || otherShards) {
            throw ClusterRequests.notYet(
                    otherType
                            ? "Changing NodeType"
                            : otherEngine ? "Changing the engine" : "Changing the number of shards",
                    "restore a snapshot into a new cluster");
        }
    }

    private static boolean isOtherNodeType(UpdateClusterRequest request, ClusterSpec old) {
        if (request.nodeType() == null) {
            return false;
        }
        var wanted = NodeType.existing(request.nodeType());
        var present = NodeType.existing(old.nodeType());
        if (wanted.isTiered() != present.isTiered()) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "A cluster of %s cannot be scaled to %s; expected one of those that"
                            + " ListAllowedNodeTypeUpdates tells.",
                    present.name(), wanted.name());
        }
        return !wanted.equals(present);
    }

    private boolean isOtherEngine(UpdateClusterRequest request, ClusterSpec old) {
        String engine =
                request.engine() == null ? old.engine() : EngineVersions.engine(request.engine());
        String version =
                request.engineVersion() == null && engine.equals(old.engine())
                        ? old.engineVersion()
                        : EngineVersions.version(engine, request.engineVersion());
        if (engine.equals(old.engine()) && version.equals(old.engineVersion())) {
            return false;
        }
        if (!EngineVersions.isUpgrade(old.engine(), old.engineVersion(), engine, version)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "A cluster of %s %s cannot be changed to %s %s; engines are only upgraded.",
                    old.engine(), old.engineVersion(), engine, version);
        }
        plane.expectOffered(engine, version);
        String group = request.parameterGroupName();
        if (group == null && !old.parameterGroupName().startsWith("default.")) {
            group = old.parameterGroupName(); // one of its own must fit, or another be given
        }
        plane.parameters().usable(old.id().region(), engine, version, group);
        return true;
    }

    // ---- what the fleet reports

    /// Nodes that were to go are gone.
    Decision<Optional<ClusterState>> nodesLeft(ClusterId id, List<String> names, Instant now) {
        var cluster = state.cluster(id);
        var update = cluster.map(ClusterState::update).orElse(null);
        if (cluster.isEmpty() || update == null) {
            return new Decision<>(List.of(), cluster);
        }
        var spec = cluster.get().spec();
        var shards = new ArrayList<ShardSpec>();
        var records = new ArrayList<ControlRecord>();
        for (var shard : spec.shards()) {
            var left = new ArrayList<>(shard.nodes());
            left.removeIf(node -> names.contains(node.name()));
            shards.add(new ShardSpec(shard.name(), shard.id(), shard.slots(), left));
        }
        records.add(new ControlRecord.ClusterUpdating(spec.withShards(shards), update));
        var endpoints = cluster.get().endpoints();
        if (endpoints != null) { // with them, so that no port is left to a node that is gone
            records.add(new ControlRecord.EndpointsAssigned(id, endpoints.without(names)));
        }
        for (String name : names) {
            String message = "Removed node %s".formatted(name);
            records.add(ControlPlane.event(id, now, message));
            records.add(ControlPlane.nodeEvent(id, name, now, message));
        }
        return new Decision<>(records, cluster);
    }

    /// Nodes that were to join find no ports: whatever else was asked for is still carried out.
    Decision<Optional<ClusterState>> withoutPorts(
            ClusterState cluster, String reason, Instant now) {
        var spec = cluster.spec();
        var update = cluster.update();
        var endpoints = cluster.endpoints();
        if (update == null || endpoints == null) {
            return new Decision<>(List.of(), Optional.of(cluster));
        }
        var shards = new ArrayList<ShardSpec>();
        for (var shard : spec.shards()) {
            var left = new ArrayList<>(shard.nodes());
            left.removeIf(node -> !endpoints.nodePorts().containsKey(node.name()));
            shards.add(new ShardSpec(shard.name(), shard.id(), shard.slots(), left));
        }
        var next = spec.withShards(shards);
        return new Decision<>(
                List.of(
                        new ControlRecord.ClusterUpdating(
                                next,
                                new ClusterUpdate(
                                        replicasOf(next),
                                        List.of(),
                                        update.aclToApply(),
                                        update.otherNodes(),
                                        update.otherSecurityGroups(),
                                        update.since())),
                        ControlPlane.event(
                                spec.id(),
                                now,
                                "Failed to modify number of nodes from %d to %d due to insufficient free IP addresses: %s"
                                        .formatted(
                                                ControlPlane.nodes(next),
                                                ControlPlane.nodes(spec),
                                                reason))),
                Optional.of(cluster));
    }

    /// Everything that was asked for is reached.
    Decision<Optional<ClusterState>> finished(ClusterId id, Instant now) {
        var cluster = state.cluster(id);
        var update = cluster.map(ClusterState::update).orElse(null);
        if (cluster.isEmpty()
                || update == null
                || cluster.get().status() != ClusterState.Status.UPDATING
                || !isOver(update, now)) {
            return new Decision<>(List.of(), cluster);
        }
        var spec = cluster.get().spec();
        var records = new ArrayList<ControlRecord>();
        records.add(
                new ControlRecord.ClusterUpdated(
                        update.aclToApply() == null ? spec : spec.withAcl(update.aclToApply())));
        if (!update.joining().isEmpty()) {
            int nodes = ControlPlane.nodes(spec);
            records.add(
                    ControlPlane.event(
                            id,
                            now,
                            "Modified number of nodes from %d to %d"
                                    .formatted(nodes - update.joining().size(), nodes)));
            ControlPlane.nodesAdded(records, spec, update.joining()::contains, now);
        }
        if (!update.otherNodes()) {
            records.add(
                    ControlPlane.event(
                            id,
                            now,
                            "Update cluster %s operation completed.".formatted(id.name())));
        }
        return new Decision<>(records, cluster);
    }

    private boolean isOver(ClusterUpdate update, Instant now) {
        var pace = plane.pace();
        return StatusPace.isOver(
                update.since(), update.otherNodes() ? pace.resizing() : pace.updating(), now);
    }
}
