package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// The request of a `CLIENT TRACKING …`, as far as the front takes part in it. The engine decides
/// whether it is valid, so malformed options are passed on.
final class TrackingRequest {
    // No connection of an engine ever has this number.
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

    /// The connection that is to get the messages, or null when the request names no other
    /// connection that exists.
    @Nullable Client target() {
        return target;
    }

    /// Whether the messages for all keys with a prefix are requested.
    boolean isBroadcast() {
        return broadcast;
    }

    /// Whether tracking is to be on, rather than off.
    boolean isOn() {
        return on;
    }

    /// The command for the engine.
    ///
    /// @param arguments those of the request; not kept, because they may be long and the reply late
    /// @param lane the engine's number of the lane that stands for the target
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
