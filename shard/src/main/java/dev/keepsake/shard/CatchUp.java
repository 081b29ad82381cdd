package dev.keepsake.shard;

/// Decides when a replica has caught up: when its engine has applied everything that the log held a
/// short time ago. No I/O; owned by the node's event loop.
final class CatchUp {
    private static final long NO_GOAL = -1;

    private final long withinNs;
    private boolean caughtUp;
    private long goalOffset = NO_GOAL;
    private long goalSetNs;

    /// @param withinNs how long an engine may take to apply what the log holds, in nanoseconds
    CatchUp(long withinNs) {
        this.withinNs = withinNs;
    }

    /// Reports how far the engine has come.
    ///
    /// @param endOffset the end of the log, read before the engine was asked
    /// @param appliedOffset the offset that the engine has applied; negative while it knows none
    /// @return true once: when the replica has just caught up
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

    /// Forgets everything, because the engine has just begun to follow.
    void beginAgain() {
        caughtUp = false;
        goalOffset = NO_GOAL;
    }
}
