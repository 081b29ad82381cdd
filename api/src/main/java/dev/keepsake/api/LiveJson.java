package dev.keepsake.api;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.Failover;
import dev.keepsake.control.LiveState;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/// Live values as JSON. What is not known is omitted. Times are milliseconds since 1970, with
/// decimals. Stateless.
final class LiveJson {
    private LiveJson() {}

    /// The text, in one line.
    static String of(LiveState state) {
        var node = Json.object();
        node.put("timeMs", millis(state.time()));
        var clusters = node.putArray("clusters");
        state.clusters().forEach(each -> clusters.add(cluster(each)));
        var changes = node.putArray("changes");
        state.changes().forEach(each -> changes.add(change(each)));
        var outages = node.putArray("outages");
        state.outages().forEach(each -> outages.add(outage(each)));
        return node.toString();
    }

    private static ObjectNode cluster(LiveState.Cluster cluster) {
        var node = Json.object();
        put(node, cluster.id());
        node.put("status", cluster.status());
        if (cluster.failover() != null) {
            node.set("failover", failover(cluster.failover()));
        }
        var shards = node.putArray("shards");
        cluster.shards().forEach(each -> shards.add(shard(each)));
        return node;
    }

    private static ObjectNode failover(Failover failover) {
        var node = Json.object();
        node.put("shard", failover.shard());
        node.put(
                "stage",
                switch (failover.stage()) {
                    case Failover.Called _ -> "called";
                    case Failover.Failing _ -> "failing";
                    case Failover.Promoted _ -> "promoted";
                });
        Json.putSet(node, "failing", failover.failing());
        Json.putSet(node, "promoted", failover.promoted());
        return node;
    }

    private static ObjectNode shard(LiveState.Shard shard) {
        var node = Json.object();
        node.put("name", shard.name());
        Json.putSet(node, "leader", shard.leader());
        node.put("term", shard.term());
        node.put("firstOffset", shard.firstOffset());
        node.put("endOffset", shard.endOffset());
        putKnown(node, "snapshotOffset", shard.snapshotOffset());
        var nodes = node.putArray("nodes");
        shard.nodes().forEach(each -> nodes.add(node(each)));
        return node;
    }

    private static ObjectNode node(LiveState.Node member) {
        var node = Json.object();
        node.put("name", member.name());
        node.put("phase", wire(member.phase()));
        node.put("serving", member.serving());
        putKnown(node, "appliedOffset", member.appliedOffset());
        node.put("clients", member.clients());
        node.put("commands", member.commands());
        return node;
    }

    private static ObjectNode change(LiveState.Change change) {
        var node = Json.object();
        node.put("number", change.number());
        node.put("timeMs", millis(change.time()));
        put(node, change.cluster());
        node.put("shard", change.shard());
        node.put("node", change.node());
        node.put("phase", wire(change.phase()));
        node.put("serving", change.serving());
        return node;
    }

    private static ObjectNode outage(LiveState.Outage outage) {
        var node = Json.object();
        node.put("number", outage.number());
        put(node, outage.cluster());
        node.put("shard", outage.shard());
        node.put("beginMs", millis(outage.begin()));
        node.put("from", outage.from());
        Json.putSet(node, "to", outage.to());
        if (outage.lasted() != null) {
            node.put("lastedMs", BigDecimal.valueOf(outage.lasted().toNanos() / 1_000, 3));
        }
        return node;
    }

    private static void put(ObjectNode node, ClusterId id) {
        node.put("region", id.region());
        node.put("cluster", id.name());
        node.put("incarnation", id.incarnation());
    }

    private static void putKnown(ObjectNode node, String member, long value) {
        if (value != LiveState.UNKNOWN) {
            node.put(member, value);
        }
    }

    private static String wire(LiveState.Phase phase) {
        return phase.name().toLowerCase(Locale.ROOT);
    }

    private static BigDecimal millis(Instant time) {
        return BigDecimal.valueOf(ChronoUnit.MICROS.between(Instant.EPOCH, time), 3);
    }
}
