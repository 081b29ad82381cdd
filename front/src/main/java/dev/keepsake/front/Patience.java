package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.Trait;

/// How long a reply waits for its place in a log that has no room.
///
/// A write that has been executed can still get into the log, and can still be lost. An error reply
/// would report a failure that has not happened yet, so the reply waits without a limit. A command
/// that has changed nothing has no such outcome.
enum Patience {
    /// Without a limit: the command may have changed something.
    ENDLESS,
    /// Until [FrontOptions#fullLogPatienceMs]; then an error takes the reply's place.
    LIMITED,
    /// Not for the log at all. The reply reveals no data and waits only for its turn.
    NONE;

    /// The patience of the reply to a command.
    static Patience of(CommandSpec spec) {
        boolean shared = spec.handling() == CommandSpec.Handling.SHARED_LANE;
        return switch (spec.effect()) {
            case READ -> spec.is(Trait.KEEPS_RESULT) ? ENDLESS : LIMITED;
            case SCAN -> shared && !spec.is(Trait.PUBLISH) ? LIMITED : ENDLESS;
            case NONE -> {
                if (spec.is(Trait.SLOW_LOG)) {
                    yield LIMITED; // the reply contains commands with their arguments
                }
                // Other commands change the engine: CONFIG SET.
                yield shared || isOfConnection(spec) ? NONE : ENDLESS;
            }
            case WRITE, OPAQUE -> ENDLESS;
        };
    }

    /// Whether a command changes only its connection, or ends a script that has written nothing.
    private static boolean isOfConnection(CommandSpec spec) {
        return spec.is(Trait.TRACKING) || spec.is(Trait.ENDS_SCRIPT);
    }

    /// The patience of a reply that waits for both reasons: the longer one.
    Patience orLonger(Patience other) {
        return compareTo(other) <= 0 ? this : other;
    }
}
