package dev.keepsake.control;

import dev.keepsake.core.SlotRange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Checks a CreateCluster request against the limits and defaults of the service, and makes the
/// cluster's specification. Refuses what this version of Keepsake does not support. Members that
/// Keepsake stores and describes but does not act on (keys, topics, data tiering, security groups)
/// are listed in `docs/compatibility.md`.
final class ClusterRequests {
    static final int REPLICAS_MAX = 5;
    static final int RETENTION_MAX_DAYS = 35;

    private final Access access;
    private final Parameters parameters;
    private final Subnets subnets;
    private final OfferedEngines engines;
    private final RestoreSources sources;

    ClusterRequests(
            Access access,
            Parameters parameters,
            Subnets subnets,
            OfferedEngines engines,
            RestoreSources sources) {
        this.access = access;
        this.parameters = parameters;
        this.subnets = subnets;
        this.engines = engines;
        this.sources = sources;
    }

    ClusterSpec check(
            CreateClusterRequest request, String region, Instant now, RandomGenerator random) {
        String name = Requests.clusterName(request.clusterName());
        var nodeType = NodeType.existing(Requests.required("NodeType", request.nodeType()));
        int retention =
                Requests.within(
                        "SnapshotRetentionLimit",
                        request.snapshotRetentionLimit(),
                        0,
                        0,
                        RETENTION_MAX_DAYS);
        NetworkRules.expectKnown(request.networkType(), request.ipDiscovery());
        Requests.required("ACLName", request.aclName());
        if (request.multiRegionClusterName() != null) {
            throw MultiRegion.notFound(request.multiRegionClusterName());
        }
        boolean dataTiering = dataTiering(nodeType, request.dataTiering());
        String kmsKeyId = KmsKeys.check(request.kmsKeyId(), region);
        var snsTopic = SnsTopic.ofNew(request.snsTopicArn(), region);
        var securityGroups = NetworkRules.securityGroups(request.securityGroupIds());
        var restore = sources.of(region, request);
        int shards = Requests.shardCount("NumShards", shardsWanted(request, restore));
        int replicas =
                Requests.within(
                        "NumReplicasPerShard", request.numReplicasPerShard(), 1, 0, REPLICAS_MAX);
        NodeQuotas.expectFitsCluster(shards, replicas);
        String acl = access.usableAcl(region, request.aclName());
        if (!acl.equals(Acl.OPEN_ACCESS) && Boolean.FALSE.equals(request.tlsEnabled())) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "TLSEnabled is false; that goes with the ACL open-access only.");
        }
        var before = sources.clusterOf(region, restore);
        String engine =
                EngineVersions.engine(
                        request.engine() == null && before != null
                                ? before.engine()
                                : request.engine());
        boolean sameEngine = before != null && before.engine().equals(engine);
        String version =
                EngineVersions.version(
                        engine,
                        request.engineVersion() == null && before != null && sameEngine
                                ? before.engineVersion()
                                : request.engineVersion());
        engines.expectOffered(engine, version);
        var group =
                subnets.existing(
                        region,
                        request.subnetGroupName() == null
                                ? SubnetGroup.DEFAULT_NAME
                                : request.subnetGroupName());
        NetworkRules.refuseOther(request.networkType(), request.ipDiscovery(), group.name());
        String parameterGroup =
                parameters.usable(region, engine, version, request.parameterGroupName());
        if (dataTiering) {
            parameters.expectFitsDataTiering(region, parameterGroup);
        }
        var tags = TagRules.check(request.tags());
        if (request.tags() == null) {
            tags = sources.tagsOf(restore);
        }
        var id = new ClusterId(region, name, Ids.hex16(random));
        return new ClusterSpec(
                id,
                request.description(),
                nodeType.name(),
                Requests.within("Port", request.port(), 6379, 1, 65_535),
                engine,
                version,
                parameterGroup,
                group.name(),
                securityGroups,
                acl,
                Windows.maintenance(request.maintenanceWindow(), region, random),
                Windows.snapshot(request.snapshotWindow(), random),
                retention,
                request.autoMinorVersionUpgrade() == null || request.autoMinorVersionUpgrade(),
                request.tlsEnabled() == null || request.tlsEnabled(),
                tags,
                shards(name, group, shards, replicas, now, random),
                restore,
                kmsKeyId,
                snsTopic,
                dataTiering);
    }

    /// The requested number of shards; without one, the number of the snapshot.
    private static @Nullable Integer shardsWanted(
            CreateClusterRequest request, @Nullable Restore restore) {
        if (request.numShards() != null || restore == null || restore.snapshot() == null) {
            return request.numShards();
        }
        return restore.shards().size();
    }

    /// Whether the cluster has data tiering. All r6gd nodes have it, and the request must say so.
    private static boolean dataTiering(NodeType type, @Nullable Boolean given) {
        boolean asked = Boolean.TRUE.equals(given);
        if (asked != type.isTiered()) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "DataTiering %s with NodeType %s; it has to be true with db.r6gd types, and only"
                            + " there.",
                    given == null ? "is not given" : "is " + given, type.name());
        }
        return asked;
    }

    private static List<ShardSpec> shards(
            String cluster,
            SubnetGroup group,
            int shards,
            int replicas,
            Instant now,
            RandomGenerator random) {
        var specs = new ArrayList<ShardSpec>();
        var slots = SlotRange.split(shards);
        for (int i = 0; i < shards; i++) {
            String shard = "%04d".formatted(i + 1);
            var nodes = new ArrayList<NodeSpec>();
            for (int k = 0; k <= replicas; k++) {
                nodes.add(
                        new NodeSpec(
                                NodeSpec.nameOf(cluster, shard, k + 1),
                                Ids.hex40(random),
                                Subnets.zone(group, i + k),
                                now));
            }
            specs.add(new ShardSpec(shard, Ids.hex40(random), slots.get(i).toString(), nodes));
        }
        return specs;
    }
}
