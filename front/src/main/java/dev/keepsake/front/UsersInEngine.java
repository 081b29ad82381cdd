package dev.keepsake.front;

import io.netty.channel.EventLoop;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Creates the permitted users in each engine of a node, and tries again while an engine is busy.
/// Owned by the node's event loop.
final class UsersInEngine {
    private static final long AGAIN_MS = 100;

    private final EventLoop loop;
    private final AccessControl access;
    private final Runnable onChanged;
    private Runnable onNextApplied = () -> {};
    private @Nullable Runnable onFirstApplied; // for this engine
    private @Nullable Future<?> again;

    /// @param onChanged called when an engine has the rules of all users: some users may be shut
    ///   out since, or have other rights
    UsersInEngine(EventLoop loop, AccessControl access, Runnable onChanged) {
        this.loop = loop;
        this.access = access;
        this.onChanged = onChanged;
    }

    /// There is a new list of permitted users.
    ///
    /// @param control the control lane of the engine that serves, or null
    /// @param onApplied called once an engine has the rules of all users, or at once while there is
    ///   no engine; never, when another list comes first
    void permit(@Nullable ControlLane control, Runnable onApplied) {
        onNextApplied = onApplied;
        if (control == null) {
            access.admitWithoutEngine();
            noteApplied();
        } else {
            apply(control);
        }
    }

    /// Creates the users in an engine that is about to serve.
    ///
    /// @param onApplied called once the engine has all rules; never, when [#onEngineLeft] is called
    ///   first
    void begin(ControlLane control, Runnable onApplied) {
        onFirstApplied = onApplied;
        apply(control);
    }

    private void apply(ControlLane control) {
        endAgain();
        access.apply(control, this::onApplied, () -> applyAgain(control));
    }

    private void onApplied() {
        onChanged.run();
        noteApplied();
        var first = onFirstApplied;
        onFirstApplied = null;
        if (first != null) {
            first.run();
        }
    }

    private void applyAgain(ControlLane control) {
        endAgain();
        again = loop.schedule(() -> apply(control), AGAIN_MS, TimeUnit.MILLISECONDS);
    }

    private void endAgain() {
        if (again != null) {
            again.cancel(false);
            again = null;
        }
    }

    private void noteApplied() {
        var waiting = onNextApplied;
        onNextApplied = () -> {};
        waiting.run();
    }

    /// The node leaves the engine, which gets no more rules.
    void onEngineLeft() {
        endAgain();
        onFirstApplied = null;
    }
}
