package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.CommandFrame;
import dev.keepsake.resp.CommandSpec;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What SORT may not do in a cluster, where the keys that a pattern makes may be anywhere. The
/// engine behind a node is in none, and would do it. Rules and texts as Redis 7.0's `sort.c`.
final class SortInCluster {
    private SortInCluster() {}

    /// The error that refuses it, or null when it may be done, or something else is wrong with it.
    static @Nullable String refusal(CommandSpec spec, ByteBuf in, int base, CommandFrame frame) {
        boolean sorts = spec.name().equals("sort") || spec.name().equals("sort_ro");
        if (!sorts || frame.isSketch()) {
            return null;
        }
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

    private static String word(ByteBuf in, int base, CommandFrame frame, int index) {
        return in.toString(base + frame.start(index), frame.length(index), UTF_8);
    }
}
