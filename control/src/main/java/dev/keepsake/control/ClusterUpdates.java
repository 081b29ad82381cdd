package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.random.RandomGenerator;

/// UpdateCluster. The cluster is `updating` until its nodes have applied the change, which the
/// fleet reports to [UpdateReports]. A change that concerns no node is visible at once, and
/// finished at the fleet's next round.
final class ClusterUpdates {
    private final ClusterLookup lookup;
    private final Access access;
    private final Parameters parameters;
    private final Subnets subnets;
    private final OfferedEngines engines;
    private final NodeQuotas quotas;
    private final PortRoom ports;

    ClusterUpdates(
            ClusterLookup lookup,
            Access access,
            Parameters parameters,
            Subnets subnets,
            OfferedEngines engines,
            NodeQuotas quotas,
            PortRoom ports) {
        this.lookup = lookup;
        this.access = access;
        this.parameters = parameters;
        this.subnets = subnets;
        this.engines = engines;
        this.quotas = quotas;
        this.ports = ports;
    }

    Decision<ClusterState> update(
            UpdateClusterRequest request, String region, Instant now, RandomGenerator random) {
        var cluster = lookup.available(region, request.clusterName());
        var old = cluster.spec();
        NetworkRules.refuseOtherDiscovery(request.ipDiscovery());
        int replicas =
                Requests.within(
                        "ReplicaCount",
                        request.replicaCount(),
                        old.replicasPerShard(),
                        0,
                        ClusterRequests.REPLICAS_MAX);
        String acl =
                request.aclName() == null
                        ? old.aclName()
                        : access.usableAcl(region, request.aclName());
        refuseWhatIsNotThereYet(request, old, replicas);
        var changed = changed(request, old);
        var joining = new ArrayList<String>();
        var grown = withReplicas(changed, replicas, joining, now, random);
        NodeQuotas.expectFitsCluster(grown.shards().size(), replicas);
        quotas.expectFitsRegion(grown);
        if (!joining.isEmpty()) {
            // UpdateCluster has no fault of its own for a shortage of ports.
            ports.expectRoomFor(grown, Fault.NODE_QUOTA_FOR_CUSTOMER_EXCEEDED);
        }
        boolean otherAcl = !acl.equals(old.aclName());
        if (otherAcl && !old.tlsEnabled() && !acl.equals(Acl.OPEN_ACCESS)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "TLS is not enabled; that goes with the ACL open-access only.");
        }
        boolean otherNodes = replicas != old.replicasPerShard();
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
            records.add(Events.usesGroup(changed, now));
            next = next.withParametersPending(now);
        }
        return new Decision<>(records, next);
    }

    /// The specification with all changes that concern no node.
    private ClusterSpec changed(UpdateClusterRequest request, ClusterSpec old) {
        String region = old.id().region();
        var securityGroups = NetworkRules.securityGroups(request.securityGroupIds());
        String parameterGroup =
                request.parameterGroupName() == null
                        ? old.parameterGroupName()
                        : parameters.usable(
                                region,
                                old.engine(),
                                old.engineVersion(),
                                request.parameterGroupName());
        if (old.dataTiering()) {
            parameters.expectFitsDataTiering(region, parameterGroup);
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
                Requests.within(
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
        var group = subnets.existing(spec.id().region(), spec.subnetGroupName());
        var shards = new ArrayList<ShardSpec>();
        for (int i = 0; i < spec.shards().size(); i++) {
            var shard = spec.shards().get(i);
            var nodes = new ArrayList<>(shard.nodes());
            var names = new HashSet<>(nodes.stream().map(NodeSpec::name).toList());
            for (int number = 1; nodes.size() < replicas + 1; number++) {
                String name = NodeSpec.nameOf(spec.id().name(), shard.name(), number);
                if (names.add(name)) {
                    joining.add(name);
                    nodes.add(
                            new NodeSpec(
                                    name,
                                    Ids.hex40(random),
                                    Subnets.zone(group, i + number - 1),
                                    now));
                }
            }
            shards.add(shard.with(nodes));
        }
        return spec.withShards(shards);
    }

    /// Refuses other node types, engines and numbers of shards, after checking them as the service
    /// does: Keepsake cannot change these for a running cluster yet.
    private void refuseWhatIsNotThereYet(
            UpdateClusterRequest request, ClusterSpec old, int replicas) {
        boolean otherType = isOtherNodeType(request, old);
        boolean otherEngine = isOtherEngine(request, old);
        int shards =
                request.shardCount() == null
                        ? old.shards().size()
                        : Requests.shardCount("ShardCount", request.shardCount());
        boolean otherShards = shards != old.shards().size();
        if (otherShards) {
            NodeQuotas.expectFitsCluster(shards, replicas);
        }
        if (otherShards && (otherType || otherEngine || replicas != old.replicasPerShard())) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "ShardConfiguration was given with another NodeType, engine or number of replicas;"
                            + " change one after the other.");
        }
        if (otherType || otherEngine || otherShards) {
            throw Requests.notYet(
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
        engines.expectOffered(engine, version);
        String group = request.parameterGroupName();
        if (group == null && !old.parameterGroupName().startsWith("default.")) {
            group = old.parameterGroupName(); // a group of the caller's must fit, or be replaced
        }
        parameters.usable(old.id().region(), engine, version, group);
        return true;
    }
}
