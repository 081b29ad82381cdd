package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One client's `SLOWLOG GET` or `SLOWLOG LEN`, or the same of Valkey's COMMANDLOG, which has
/// separate lists for slow commands, large requests and large replies. The engine is asked for all
/// its entries, because the node's own commands, above all its barriers, are removed here. The
/// address of an entry is removed too: it is a lane's, and the client of the command is not known
/// any more.
///
/// @param counts whether only the number of entries is asked for
/// @param limit how many entries to show at most
/// @param question the command for the engine
record SlowLog(EngineWords words, boolean counts, long limit, List<String> question) {
    private static final int ARGUMENTS = 3;
    private static final int ADDRESS = 4;
    private static final String SHOWN = "10";
    private static final String ALL = "-1";
    private static final List<String> SLOW = List.of("SLOWLOG", "GET", ALL);

    /// What a command asks for.
    ///
    /// @return null when it is another command, or malformed, so that the engine has the error
    static @Nullable SlowLog of(EngineWords words, CommandSpec spec, Arguments arguments) {
        return switch (spec.name()) {
            case "slowlog|len" -> new SlowLog(words, true, Long.MAX_VALUE, SLOW);
            case "slowlog|get" ->
                    arguments.count() > 3
                            ? null
                            : entries(
                                    words,
                                    arguments.count() == 2 ? SHOWN : arguments.text(2),
                                    SLOW);
            case "commandlog|len" ->
                    new SlowLog(words, true, Long.MAX_VALUE, ofKind(arguments.text(2)));
            case "commandlog|get" -> entries(words, arguments.text(2), ofKind(arguments.text(3)));
            default -> null;
        };
    }

    private static List<String> ofKind(String kind) {
        return List.of("COMMANDLOG", "GET", ALL, kind);
    }

    private static @Nullable SlowLog entries(
            EngineWords words, String count, List<String> question) {
        if (count.equals(ALL)) {
            return new SlowLog(words, false, Long.MAX_VALUE, question);
        }
        return count.matches("\\d{1,18}")
                ? new SlowLog(words, false, Long.parseLong(count), question)
                : null;
    }

    /// The client's reply, made from the engine's whole log.
    ByteBuf shown(ByteBuf reply) {
        if (!(RespValue.decode(reply.duplicate())
                instanceof RespValue.ArrayReply(List<RespValue> all))) {
            return reply;
        }
        var entries = all.stream().filter(entry -> !isOfTheNode(entry)).limit(limit).toList();
        var out = Unpooled.buffer(reply.readableBytes());
        if (counts) {
            RespWriter.integer(out, entries.size());
            return out;
        }
        RespWriter.array(out, entries.size());
        for (var entry : entries) {
            var fields = fields(entry);
            RespWriter.array(out, fields.size());
            for (int i = 0; i < fields.size(); i++) {
                if (i == ADDRESS) {
                    RespWriter.bulk(out, "");
                } else {
                    EngineWords.write(fields.get(i), out);
                }
            }
        }
        return out;
    }

    private boolean isOfTheNode(RespValue entry) {
        var fields = fields(entry);
        var arguments = fields.size() > ARGUMENTS ? fields(fields.get(ARGUMENTS)) : fields;
        return !arguments.isEmpty()
                && words.isOfTheNode(
                        text(arguments.getFirst()),
                        arguments.size() > 1 ? text(arguments.get(1)) : "");
    }

    private static List<RespValue> fields(RespValue entry) {
        return entry instanceof RespValue.ArrayReply(List<RespValue> fields) ? fields : List.of();
    }

    private static String text(RespValue argument) {
        return argument instanceof RespValue.Bulk bulk ? bulk.utf8() : "";
    }
}
