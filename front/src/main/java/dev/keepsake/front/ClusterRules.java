package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.CommandFrame;
import dev.keepsake.resp.CommandSpec;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What clusters refuse: other databases, and keys that a pattern makes, which may be anywhere. The
/// engine behind a node is in none; it would obey, or refuse in other words. Rules and texts as
/// Redis 7.0's `sort.c` and `db.c`.
final class ClusterRules {
    private static final int DATABASES = 16; // by name, as in a cluster of Redis

    private ClusterRules() {}

    /// The error that refuses it, or null when the engine is to answer.
    static @Nullable String refusal(CommandSpec spec, ByteBuf in, int base, CommandFrame frame) {
        if (spec.handling() == CommandSpec.Handling.REFUSED) {
            return "ERR %s is not allowed in cluster mode"
                    .formatted(spec.name().toUpperCase(Locale.ROOT));
        }
        if (frame.isSketch()) {
            return null;
        }
        return switch (spec.name()) {
            case "sort", "sort_ro" -> refusalToSort(in, base, frame);
            case "copy" -> refusalToCopy(in, base, frame);
            default -> null;
        };
    }

    private static @Nullable String refusalToSort(ByteBuf in, int base, CommandFrame frame) {
        for (int i = 2; i < frame.argumentCount(); i++) {
            boolean last = i == frame.argumentCount() - 1;
            switch (word(in, base, frame, i).toLowerCase(Locale.ROOT)) {
                case "asc", "desc", "alpha" -> {
                    // stand alone
                }
                case "limit" -> i += 2;
                case "store" -> i++;
                case "by" -> {
                    if (!last && word(in, base, frame, ++i).contains("*")) {
                        return "ERR BY option of SORT denied in Cluster mode.";
                    }
                }
                case "get" -> {
                    return last ? null : "ERR GET option of SORT denied in Cluster mode.";
                }
                default -> {
                    return null; // a syntax error, which the engine tells
                }
            }
        }
        return null;
    }

    /// The engine has one database and stops at the name of another, so what is wrong behind that
    /// is told here too.
    private static @Nullable String refusalToCopy(ByteBuf in, int base, CommandFrame frame) {
        long database = 0;
        for (int i = 3; i < frame.argumentCount(); i++) {
            boolean last = i == frame.argumentCount() - 1;
            String option = word(in, base, frame, i).toLowerCase(Locale.ROOT);
            if (option.equals("db") && !last) {
                var number = ClientCommands.number(word(in, base, frame, ++i));
                if (number == null || number.intValue() != number) {
                    return FrontCommands.NOT_AN_INTEGER;
                }
                if (number < 0 || number >= DATABASES) {
                    return "ERR DB index is out of range";
                }
                database = number;
            } else if (!option.equals("replace")) {
                return "ERR syntax error";
            }
        }
        return database == 0
                ? null
                : "ERR Copying to another database is not allowed in cluster mode";
    }

    private static String word(ByteBuf in, int base, CommandFrame frame, int index) {
        return in.toString(base + frame.start(index), frame.length(index), UTF_8);
    }
}
