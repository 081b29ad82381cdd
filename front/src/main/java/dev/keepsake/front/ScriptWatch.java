package dev.keepsake.front;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Whether a script keeps the commands of a lane waiting for so long that other commands should not
/// queue behind it. Owned by the node's event loop.
///
/// While the engine owes the reply to a script, a timer checks whether the engine has answered
/// anything meanwhile.
final class ScriptWatch {
    /// A script that takes longer does not keep other commands waiting any more.
    private static final long SCRIPT_MS = 50;

    private final EventLoop loop;
    private final BooleanSupplier isLaneClosed;
    private long asked;
    private long answered;
    private long lastScript; // its place in the order of all commands, counted from 1
    private boolean watching;
    private boolean stuck;

    ScriptWatch(EventLoop loop, BooleanSupplier isLaneClosed) {
        this.loop = loop;
        this.isLaneClosed = isLaneClosed;
    }

    /// The engine has been sent a command.
    void onAsked(boolean script) {
        asked++;
        if (script) {
            lastScript = asked;
            watch();
        }
    }

    /// The engine has sent a reply.
    void onAnswered() {
        answered++;
        if (stuck) {
            stuck = false;
            watch();
        }
    }

    /// Whether the engine owes the reply to a script, and has not sent any reply for a while.
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
