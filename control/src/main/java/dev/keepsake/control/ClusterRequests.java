package dev.keepsake.control;

import dev.keepsake.core.SlotRange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks a CreateCluster request, and makes a cluster of it: limits and defaults of the service.
/// What this build cannot do yet is refused; nothing that is accepted is ignored.
final class ClusterRequests {
    /// A tag that delays the replicas of a cluster, for drills: milliseconds.
    static final String LAG_TAG = "keepsake:replica-lag-ms";

    /// A tag that says how FailoverShard lets the cluster's primaries fail.
    static final String MODE_TAG = "keepsake:failover-mode";

    static final int LAG_MAX_MS = 60_000;

    private static final int NODES_PER_CLUSTER_MAX = 90;
    private static final int SHARDS_MAX = 500;
    private static final int REPLICAS_MAX = 5;
    private static final int RETENTION_MAX_DAYS = 35;
    private static final int TAGS_MAX = 50;
    private static final Pattern NAME = Pattern.compile("[a-z](?:-?[a-z0-9])*");
    private static final Pattern TAG_KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}");
    private static final Pattern CLOCK = Pattern.compile("([01]\\d|2[0-3]):([0-5]\\d)");
    private static final List<String> DAYS =
            List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun");
    private static final List<String> NETWORK_TYPES = List.of("ipv4", "ipv6", "dual_stack");
    private static final List<String> IP_DISCOVERIES = List.of("ipv4", "ipv6");
    private static final int DAY_MINUTES = 24 * 60;
    private static final Map<String, List<String>> VERSIONS =
            Map.of("redis", List.of("6.2", "7.0", "7.1"), "valkey", List.of("7.2", "7.3"));

    private ClusterRequests() {}

    static ClusterSpec check(
            CreateClusterRequest request, String region, Instant now, RandomGenerator random) {
        String name = clusterName(request.clusterName());
        String nodeType = nodeType(required("NodeType", request.nodeType()));
        int retention =
                within(
                        "SnapshotRetentionLimit",
                        request.snapshotRetentionLimit(),
                        0,
                        0,
                        RETENTION_MAX_DAYS);
        expectOneOf("NetworkType", request.networkType(), NETWORK_TYPES);
        expectOneOf("IpDiscovery", request.ipDiscovery(), IP_DISCOVERIES);
        refuseWhatIsNotThereYet(request);
        int shards = shardCount(request.numShards());
        int replicas =
                within("NumReplicasPerShard", request.numReplicasPerShard(), 1, 0, REPLICAS_MAX);
        if ((long) shards * (replicas + 1) > NODES_PER_CLUSTER_MAX) {
            throw Fault.NODE_QUOTA_FOR_CLUSTER_EXCEEDED.because(
                    "%d shards of %d nodes were asked for; a cluster has at most %d nodes.",
                    shards, replicas + 1, NODES_PER_CLUSTER_MAX);
        }
        String acl = required("ACLName", request.aclName()).toLowerCase(Locale.ROOT);
        if (!acl.equals("open-access")) {
            throw Fault.ACL_NOT_FOUND.because("ACL %s not found.", acl);
        }
        String engine = engine(request.engine());
        String version = engineVersion(engine, request.engineVersion());
        var id = new ClusterId(region, name, "%016x".formatted(random.nextLong()));
        return new ClusterSpec(
                id,
                request.description(),
                nodeType,
                within("Port", request.port(), 6379, 1, 65_535),
                engine,
                version,
                parameterGroup(engine, version, request.parameterGroupName()),
                subnetGroup(request.subnetGroupName()),
                request.securityGroupIds() == null ? List.of() : request.securityGroupIds(),
                acl,
                maintenanceWindow(request.maintenanceWindow(), random),
                snapshotWindow(request.snapshotWindow(), random),
                retention,
                request.autoMinorVersionUpgrade() == null || request.autoMinorVersionUpgrade(),
                request.tlsEnabled() == null || request.tlsEnabled(),
                tags(request.tags()),
                shards(name, region, shards, replicas, now, random));
    }

    static String clusterName(@Nullable String given) {
        String name = required("ClusterName", given).toLowerCase(Locale.ROOT);
        if (name.length() > 40 || !NAME.matcher(name).matches()) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "ClusterName %s is not valid: 1 to 40 letters, digits or hyphens, beginning with"
                            + " a letter, without two hyphens in a row or one at the end.",
                    name);
        }
        return name;
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

    private static int shardCount(@Nullable Integer given) {
        if (given != null && given > SHARDS_MAX) {
            throw Fault.SHARDS_PER_CLUSTER_QUOTA_EXCEEDED.because(
                    "%d shards were asked for; a cluster has at most %d.", given, SHARDS_MAX);
        }
        return within("NumShards", given, 1, 1, SHARDS_MAX);
    }

    private static void expectOneOf(String member, @Nullable String given, List<String> known) {
        if (given != null && !known.contains(given)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s is %s; expected one of %s.", member, given, String.join(", ", known));
        }
    }

    private static String nodeType(String given) {
        return NodeType.find(given)
                .map(NodeType::name)
                .orElseThrow(() ->
                        Fault.INVALID_PARAMETER_VALUE.because(
                                "NodeType %s is not known; expected one such as"
                                        + " db.t4g.small or db.r7g.large.",
                                given));
    }

    private static void refuseWhatIsNotThereYet(CreateClusterRequest request) {
        if (request.kmsKeyId() != null) {
            throw notYet("KmsKeyId", "omit it");
        }
        if (request.snapshotName() != null || request.snapshotArns() != null) {
            throw notYet("Restoring from a snapshot", "omit SnapshotName and SnapshotArns");
        }
        if (request.multiRegionClusterName() != null) {
            throw notYet("MultiRegionClusterName", "omit it");
        }
        if (request.snsTopicArn() != null) {
            throw notYet("SnsTopicArn", "omit it, and follow DescribeEvents");
        }
        if (Boolean.TRUE.equals(request.dataTiering())) {
            throw notYet("DataTiering", "omit it or pass false");
        }
        boolean otherNetwork =
                request.networkType() != null && !request.networkType().equals("ipv4");
        boolean otherDiscovery =
                request.ipDiscovery() != null && !request.ipDiscovery().equals("ipv4");
        if (otherNetwork || otherDiscovery) {
            throw notYet("A network other than ipv4", "omit NetworkType and IpDiscovery");
        }
        if (request.snapshotRetentionLimit() != null && request.snapshotRetentionLimit() > 0) {
            throw notYet("SnapshotRetentionLimit above 0", "omit it or pass 0");
        }
    }

    private static ApiException notYet(String what, String wayOut) {
        return Fault.INVALID_PARAMETER_COMBINATION.because(
                "%s is not offered by this version of Keepsake; %s.", what, wayOut);
    }

    private static String engine(@Nullable String given) {
        String engine = given == null ? "redis" : given.toLowerCase(Locale.ROOT);
        if (!VERSIONS.containsKey(engine)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "Engine %s is not known; expected redis or valkey.", engine);
        }
        return engine;
    }

    private static String engineVersion(String engine, @Nullable String given) {
        String version = given != null ? given : engine.equals("redis") ? "7.0" : "7.2";
        var known = VERSIONS.getOrDefault(engine, List.of());
        if (!known.contains(version)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "EngineVersion %s is not known for %s; expected one of %s.",
                    version, engine, String.join(", ", known));
        }
        return version;
    }

    private static String parameterGroup(String engine, String version, @Nullable String given) {
        String standard = "default.memorydb-%s%s".formatted(engine, version.substring(0, 1));
        String group = given == null ? standard : given.toLowerCase(Locale.ROOT);
        if (!group.equals(standard)) {
            if (Set.of(
                            "default.memorydb-redis6",
                            "default.memorydb-redis7",
                            "default.memorydb-valkey7")
                    .contains(group)) {
                throw Fault.INVALID_PARAMETER_COMBINATION.because(
                        "Parameter group %s does not fit %s %s; expected %s.",
                        group, engine, version, standard);
            }
            throw Fault.PARAMETER_GROUP_NOT_FOUND.because("Parameter group %s not found.", group);
        }
        return group;
    }

    private static String subnetGroup(@Nullable String given) {
        String group = given == null ? "default" : given.toLowerCase(Locale.ROOT);
        if (!group.equals("default")) {
            throw Fault.SUBNET_GROUP_NOT_FOUND.because("Subnet group %s not found.", group);
        }
        return group;
    }

    private static String maintenanceWindow(@Nullable String given, RandomGenerator random) {
        if (given == null) {
            int start = 180 + 30 * random.nextInt(15); // 03:00 to 10:00 UTC, as in us-east-1
            String day = DAYS.get(random.nextInt(DAYS.size()));
            return "%s:%s-%s:%s".formatted(day, clock(start), day, clock(start + 60));
        }
        var parts = given.toLowerCase(Locale.ROOT).split("-", -1);
        int start = parts.length == 2 ? weekMinute(parts[0]) : -1;
        int end = parts.length == 2 ? weekMinute(parts[1]) : -1;
        int length = Math.floorMod(end - start, 7 * DAY_MINUTES);
        if (start < 0 || end < 0 || length < 60 || length > DAY_MINUTES) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "MaintenanceWindow %s is not valid; expected ddd:hh24:mi-ddd:hh24:mi of 60 minutes"
                            + " to 24 hours, such as sun:05:00-sun:06:00.",
                    given);
        }
        return given.toLowerCase(Locale.ROOT);
    }

    private static String snapshotWindow(@Nullable String given, RandomGenerator random) {
        if (given == null) {
            int start = 30 * random.nextInt(46);
            return "%s-%s".formatted(clock(start), clock(start + 60));
        }
        var parts = given.split("-", -1);
        int start = parts.length == 2 ? dayMinute(parts[0]) : -1;
        int end = parts.length == 2 ? dayMinute(parts[1]) : -1;
        if (start < 0 || end < 0 || Math.floorMod(end - start, DAY_MINUTES) < 60) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "SnapshotWindow %s is not valid; expected hh24:mi-hh24:mi of at least 60 minutes,"
                            + " such as 05:00-06:00.",
                    given);
        }
        return given;
    }

    private static String clock(int minute) {
        return "%02d:%02d".formatted(minute / 60 % 24, minute % 60);
    }

    private static int weekMinute(String text) {
        int day =
                text.length() > 4 && text.charAt(3) == ':'
                        ? DAYS.indexOf(text.substring(0, 3))
                        : -1;
        int minute = day < 0 ? -1 : dayMinute(text.substring(4));
        return minute < 0 ? -1 : day * DAY_MINUTES + minute;
    }

    private static int dayMinute(String text) {
        var match = CLOCK.matcher(text);
        return match.matches()
                ? 60 * Integer.parseInt(match.group(1)) + Integer.parseInt(match.group(2))
                : -1;
    }

    private static Map<String, String> tags(@Nullable List<CreateClusterRequest.Tag> given) {
        var tags = new HashMap<String, String>();
        for (var tag : given == null ? List.<CreateClusterRequest.Tag>of() : given) {
            String key = tag.key();
            String value = tag.value() == null ? "" : tag.value();
            if (key == null
                    || !TAG_KEY.matcher(key).matches()
                    || key.toLowerCase(Locale.ROOT).startsWith("aws:")
                    || value.length() > 256) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "Tag %s is not valid: keys have 1 to 128 characters and do not begin with aws:,"
                                + " values at most 256.",
                        String.valueOf(key));
            }
            tags.put(key, value);
        }
        if (tags.size() > TAGS_MAX) {
            throw Fault.TAG_QUOTA_EXCEEDED.because(
                    "%d tags were given; a resource has at most %d.", tags.size(), TAGS_MAX);
        }
        String lag = tags.get(LAG_TAG);
        if (lag != null && (!lag.matches("\\d{1,5}") || Integer.parseInt(lag) > LAG_MAX_MS)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "Tag %s is %s; expected 0 to %d milliseconds.", LAG_TAG, lag, LAG_MAX_MS);
        }
        String mode = tags.get(MODE_TAG);
        if (mode != null) {
            try {
                FailoverMode.of(mode);
            } catch (IllegalArgumentException e) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "Tag %s: %s.", MODE_TAG, String.valueOf(e.getMessage()));
            }
        }
        return tags;
    }

    private static List<ShardSpec> shards(
            String cluster,
            String region,
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
                                "%s-%s-%03d".formatted(cluster, shard, k + 1),
                                hex40(random),
                                region + (char) ('a' + (i + k) % 3),
                                now));
            }
            specs.add(new ShardSpec(shard, hex40(random), slots.get(i).toString(), nodes));
        }
        return specs;
    }

    private static String hex40(RandomGenerator random) {
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
}
