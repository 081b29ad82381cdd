package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.resp.Trait;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/// Replaces what an engine says about itself by the node's words: in INFO, COMMAND and HELP.
/// Scripts see the engine's own words. Owned by the node's event loop.
final class EngineWords implements ReplyWords {
    private static final String NO_ID = "0".repeat(40);

    private final ThisNode node;
    private final Clients clients;
    private final ReadCounts reads;
    private final int maxConnections;
    private final ClusterAnswers cluster;
    private final CommandListing listing;

    EngineWords(ThisNode node, Clients clients, ReadCounts reads, int maxConnections) {
        this.node = node;
        this.clients = clients;
        this.reads = reads;
        this.maxConnections = maxConnections;
        this.cluster = new ClusterAnswers(node.name());
        this.listing = new CommandListing(node.table());
    }

    @Override
    public ByteBuf ofTheNode(ExpectedReplies.Kind kind, ByteBuf reply, int protocol) {
        return switch (kind) {
            case INFO, INFO_OF_NODE, INFO_OF_FUNCTIONS -> info(reply, protocol);
            case COMMANDS -> listing.withoutWithheld(reply, false, protocol);
            case COMMANDS_ASKED_FOR -> listing.withoutWithheld(reply, true, protocol);
            case HELP -> help(reply);
            case INTERNAL, BARRIER, NOW, READ, FUNCTIONS, WAIT, SCRIPT -> reply;
        };
    }

    /// Redis in cluster mode redirects a client to the primary when its script is declared to
    /// write. An engine that is not in cluster mode refuses the script instead.
    @Override
    public ByteBuf sentOn(ByteBuf reply, int slot) {
        var owner = node.topology().shardOf(slot).orElse(null);
        if (owner == null || !ScriptRules.isOfReadOnlyReplica(reply)) {
            return reply;
        }
        var moved = Unpooled.buffer();
        RespWriter.error(moved, Route.moved(slot, owner));
        return moved;
    }

    // ---- INFO

    private ByteBuf info(ByteBuf reply, int protocol) {
        if (!(RespValue.decode(reply.duplicate()) instanceof RespValue.Bulk info)) {
            return reply;
        }
        var text = new StringBuilder();
        boolean replication = false;
        boolean listeners = false;
        for (String line : info.utf8().split("\r\n", -1)) {
            if (line.startsWith("# ")) {
                replication = line.equals("# Replication");
                text.append(line).append("\r\n");
                if (replication) {
                    replicationInfo(text);
                } else if (line.equals("# Stats")) {
                    readsInfo(text);
                }
            } else if (line.startsWith("listener")) { // the engine's own, for this node
                if (!listeners) {
                    listeners = true;
                    listenerInfo(text);
                }
            } else if (!(replication && !line.isEmpty()) && !speaksOfTheEngine(line)) {
                text.append(rewriteLine(line)).append("\r\n");
            }
        }
        text.setLength(text.length() - 2);
        var out = Unpooled.buffer(text.length() + 32);
        RespWriter.verbatim(out, text.toString(), protocol);
        return out;
    }

    /// Where clients connect, as engines since Redis 7.2 show it.
    private void listenerInfo(StringBuilder text) {
        var myself = cluster.myself(node.topology());
        text.append(node.speaksTls() ? "listener2:name=tls" : "listener0:name=tcp")
                .append(",bind=%s,port=%d\r\n".formatted(myself.ip(), myself.port()));
    }

    private boolean speaksOfTheEngine(String line) {
        return line.startsWith("executable:")
                || line.startsWith("config_file:")
                || line.startsWith("process_id:")
                || countsForTheNode(line, "cmdstat_")
                || countsForTheNode(line, "latency_percentiles_usec_");
    }

    private boolean countsForTheNode(String line, String prefix) {
        int colon = line.indexOf(':');
        if (colon < 0 || !line.startsWith(prefix)) {
            return false;
        }
        var names = line.substring(prefix.length(), colon).split("\\|", 2);
        return isOfTheNode(names[0], names.length > 1 ? names[1] : "");
    }

    private String rewriteLine(String line) {
        int colon = line.indexOf(':');
        String value =
                switch (colon < 0 ? "" : line.substring(0, colon)) {
                    case "redis_mode", "server_mode" -> "cluster";
                    case "cluster_enabled" -> "1";
                    case "tcp_port" -> Integer.toString(cluster.myself(node.topology()).port());
                    case "blocked_clients" -> blockedClients(line.substring(colon + 1));
                    case "connected_clients" -> Integer.toString(clients.all().size());
                    case "maxclients" -> Integer.toString(maxConnections);
                    default -> null;
                };
        return value == null ? line : line.substring(0, colon + 1) + value;
    }

    /// The number of blocked clients: those that wait in the engine, and those that a pause holds
    /// back, which the engine does not know.
    private String blockedClients(String inEngine) {
        long held = clients.all().stream().filter(Client::isHeldByPause).count();
        return Long.toString(Long.parseLong(inEngine) + held);
    }

    /// How many reads of named keys had to wait for the log: what durability costs readers.
    private void readsInfo(StringBuilder text) {
        text.append("keepsake_reads_answered:")
                .append(reads.answered())
                .append("\r\nkeepsake_reads_held:")
                .append(reads.held())
                .append("\r\n");
    }

    /// The lines of the replication section.
    void replicationInfo(StringBuilder text) {
        var topology = node.topology();
        var shard = cluster.myShard(topology);
        if (cluster.isPrimary(topology)) {
            text.append("role:master\r\nconnected_slaves:")
                    .append(cluster.onlineReplicas(topology))
                    .append("\r\n");
            int number = 0;
            for (var replica : shard.replicas()) {
                if (replica.health() == TopologyNode.Health.ONLINE) {
                    text.append(
                            "slave%d:ip=%s,port=%d,state=online,offset=%d\r\n"
                                    .formatted(
                                            number++,
                                            replica.ip(),
                                            replica.port(),
                                            node.offsetOf(replica)));
                }
            }
            text.append("master_failover_state:no-failover\r\n");
        } else {
            text.append("role:slave\r\nmaster_host:")
                    .append(shard.primary().ip())
                    .append("\r\nmaster_port:")
                    .append(shard.primary().port())
                    .append("\r\nmaster_link_status:")
                    .append(node.isServing() ? "up" : "down")
                    .append("\r\nslave_read_only:1\r\n");
        }
        // All nodes of a shard have one history in common, the log, which never forks.
        text.append("master_replid:").append(shard.id());
        text.append("\r\nmaster_replid2:").append(NO_ID);
        text.append("\r\nmaster_repl_offset:").append(node.offsetOf(cluster.myself(topology)));
        text.append("\r\nsecond_repl_offset:-1\r\n");
    }

    // ---- the node's own commands in the engine

    /// Whether a command in the engine is never a client's, because the front answers it itself or
    /// refuses it.
    ///
    /// @param word the word behind the name, which may be a subcommand
    boolean isOfTheNode(String name, String word) {
        var spec = node.table().find(name + "|" + word);
        if (spec == null) {
            spec = node.table().find(name);
        }
        return spec != null
                && switch (spec.name()) {
                    case "psync", "replconf", "replicaof", "acl|setuser", "acl|deluser" -> true;
                    default ->
                            spec.handling() == CommandSpec.Handling.FRONT
                                    && !spec.is(Trait.TRACKING);
                };
    }

    /// Writes a decoded value in types that both versions of RESP have.
    static void write(RespValue value, ByteBuf out) {
        switch (value) {
            case RespValue.IntegerReply(long number) -> RespWriter.integer(out, number);
            case RespValue.Bulk bulk -> RespWriter.bulk(out, bulk.bytes());
            case RespValue.SimpleString(String text) -> RespWriter.simpleString(out, text);
            case RespValue.ErrorReply(String text) -> RespWriter.error(out, text);
            case RespValue.Scalar(String text) -> RespWriter.bulk(out, text);
            case RespValue.NullReply() -> RespWriter.nullBulk(out, 2);
            case RespValue.ArrayReply(List<RespValue> items) -> {
                RespWriter.array(out, items.size());
                items.forEach(item -> write(item, out));
            }
        }
    }

    // ---- HELP

    private ByteBuf help(ByteBuf reply) {
        if (!(RespValue.decode(reply.duplicate())
                instanceof RespValue.ArrayReply(List<RespValue> lines))) {
            return reply;
        }
        var texts =
                lines.stream()
                        .map(line -> line instanceof RespValue.SimpleString(String s) ? s : "")
                        .toList();
        var out = Unpooled.buffer(reply.readableBytes());
        listing.helpWithoutWithheld(texts, out);
        return out;
    }
}
