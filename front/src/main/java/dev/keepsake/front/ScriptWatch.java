package dev.keepsake.front;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Whether a script keeps the commands of a lane waiting for so long that others had better not
/// queue behind it. Owned by the node's event loop.
///
/// As long as the engine owes the reply to a script, it is looked after a moment whether the engine
/// has answered anything.
final class ScriptWatch {
    /// A script that takes longer keeps others waiting no more.
    private static final long SCRIPT_MS = 50;

    private final EventLoop loop;
    private final BooleanSupplier isLaneClosed;
    private long asked;
    private long answered;
    private long lastScript; // which of all that has been asked, counted from 1
    private boolean watching;
    private boolean stuck;

    ScriptWatch(EventLoop loop, BooleanSupplier isLaneClosed) {
        this.loop = loop;
        this.isLaneClosed = isLaneClosed;
    }

    /// The engine has been asked something.
    void onAsked(boolean script) {
        asked++;
        if (script) {
            lastScript = asked;
            watch();
        }
    }

    /// It has answered something.
    void onAnswered() {
        answered++;
        if (stuck) {
            stuck = false;
            watch();
        }
    }

    /// Whether the engine has not answered anything for a while, and owes the reply to a script.
    boolean isStuck() {
        return stuck;
    }

    private void watch() {
        if (!watching) {
            watching = true;
            long before = answered;
            loop.schedule(() -> check(before), SCRIPT_MS, TimeUnit.MILLISECONDS);
        }
    }

    private void check(long before) {
        watching = false;
        if (isLaneClosed.getAsBoolean() || answered >= lastScript) {
            return;
        }
        if (answered == before) {
            stuck = true;
        } else {
            watch();
        }
    }
}
