package dev.keepsake.shard;

/// When a replica counts as caught up: when its engine has applied what the log held not long
/// before, or all of it. No I/O; owned by the node's event loop.
final class CatchUp {
    private static final long NO_GOAL = -1;

    private final long withinNs;
    private boolean caughtUp;
    private long goalOffset = NO_GOAL;
    private long goalSetNs;

    /// @param withinNs how long an engine may take to apply what the log holds
    CatchUp(long withinNs) {
        this.withinNs = withinNs;
    }

    /// The engine has come so far.
    ///
    /// @param endOffset the end of the log, read before the engine was asked
    /// @param appliedOffset what the engine has applied; negative while it knows of none
    /// @return whether the replica has caught up just now
    boolean note(long endOffset, long appliedOffset, long nowNs) {
        if (caughtUp || appliedOffset < 0) {
            return false;
        }
        if (goalOffset != NO_GOAL && appliedOffset >= goalOffset) {
            if (nowNs - goalSetNs <= withinNs || appliedOffset == endOffset) {
                caughtUp = true;
                return true;
            }
            goalOffset = NO_GOAL;
        }
        if (goalOffset == NO_GOAL) {
            goalOffset = endOffset;
            goalSetNs = nowNs;
        }
        return false;
    }

    /// The engine follows from now on, as if it had not before.
    void beginAgain() {
        caughtUp = false;
        goalOffset = NO_GOAL;
    }
}
