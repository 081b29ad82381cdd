package dev.keepsake.control;

import dev.keepsake.core.SlotRange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks a CreateCluster request, and makes a cluster of it: limits and defaults of the service.
/// What this build cannot do yet is refused. What it keeps and describes without doing anything
/// with it (keys, topics, data tiering, security groups) is listed in `docs/compatibility.md`.
final class ClusterRequests {
    /// A tag that delays the replicas of a cluster, for drills: milliseconds.
    static final String LAG_TAG = "keepsake:replica-lag-ms";

    /// A tag that keeps the other nodes of a cluster from learning of a new primary: milliseconds.
    static final String TOPOLOGY_LAG_TAG = "keepsake:topology-lag-ms";

    /// A tag that says how FailoverShard lets the cluster's primaries fail.
    static final String MODE_TAG = "keepsake:failover-mode";

    static final int LAG_MAX_MS = 60_000;

    private static final int NODES_PER_CLUSTER_MAX = 90;
    private static final int SHARDS_MAX = 500;
    static final int REPLICAS_MAX = 5;
    static final int RETENTION_MAX_DAYS = 35;
    private static final int NAME_MAX = 40;
    private static final int SHOWN_MAX = 100;
    private static final Pattern NAME = Pattern.compile("[a-z](?:-?[a-z0-9])*");
    private static final String IPV4 = "ipv4";
    private static final List<String> NETWORK_TYPES = List.of(IPV4, "ipv6", "dual_stack");
    private static final List<String> IP_DISCOVERIES = List.of(IPV4, "ipv6");
    private static final Pattern SECURITY_GROUP = Pattern.compile("sg-[0-9a-z]{1,40}");

    private ClusterRequests() {}

    static ClusterSpec check(
            CreateClusterRequest request,
            ControlPlane plane,
            String region,
            Instant now,
            RandomGenerator random) {
        String name = clusterName(request.clusterName());
        var nodeType = NodeType.existing(required("NodeType", request.nodeType()));
        int retention =
                within(
                        "SnapshotRetentionLimit",
                        request.snapshotRetentionLimit(),
                        0,
                        0,
                        RETENTION_MAX_DAYS);
        expectOneOf("NetworkType", request.networkType(), NETWORK_TYPES);
        expectOneOf("IpDiscovery", request.ipDiscovery(), IP_DISCOVERIES);
        required("ACLName", request.aclName());
        if (request.multiRegionClusterName() != null) {
            throw MultiRegion.notFound(request.multiRegionClusterName());
        }
        boolean dataTiering = dataTiering(nodeType, request.dataTiering());
        String kmsKeyId = KmsKeys.check(request.kmsKeyId(), region);
        var snsTopic = SnsTopic.ofNew(request.snsTopicArn(), region);
        var securityGroups = securityGroups(request.securityGroupIds());
        var restore = plane.snapshots().restore(region, request);
        int shards = shardCount("NumShards", shardsWanted(request, restore));
        int replicas =
                within("NumReplicasPerShard", request.numReplicasPerShard(), 1, 0, REPLICAS_MAX);
        checkNodesOfCluster(shards, replicas);
        String acl = plane.access().usableAcl(region, request.aclName());
        if (!acl.equals(Acl.OPEN_ACCESS) && Boolean.FALSE.equals(request.tlsEnabled())) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "TLSEnabled is false; that goes with the ACL open-access only.");
        }
        var before = plane.snapshots().clusterOf(region, restore);
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
        plane.expectOffered(engine, version);
        var group =
                plane.subnets()
                        .existing(
                                region,
                                request.subnetGroupName() == null
                                        ? SubnetGroup.DEFAULT_NAME
                                        : request.subnetGroupName());
        refuseOtherNetworks(request, group.name());
        String parameterGroup =
                plane.parameters().usable(region, engine, version, request.parameterGroupName());
        if (dataTiering) {
            plane.parameters().expectFitsDataTiering(region, parameterGroup);
        }
        var tags = Tags.check(request.tags());
        if (request.tags() == null && restore != null && restore.snapshot() != null) {
            tags = plane.tagsOf(restore.snapshot());
        }
        var id = new ClusterId(region, name, "%016x".formatted(random.nextLong()));
        return new ClusterSpec(
                id,
                request.description(),
                nodeType.name(),
                within("Port", request.port(), 6379, 1, 65_535),
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

    /// As many shards as the snapshot has, unless the request says otherwise.
    private static @Nullable Integer shardsWanted(
            CreateClusterRequest request, @Nullable Restore restore) {
        if (request.numShards() != null || restore == null || restore.snapshot() == null) {
            return request.numShards();
        }
        return restore.shards().size();
    }

    static void checkNodesOfCluster(int shards, int replicas) {
        if ((long) shards * (replicas + 1) > NODES_PER_CLUSTER_MAX) {
            throw Fault.NODE_QUOTA_FOR_CLUSTER_EXCEEDED.because(
                    "%d shards of %d nodes were asked for; a cluster has at most %d nodes.",
                    shards, replicas + 1, NODES_PER_CLUSTER_MAX);
        }
    }

    static String clusterName(@Nullable String given) {
        return name("ClusterName", given);
    }

    /// The name of a new cluster, user or ACL, in lower case.
    static String name(String member, @Nullable String given) {
        return name(member, given, NAME_MAX);
    }

    static String name(String member, @Nullable String given, int longest) {
        String name = required(member, given).toLowerCase(Locale.ROOT);
        if (name.length() > longest || !NAME.matcher(name).matches()) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s %s is not valid: 1 to %d letters, digits or hyphens, beginning with"
                            + " a letter, without two hyphens in a row or one at the end.",
                    member, name, longest);
        }
        return name;
    }

    static int pageSize(@Nullable Integer maxResults) {
        return within("MaxResults", maxResults, SHOWN_MAX, 1, SHOWN_MAX);
    }

    static String required(String member, @Nullable String value) {
        if (value == null || value.isBlank()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("%s is required.", member);
        }
        return value;
    }

    static int within(String member, @Nullable Integer given, int otherwise, int min, int max) {
        if (given == null) {
            return otherwise;
        }
        if (given < min || given > max) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s is %d; expected %d to %d.", member, given, min, max);
        }
        return given;
    }

    static int shardCount(String member, @Nullable Integer given) {
        if (given != null && given > SHARDS_MAX) {
            throw Fault.SHARDS_PER_CLUSTER_QUOTA_EXCEEDED.because(
                    "%d shards were asked for; a cluster has at most %d.", given, SHARDS_MAX);
        }
        return within(member, given, 1, 1, SHARDS_MAX);
    }

    private static void expectOneOf(String member, @Nullable String given, List<String> known) {
        if (given != null && !known.contains(given)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s is %s; expected one of %s.", member, given, String.join(", ", known));
        }
    }

    /// Data tiering is what r6gd nodes have, and must be asked for.
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

    /// Security groups are names: any id of the right form is one.
    static List<String> securityGroups(@Nullable List<String> given) {
        var seen = new HashSet<String>();
        for (String id : given == null ? List.<String>of() : given) {
            if (!SECURITY_GROUP.matcher(id).matches()) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "SecurityGroupIds has %s; expected ids such as sg-0123456789abcdef0.", id);
            }
            if (!seen.add(id)) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "Security group %s is given twice.", id);
            }
        }
        return given == null ? List.of() : given;
    }

    /// Every subnet is of ipv4 alone, and says so in its `SupportedNetworkTypes`.
    private static void refuseOtherNetworks(CreateClusterRequest request, String subnetGroup) {
        String network = request.networkType() == null ? IPV4 : request.networkType();
        if (!network.equals(IPV4)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "NetworkType is %s, but the subnets of group %s support ipv4 only; omit"
                            + " NetworkType.",
                    network, subnetGroup);
        }
        refuseOtherDiscovery(request.ipDiscovery());
    }

    static void refuseOtherDiscovery(@Nullable String ipDiscovery) {
        expectOneOf("IpDiscovery", ipDiscovery, IP_DISCOVERIES);
        if (ipDiscovery != null && !ipDiscovery.equals(IPV4)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "IpDiscovery is %s, but the NetworkType of the cluster is ipv4; omit IpDiscovery.",
                    ipDiscovery);
        }
    }

    static ApiException notYet(String what, String wayOut) {
        return Fault.INVALID_PARAMETER_COMBINATION.because(
                "%s is not offered by this version of Keepsake; %s.", what, wayOut);
    }

    /// The tags that say how a cluster takes part in drills.
    static void checkDrillTags(Map<String, String> tags) {
        checkLag(tags, LAG_TAG);
        checkLag(tags, TOPOLOGY_LAG_TAG);
        String mode = tags.get(MODE_TAG);
        if (mode != null) {
            try {
                FailoverMode.of(mode);
            } catch (IllegalArgumentException e) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "Tag %s: %s.", MODE_TAG, String.valueOf(e.getMessage()));
            }
        }
    }

    private static void checkLag(Map<String, String> tags, String tag) {
        String lag = tags.get(tag);
        if (lag != null && (!lag.matches("\\d{1,5}") || Integer.parseInt(lag) > LAG_MAX_MS)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "Tag %s is %s; expected 0 to %d milliseconds.", tag, lag, LAG_MAX_MS);
        }
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
                                nodeName(cluster, shard, k + 1),
                                hex40(random),
                                Subnets.zone(group, i + k),
                                now));
            }
            specs.add(new ShardSpec(shard, hex40(random), slots.get(i).toString(), nodes));
        }
        return specs;
    }

    static String nodeName(String cluster, String shard, int number) {
        return "%s-%s-%03d".formatted(cluster, shard, number);
    }

    static String hex40(RandomGenerator random) {
        return "%016x%016x%08x".formatted(random.nextLong(), random.nextLong(), random.nextInt());
    }

    /// How FailoverShard lets the cluster's primaries fail, when the cluster says so.
    static Optional<FailoverMode> failoverMode(ClusterSpec spec) {
        return Optional.ofNullable(spec.tags().get(MODE_TAG)).map(FailoverMode::of);
    }

    /// How far the replicas of a cluster are kept behind.
    static Duration replicaLag(ClusterSpec spec) {
        return Duration.ofMillis(Long.parseLong(spec.tags().getOrDefault(LAG_TAG, "0")));
    }

    /// How long the other nodes of a cluster take to learn of a new primary, when the cluster says
    /// so.
    static Optional<Duration> topologyLag(ClusterSpec spec) {
        return Optional.ofNullable(spec.tags().get(TOPOLOGY_LAG_TAG))
                .map(lag -> Duration.ofMillis(Long.parseLong(lag)));
    }
}
