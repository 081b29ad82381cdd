package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.keepsake.resp.CommandSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What operators may do beyond what clients may: look into the engine with DEBUG, and change with
/// CONFIG how the engine stores and counts things, until the engine ends. Everything else is
/// refused: what would change data without the log, cut the lanes, stop the engine or make it keep
/// files of its own.
final class OperatorCommands {
    /// The additional ACL rules of the operators' user.
    static final List<String> RULES = List.of("+config", "+debug");

    private static final Set<String> DEBUGGING =
            Set.of(
                    "client-eviction",
                    "digest",
                    "digest-value",
                    "error",
                    "htstats",
                    "htstats-key",
                    "listpack",
                    "log",
                    "object",
                    "protocol",
                    "quicklist",
                    "quicklist-packed-threshold",
                    "replybuffer",
                    "sdslen",
                    "set-active-expire",
                    "stringmatch-len",
                    "stringmatch-test",
                    "structsize");

    /*
     * Not offered, for instance: proto-max-bulk-len, client-query-buffer-limit and
     * maxmemory-clients, because of which the engine would close lanes; min-replicas-to-write,
     * which counts replicas that the engine does not have; every setting with files, ports,
     * passwords or replication.
     */
    private static final Pattern SETTABLE =
            Pattern.compile(
                    "(hash|zset|set|list)-max-[a-z-]+|list-compress-depth|stream-node-max-[a-z]+"
                            + "|hll-sparse-max-bytes|lazyfree-lazy-[a-z-]+|slowlog-[a-z-]+"
                            + "|latency-(tracking|monitor)[a-z-]*|notify-keyspace-events"
                            + "|maxmemory(-policy|-samples|-eviction-tenacity)?|lfu-[a-z-]+"
                            + "|active-expire-effort|activedefrag|active-defrag-[a-z-]+|activerehashing"
                            + "|(dynamic-)?hz|tracking-table-max-keys|acllog-max-len"
                            + "|busy-reply-threshold|lua-time-limit|sanitize-dump-payload");

    /// The two names of one setting: how long a script runs before the engine says that it is busy.
    private static final Set<String> BUSY_THRESHOLD =
            Set.of("busy-reply-threshold", "lua-time-limit");

    // The engine's own default, and half of the time for which the node waits for an answer.
    private static final int BUSY_THRESHOLD_MAX_MS = 5_000;

    private static final Pattern SECRET =
            Pattern.compile(
                    "(\\$\\d+\r\n(?:masterauth|requirepass|tls-(?:client-)?key-file-pass)\r\n)"
                            + "\\$\\d+\r\n[^\r]*\r\n");

    private OperatorCommands() {}

    /// The error that answers an operator, or null when the engine answers.
    static @Nullable String refusal(CommandSpec spec, Arguments arguments) {
        return switch (spec.name()) {
            case "debug" -> {
                String asked = lower(arguments, 1);
                yield DEBUGGING.contains(asked)
                        ? null
                        : "ERR DEBUG %s is not offered to operators; these are: %s"
                                .formatted(
                                        asked.toUpperCase(Locale.ROOT),
                                        String.join(", ", DEBUGGING.stream().sorted().toList()));
            }
            case "config|set" -> refusalToSet(arguments);
            case "config|rewrite" ->
                    "ERR CONFIG REWRITE is not offered to operators: the engine has no file; change the"
                            + " cluster's parameter group to keep a value";
            default -> null;
        };
    }

    /// Whether the engine may evict keys after this command.
    static boolean allowsEviction(CommandSpec spec, Arguments arguments) {
        if (spec.name().equals("config|set")) {
            for (int i = 2; i < arguments.count(); i += 2) {
                if (lower(arguments, i).equals("maxmemory-policy")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static @Nullable String refusalToSet(Arguments arguments) {
        for (int i = 2; i < arguments.count(); i += 2) {
            String name = lower(arguments, i);
            if (!SETTABLE.matcher(name).matches()) {
                return "ERR CONFIG SET of '%s' is not offered to operators, because the node relies on it; if it can be changed, then in the cluster's parameter group"
                        .formatted(name.replaceAll("[\r\n]", " "));
            }
            if (BUSY_THRESHOLD.contains(name)
                    && i + 1 < arguments.count()
                    && !isBusyThreshold(arguments.text(i + 1))) {
                return "ERR CONFIG SET of '%s' takes 1 to %d (milliseconds) here, because an engine that neither answers nor says that it is busy is treated as dead"
                        .formatted(name, BUSY_THRESHOLD_MAX_MS);
            }
        }
        return null;
    }

    private static boolean isBusyThreshold(String value) {
        return value.matches("\\d{1,9}")
                && Integer.parseInt(value) >= 1
                && Integer.parseInt(value) <= BUSY_THRESHOLD_MAX_MS;
    }

    private static String lower(Arguments arguments, int index) {
        return arguments.text(index).toLowerCase(Locale.ROOT);
    }

    /// The reply to CONFIG GET without the passwords that engines use among themselves.
    static ByteBuf withoutSecrets(ByteBuf reply) {
        String text = reply.toString(ISO_8859_1);
        var found = SECRET.matcher(text);
        return found.find()
                ? Unpooled.copiedBuffer(found.replaceAll("$1\\$0\r\n\r\n"), ISO_8859_1)
                : reply;
    }
}
