package dev.keepsake.front;

import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Decides whether a node reads commands, and whether it carries out those that it has read. Owned
/// by the node's event loop; no I/O.
final class Intake {
    /// Runs an action later, on the event loop.
    interface Timer {
        long nowNs();

        Future<?> after(long delayNs, Runnable action);
    }

    /// What CLIENT PAUSE holds back.
    private enum Pause {
        NOTHING,
        WRITES,
        EVERYTHING
    }

    private final Timer timer;
    private final Runnable onChanged;
    private boolean full;
    private boolean stopped;
    private Pause pause = Pause.NOTHING;
    private long pausedUntilNs;
    private @Nullable Future<?> unpausing;

    /// @param onChanged lets clients check again whether their commands may be read and carried out
    Intake(Timer timer, Runnable onChanged) {
        this.timer = timer;
        this.onChanged = onChanged;
    }

    /// Whether commands may be read.
    boolean isReading() {
        return !full && !stopped;
    }

    /// Whether no commands that have been read are carried out.
    boolean isPaused() {
        return stopped || pause == Pause.EVERYTHING;
    }

    /// Whether writes, and commands that may write, are held back.
    boolean areWritesPaused() {
        return pause != Pause.NOTHING;
    }

    /// Whether so much waits that no more commands are read.
    boolean isFull() {
        return full;
    }

    /// So much waits for the engine or for the log that no more commands are read, or no longer.
    void full(boolean full) {
        if (this.full != full) {
            this.full = full;
            onChanged.run();
        }
    }

    /// Accepts no commands until [#go].
    void stop() {
        if (!stopped) {
            stopped = true;
            onChanged.run();
        }
    }

    /// Accepts commands again.
    void go() {
        if (stopped) {
            stopped = false;
            onChanged.run();
        }
    }

    /// Holds back commands of clients, all or writes alone, as CLIENT PAUSE requests. Of two
    /// pauses, the longer time and the stricter mode apply.
    void pause(boolean all, long timeoutMs) {
        long untilNs = timer.nowNs() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        if (pause == Pause.NOTHING || untilNs - pausedUntilNs > 0) {
            pausedUntilNs = untilNs;
        }
        pause = all || pause == Pause.EVERYTHING ? Pause.EVERYTHING : Pause.WRITES;
        cancel();
        unpausing = timer.after(pausedUntilNs - timer.nowNs(), this::unpause);
    }

    /// Ends the pause of [#pause].
    void unpause() {
        cancel();
        pause = Pause.NOTHING;
        onChanged.run();
    }

    private void cancel() {
        if (unpausing != null) {
            unpausing.cancel(false);
            unpausing = null;
        }
    }
}
