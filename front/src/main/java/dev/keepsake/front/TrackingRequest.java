package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// What a `CLIENT TRACKING …` asks for, as far as the front takes part in it. Whether it makes
/// sense is for the engine to say, so malformed options are passed on.
final class TrackingRequest {
    // No connection of an engine is ever called that.
    private static final long NOBODY = Long.MAX_VALUE;

    private final boolean on;
    private final List<Integer> redirections = new ArrayList<>();
    private @Nullable Client target;
    private boolean broadcast;

    private TrackingRequest(boolean on) {
        this.on = on;
    }

    /// @param clients finds a client of this node by its id
    static TrackingRequest of(Arguments arguments, LongFunction<@Nullable Client> clients) {
        var words = arguments.texts();
        var request = new TrackingRequest(words[2].equalsIgnoreCase("on"));
        for (int i = 3; i < words.length; i++) {
            boolean last = i == words.length - 1;
            switch (words[i].toLowerCase(Locale.ROOT)) {
                case "redirect" -> {
                    if (!last && words[++i].matches("-?\\d{1,18}")) {
                        request.redirections.add(i);
                        request.target = clients.apply(Long.parseLong(words[i]));
                    }
                }
                case "prefix" -> i++;
                case "bcast" -> request.broadcast = true;
                default -> {
                    // the engine's
                }
            }
        }
        return request;
    }

    /// The connection that is to hear the news, or null when that is not another one that exists.
    @Nullable Client target() {
        return target;
    }

    /// Whether it asks for the news of all keys that begin somehow.
    boolean isBroadcast() {
        return broadcast;
    }

    /// Whether it asks for tracking, rather than for its end.
    boolean isOn() {
        return on;
    }

    /// The command as the engine is to get it.
    ///
    /// @param arguments of which this was made; not kept, for they may be long and the answer late
    /// @param lane what the engine calls the lane that stands for the target
    byte[][] toEngine(Arguments arguments, long lane) {
        var command = new byte[arguments.count()][];
        for (int i = 0; i < command.length; i++) {
            command[i] = arguments.bytes(i);
        }
        long id = target == null ? NOBODY : lane;
        for (int i : redirections) {
            command[i] = Long.toString(id).getBytes(US_ASCII);
        }
        return command;
    }
}
