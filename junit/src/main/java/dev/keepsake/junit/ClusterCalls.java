package dev.keepsake.junit;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The calls of the AWS API that concern one cluster. Immutable; any thread.
final class ClusterCalls {
    private static final int DAY_MINUTES = 24 * 60;
    private static final int NANOS_DIGITS = 9;

    private final ApiClient api;
    private final String name;

    ClusterCalls(ApiClient api, String name) {
        this.api = api;
        this.name = name;
    }

    /// A cluster as DescribeClusters has it.
    ///
    /// @param address the endpoint
    record Description(String status, String arn, Address address, List<Shard> shards) {
        /// The names of all nodes.
        Set<String> nodes() {
            return shards.stream()
                    .flatMap(shard -> shard.nodes().keySet().stream())
                    .collect(Collectors.toSet());
        }
    }

    /// A shard.
    ///
    /// @param nodes where its nodes listen, by their names; without those that are being added
    record Shard(String name, Map<String, Address> nodes) {}

    /// Where clients connect to.
    record Address(String host, int port) {
        static Address of(Json endpoint) {
            return new Address(
                    endpoint.at("Address").string(), endpoint.at("Port").number().intValueExact());
        }
    }

    void create(Cluster declared) {
        api.call("CreateCluster", request(declared));
    }

    /// The members of CreateCluster.
    static Map<String, Object> request(Cluster declared) {
        var members = new LinkedHashMap<String, Object>();
        members.put("ClusterName", declared.name());
        members.put("NodeType", declared.nodeType());
        members.put("ACLName", "open-access");
        members.put("NumShards", declared.shards());
        members.put("NumReplicasPerShard", declared.replicas());
        members.put("TLSEnabled", declared.tls());
        if (!declared.engine().isEmpty()) {
            members.put("Engine", declared.engine());
        }
        if (!declared.engineVersion().isEmpty()) {
            members.put("EngineVersion", declared.engineVersion());
        }
        var tags = DrillTags.of(declared);
        if (!tags.isEmpty()) {
            members.put("Tags", asList(tags));
        }
        return members;
    }

    private static List<Map<String, String>> asList(Map<String, String> tags) {
        return tags.entrySet().stream()
                .map(tag -> Map.of("Key", tag.getKey(), "Value", tag.getValue()))
                .toList();
    }

    /// The status, or empty when there is no such cluster.
    Optional<String> statusIfThere() {
        return api.call("DescribeClusters", Map.of()).at("Clusters").items().stream()
                .filter(cluster -> cluster.at("Name").string().equals(name))
                .map(cluster -> cluster.at("Status").string())
                .findFirst();
    }

    String status() {
        return describeWith(Map.of("ClusterName", name)).at("Status").string();
    }

    /// The cluster with its nodes. It has to be available, for before it has no addresses.
    Description describe() {
        var cluster = describeWith(Map.of("ClusterName", name, "ShowShardDetails", true));
        return new Description(
                cluster.at("Status").string(),
                cluster.at("ARN").string(),
                Address.of(cluster.at("ClusterEndpoint")),
                cluster.at("Shards").items().stream().map(ClusterCalls::shard).toList());
    }

    private Json describeWith(Map<String, ?> members) {
        return api.call("DescribeClusters", members).at("Clusters").items().get(0);
    }

    private static Shard shard(Json shard) {
        var nodes = new LinkedHashMap<String, Address>();
        for (var node : shard.at("Nodes").items()) {
            if (!node.at("Endpoint").isPresent()) {
                continue; // it is being added
            }
            nodes.put(node.at("Name").string(), Address.of(node.at("Endpoint")));
        }
        return new Shard(shard.at("Name").string(), nodes);
    }

    /// All events of the last 24 hours, oldest first.
    List<KeepsakeEvent> events() {
        var events = new ArrayList<KeepsakeEvent>();
        var members = new LinkedHashMap<String, Object>();
        members.put("SourceName", name);
        members.put("SourceType", "cluster");
        members.put("Duration", DAY_MINUTES);
        Json next;
        do {
            var page = api.call("DescribeEvents", members);
            page.at("Events").items().stream().map(ClusterCalls::event).forEach(events::add);
            next = page.at("NextToken");
            members.put("NextToken", next.string(""));
        } while (next.isPresent());
        Collections.reverse(events); // The API has the newest first.
        return events;
    }

    private static KeepsakeEvent event(Json event) {
        BigDecimal seconds = event.at("Date").number();
        long whole = seconds.longValue();
        var fraction = seconds.subtract(BigDecimal.valueOf(whole));
        return new KeepsakeEvent(
                Instant.ofEpochSecond(whole, fraction.movePointRight(NANOS_DIGITS).longValue()),
                event.at("Message").string());
    }

    void failover(String shard) {
        api.call("FailoverShard", Map.of("ClusterName", name, "ShardName", shard));
    }

    /// Gives the cluster exactly these of the tags that drills look at. Other tags stay.
    void setDrillTags(String arn, Map<String, String> wanted) {
        var present = new LinkedHashMap<String, String>();
        for (var tag : api.call("ListTags", Map.of("ResourceArn", arn)).at("TagList").items()) {
            present.put(tag.at("Key").string(), tag.at("Value").string(""));
        }
        var surplus =
                present.keySet().stream()
                        .filter(key -> DrillTags.ALL.contains(key) && !wanted.containsKey(key))
                        .toList();
        if (!surplus.isEmpty()) {
            api.call("UntagResource", Map.of("ResourceArn", arn, "TagKeys", surplus));
        }
        if (!present.entrySet().containsAll(wanted.entrySet())) {
            api.call("TagResource", Map.of("ResourceArn", arn, "Tags", asList(wanted)));
        }
    }

    /// Begins to delete it, unless it is gone, or going.
    void delete() {
        var status = statusIfThere();
        if (status.isPresent() && !status.get().equals("deleting")) {
            api.call("DeleteCluster", Map.of("ClusterName", name));
        }
    }
}
