package dev.keepsake.fleet;

import java.util.concurrent.TimeUnit;

/// How long a node waits before its next life: not at all after a long life, and twice as long
/// after each short one in a row. Owned by the fleet's thread.
final class LivesPause {
    static final long LONG_LIFE_NS = TimeUnit.SECONDS.toNanos(2);

    private final Backoff shortLives;
    private boolean hasLived;
    private long begunNs;

    /// @param shortLives how long to wait after short lives
    LivesPause(Backoff shortLives) {
        this.shortLives = shortLives;
    }

    /// A life begins.
    void begin(long nowNs) {
        hasLived = true;
        begunNs = nowNs;
    }

    /// How long to wait, now that the life which began last is over, in nanoseconds.
    long beforeNextNs(long nowNs) {
        if (!hasLived || nowNs - begunNs >= LONG_LIFE_NS) {
            shortLives.succeeded();
            return 0;
        }
        return shortLives.failed(nowNs);
    }
}
