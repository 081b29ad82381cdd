package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.Trait;

/// How long a reply waits for its place in a log that has no room.
///
/// A write that has been executed is in nobody's hands any more: it may be in the log yet, and may
/// be lost yet. To answer it with an error would report a failure that nobody knows of, so it waits
/// for as long as it takes. A command that has changed nothing has no outcome that could be
/// misreported.
enum Patience {
    /// Without end: its command may have changed something.
    ENDLESS,
    /// Until [FrontOptions#fullLogPatienceMs]: then an error stands in its place.
    LIMITED,
    /// Not for the log at all. It tells nothing of the data and waits for its turn.
    NONE;

    /// Of the reply to a command.
    static Patience of(CommandSpec spec) {
        boolean shared = spec.handling() == CommandSpec.Handling.SHARED_LANE;
        return switch (spec.effect()) {
            case READ -> spec.is(Trait.KEEPS_RESULT) ? ENDLESS : LIMITED;
            case SCAN -> shared && !spec.is(Trait.PUBLISH) ? LIMITED : ENDLESS;
            case NONE -> {
                if (spec.is(Trait.SLOW_LOG)) {
                    yield LIMITED; // shows commands with their arguments
                }
                // The others change the engine: CONFIG SET.
                yield shared || isOfConnection(spec) ? NONE : ENDLESS;
            }
            case WRITE, OPAQUE -> ENDLESS;
        };
    }

    /// Whether it changes no more than its connection, or ends a script that has written nothing.
    private static boolean isOfConnection(CommandSpec spec) {
        return spec.is(Trait.TRACKING) || spec.is(Trait.ENDS_SCRIPT);
    }

    /// What waits for both has to wait for the longer.
    Patience orLonger(Patience other) {
        return compareTo(other) <= 0 ? this : other;
    }
}
