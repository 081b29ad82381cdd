package dev.keepsake.front;

import dev.keepsake.core.Slots;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/// The answers of `CLUSTER …` of one node, made from a topology. Shapes as in Redis 7.0's
/// `cluster.c`: `clusterReplyShards`, `clusterGenNodesDescription` and `CLUSTER SLOTS`.
final class ClusterAnswers {
    private static final int BUS_PORT_DISTANCE = 10_000;

    private final String node;

    ClusterAnswers(String node) {
        this.node = node;
    }

    TopologyShard myShard(Topology topology) {
        return topology.shardOfNode(node)
                .orElseThrow(
                        () -> new IllegalStateException("node %s is in no shard".formatted(node)));
    }

    TopologyNode myself(Topology topology) {
        return members(myShard(topology)).stream()
                .filter(member -> member.name().equals(node))
                .findFirst()
                .orElseThrow();
    }

    /// Whether this node leads its shard.
    boolean isPrimary(Topology topology) {
        return myShard(topology).primary().name().equals(node);
    }

    /// How many replicas of its shard serve reads.
    long onlineReplicas(Topology topology) {
        return myShard(topology).replicas().stream()
                .filter(replica -> replica.health() == TopologyNode.Health.ONLINE)
                .count();
    }

    private static List<TopologyNode> members(TopologyShard shard) {
        var members = new ArrayList<TopologyNode>();
        members.add(shard.primary());
        members.addAll(shard.replicas());
        return members;
    }

    void slots(Topology topology, int protocol, ByteBuf out) {
        RespWriter.array(out, topology.shards().size());
        for (var shard : topology.shards()) {
            var shown =
                    members(shard).stream()
                            .filter(member ->
                                    member.role() == TopologyNode.Role.PRIMARY
                                            || member.health() != TopologyNode.Health.FAILED)
                            .toList();
            RespWriter.array(out, 2 + shown.size());
            RespWriter.integer(out, shard.slots().first());
            RespWriter.integer(out, shard.slots().last());
            for (var member : shown) {
                RespWriter.array(out, 4);
                RespWriter.bulk(out, member.endpoint());
                RespWriter.integer(out, member.port());
                RespWriter.bulk(out, member.id());
                // The node's address, when its endpoint is a host name.
                RespWriter.map(out, member.hostName() == null ? 0 : 1, protocol);
                if (member.hostName() != null) {
                    RespWriter.bulk(out, "ip");
                    RespWriter.bulk(out, member.ip());
                }
            }
        }
    }

    /// CLUSTER SHARDS.
    ///
    /// @param tls whether clients speak TLS
    /// @param namesShards whether the engine shows the ids of shards, as Valkey 9 does
    /// @param offsets the offset that a node has reached, in bytes of its shard's stream
    void shards(
            Topology topology,
            int protocol,
            boolean tls,
            boolean namesShards,
            ToLongFunction<TopologyNode> offsets,
            ByteBuf out) {
        RespWriter.array(out, topology.shards().size());
        for (var shard : topology.shards()) {
            RespWriter.map(out, namesShards ? 3 : 2, protocol);
            RespWriter.bulk(out, "slots");
            RespWriter.array(out, 2);
            RespWriter.integer(out, shard.slots().first());
            RespWriter.integer(out, shard.slots().last());
            RespWriter.bulk(out, "nodes");
            var members = members(shard);
            RespWriter.array(out, members.size());
            for (var member : members) {
                shardMember(member, protocol, tls, offsets.applyAsLong(member), out);
            }
            if (namesShards) {
                RespWriter.bulk(out, "id");
                RespWriter.bulk(out, shard.id());
            }
        }
    }

    private static void shardMember(
            TopologyNode member, int protocol, boolean tls, long offset, ByteBuf out) {
        String hostName = member.hostName();
        RespWriter.map(out, hostName == null ? 7 : 8, protocol);
        RespWriter.bulk(out, "id");
        RespWriter.bulk(out, member.id());
        RespWriter.bulk(out, tls ? "tls-port" : "port");
        RespWriter.integer(out, member.port());
        RespWriter.bulk(out, "ip");
        RespWriter.bulk(out, member.ip());
        RespWriter.bulk(out, "endpoint");
        RespWriter.bulk(out, member.endpoint());
        if (hostName != null) {
            RespWriter.bulk(out, "hostname");
            RespWriter.bulk(out, hostName);
        }
        RespWriter.bulk(out, "role");
        RespWriter.bulk(out, member.role() == TopologyNode.Role.PRIMARY ? "master" : "replica");
        RespWriter.bulk(out, "replication-offset");
        RespWriter.integer(out, offset);
        RespWriter.bulk(out, "health");
        RespWriter.bulk(
                out,
                switch (member.health()) {
                    case ONLINE -> "online";
                    case LOADING -> "loading";
                    case FAILED -> "fail";
                });
    }

    String nodes(Topology topology) {
        var text = new StringBuilder();
        for (var shard : topology.shards()) {
            for (var member : members(shard)) {
                describe(topology, shard, member, text);
                text.append('\n');
            }
        }
        return text.toString();
    }

    private void describe(
            Topology topology, TopologyShard shard, TopologyNode member, StringBuilder text) {
        boolean primary = member.role() == TopologyNode.Role.PRIMARY;
        boolean failed = member.health() == TopologyNode.Health.FAILED;
        text.append(member.id())
                .append(' ')
                .append(member.ip())
                .append(':')
                .append(member.port())
                .append('@')
                .append(Math.min(65_535, member.port() + BUS_PORT_DISTANCE))
                .append(member.hostName() == null ? "" : "," + member.hostName())
                .append(' ')
                .append(member.name().equals(node) ? "myself," : "")
                .append(primary ? "master" : "slave")
                .append(failed ? ",fail" : "")
                .append(' ')
                .append(primary ? "-" : shard.primary().id())
                .append(" 0 0 ")
                .append(topology.version())
                .append(failed ? " disconnected" : " connected");
        if (primary) {
            text.append(' ').append(shard.slots());
        }
    }

    void replicas(Topology topology, String id, ByteBuf out) {
        for (var shard : topology.shards()) {
            if (shard.primary().id().equals(id)) {
                RespWriter.array(out, shard.replicas().size());
                for (var replica : shard.replicas()) {
                    var text = new StringBuilder();
                    describe(topology, shard, replica, text);
                    RespWriter.bulk(out, text.toString());
                }
                return;
            }
        }
        RespWriter.error(
                out,
                knows(topology, id)
                        ? "ERR The specified node is not a master"
                        : "ERR Unknown node " + id);
    }

    /// Whether there is a node with that id.
    boolean knows(Topology topology, String id) {
        return topology.shards().stream()
                .flatMap(shard -> members(shard).stream())
                .anyMatch(member -> member.id().equals(id));
    }

    /// CLUSTER INFO. The cluster fails while a slot has no node that can answer for it: its primary
    /// has gone and no other has replaced it yet, or the primary is loading.
    String info(Topology topology) {
        int assigned = 0;
        int failed = 0;
        int served = 0;
        int known = 0;
        for (var shard : topology.shards()) {
            int slots = shard.slots().last() - shard.slots().first() + 1;
            known += members(shard).size();
            assigned += slots;
            switch (shard.primary().health()) {
                case ONLINE -> served += slots;
                case LOADING -> {}
                case FAILED -> failed += slots;
            }
        }
        return """
        cluster_state:%s
        cluster_slots_assigned:%d
        cluster_slots_ok:%d
        cluster_slots_pfail:0
        cluster_slots_fail:%d
        cluster_known_nodes:%d
        cluster_size:%d
        cluster_current_epoch:%d
        cluster_my_epoch:%d
        cluster_stats_messages_sent:0
        cluster_stats_messages_received:0
        total_cluster_links_buffer_limit_exceeded:0
        """
                .formatted(
                        served == Slots.COUNT ? "ok" : "fail",
                        assigned,
                        assigned - failed,
                        failed,
                        known,
                        topology.shards().size(),
                        topology.version(),
                        topology.version())
                .replace("\n", "\r\n");
    }
}
