package dev.keepsake.front;

import dev.keepsake.core.Clock;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Answers, while a node loads, commands that Redis answers while it is loading and an engine
/// answers otherwise. No engine has served yet, so there is nothing that it could have recorded.
/// Owned by the node's event loop.
///
/// COMMAND, ACL CAT and HELP are not here, because only an engine has the answers; see
/// [LoadingEngine]. WATCH is not here either, because the connection remembers it.
final class LoadingAnswers {
    private static final String DOCTOR =
            "I'm sorry, Dave, I can't do that. The node is loading, and nothing has been sampled"
                    + " yet.\n";

    private static final String NOT_TRACKING =
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or"
                    + " OPTOUT mode enabled";

    private static final int PASSWORD_BITS = 256;
    private static final int PASSWORD_MAX_BITS = 4096;
    private static final int BITS_A_DIGIT = 4;

    private final ThisNode node;
    private final Clients clients;
    private final int maxConnections;
    private final Clock clock;
    private final SecureRandom random;
    private final EngineWords words;
    private final Instant since;

    /// @param random the source of ACL GENPASS's passwords
    LoadingAnswers(
            ThisNode node,
            Clients clients,
            int maxConnections,
            Clock clock,
            SecureRandom random,
            EngineWords words) {
        this.node = node;
        this.clients = clients;
        this.maxConnections = maxConnections;
        this.clock = clock;
        this.random = random;
        this.words = words;
        this.since = clock.now();
    }

    /// Whether a command is answered here while the node loads.
    static boolean has(CommandSpec spec) {
        if (!spec.isServedWhileLoading()) {
            return false;
        }
        return switch (spec.name()) {
            case "echo", "time", "lastsave", "info", "unwatch", "acl|genpass" -> true;
            case "slowlog|get", "slowlog|len", "slowlog|reset" -> true;
            case "commandlog|get", "commandlog|len", "commandlog|reset" -> true;
            case "latency|latest", "latency|history", "latency|reset" -> true;
            case "latency|histogram", "latency|doctor", "latency|graph" -> true;
            case "client|caching", "client|trackinginfo" -> true;
            case "pubsub|channels", "pubsub|numsub", "pubsub|numpat" -> true;
            case "pubsub|shardchannels", "pubsub|shardnumsub" -> true;
            default -> false;
        };
    }

    void answer(CommandSpec spec, Arguments given, int protocol, ByteBuf out) {
        var arguments = given.texts();
        switch (spec.name()) {
            case "echo" -> RespWriter.bulk(out, given.bytes(1));
            case "time" -> {
                var now = clock.now();
                RespWriter.array(out, 2);
                RespWriter.bulk(out, Long.toString(now.getEpochSecond()));
                RespWriter.bulk(out, Long.toString(TimeUnit.NANOSECONDS.toMicros(now.getNano())));
            }
            case "lastsave" -> RespWriter.integer(out, since.getEpochSecond());
            case "unwatch", "slowlog|reset", "commandlog|reset" ->
                    RespWriter.simpleString(out, "OK");
            case "info" -> RespWriter.verbatim(out, info(arguments), protocol);
            case "slowlog|get", "commandlog|get" -> slowLog(arguments, out);
            case "slowlog|len", "commandlog|len", "latency|reset" -> RespWriter.integer(out, 0);
            case "latency|latest", "latency|history" -> RespWriter.array(out, 0);
            case "pubsub|channels", "pubsub|shardchannels" -> RespWriter.array(out, 0);
            case "pubsub|numpat" -> RespWriter.integer(out, 0);
            case "pubsub|numsub", "pubsub|shardnumsub" -> {
                RespWriter.array(out, 2 * (given.count() - 2));
                for (int i = 2; i < given.count(); i++) {
                    RespWriter.bulk(out, given.bytes(i));
                    RespWriter.integer(out, 0);
                }
            }
            case "acl|genpass" -> password(arguments, out);
            case "client|caching" -> RespWriter.error(out, NOT_TRACKING);
            case "client|trackinginfo" -> {
                RespWriter.map(out, 3, protocol);
                RespWriter.bulk(out, "flags");
                RespWriter.set(out, 1, protocol);
                RespWriter.bulk(out, "off");
                RespWriter.bulk(out, "redirect");
                RespWriter.integer(out, -1);
                RespWriter.bulk(out, "prefixes");
                RespWriter.array(out, 0);
            }
            case "latency|histogram" -> RespWriter.map(out, 0, protocol);
            case "latency|doctor" -> RespWriter.verbatim(out, DOCTOR, protocol);
            case "latency|graph" ->
                    RespWriter.error(
                            out, "ERR No samples available for event '%s'".formatted(arguments[2]));
            default -> throw new IllegalStateException("not answered here: " + spec.name());
        }
    }

    private static void slowLog(String[] arguments, ByteBuf out) {
        if (arguments.length > 3 && arguments[0].equals("slowlog")) {
            RespWriter.error(out, Refusals.wrongSubcommand("SLOWLOG", arguments[1]));
            return;
        }
        var count = arguments.length > 2 ? Arguments.number(arguments[2]) : Long.valueOf(1);
        if (count == null) {
            RespWriter.error(out, Refusals.NOT_AN_INTEGER);
        } else if (count < -1) {
            RespWriter.error(out, "ERR count should be greater than or equal to -1");
        } else {
            RespWriter.array(out, 0);
        }
    }

    private void password(String[] arguments, ByteBuf out) {
        if (arguments.length > 3) {
            RespWriter.error(out, Refusals.wrongSubcommand("ACL", arguments[1]));
            return;
        }
        var bits =
                arguments.length > 2 ? Arguments.number(arguments[2]) : Long.valueOf(PASSWORD_BITS);
        if (bits == null) {
            RespWriter.error(out, Refusals.NOT_AN_INTEGER);
        } else if (bits <= 0 || bits > PASSWORD_MAX_BITS) {
            RespWriter.error(
                    out,
                    "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to %d"
                            .formatted(PASSWORD_MAX_BITS));
        } else {
            var bytes = new byte[PASSWORD_MAX_BITS / Byte.SIZE];
            random.nextBytes(bytes);
            int digits = Math.toIntExact((bits + BITS_A_DIGIT - 1) / BITS_A_DIGIT);
            RespWriter.bulk(out, HexFormat.of().formatHex(bytes).substring(0, digits));
        }
    }

    /// The requested sections, as far as the front knows them.
    private String info(String[] arguments) {
        var wanted = new HashSet<String>();
        for (int i = 1; i < arguments.length; i++) {
            wanted.add(arguments[i].toLowerCase(Locale.ROOT));
        }
        boolean all =
                wanted.isEmpty()
                        || wanted.contains("all")
                        || wanted.contains("default")
                        || wanted.contains("everything");
        var text = new StringBuilder();
        sections()
                .forEach((name, lines) -> {
                    if (all || wanted.contains(name.toLowerCase(Locale.ROOT))) {
                        text.append(text.isEmpty() ? "" : "\r\n");
                        text.append("# ").append(name).append("\r\n").append(lines);
                    }
                });
        return text.toString();
    }

    private Map<String, String> sections() {
        var sections = new LinkedHashMap<String, String>();
        int port = new ClusterAnswers(node.name()).myself(node.topology()).port();
        sections.put("Server", node.engine().versionInfo() + "tcp_port:%d\r\n".formatted(port));
        sections.put(
                "Clients",
                "connected_clients:%d\r\nmaxclients:%d\r\nblocked_clients:0\r\n"
                        .formatted(clients.all().size(), maxConnections));
        sections.put("Persistence", "loading:1\r\nasync_loading:0\r\n");
        var replication = new StringBuilder();
        words.replicationInfo(replication);
        sections.put("Replication", replication.toString());
        sections.put("Cluster", "cluster_enabled:1\r\n");
        sections.put("Keyspace", "");
        return sections;
    }
}
