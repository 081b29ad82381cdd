package dev.keepsake.fleet;

import java.util.concurrent.TimeUnit;

/// The pause before a node's next life: none after a long life, and twice as long after each short
/// life in a row. Owned by the fleet's thread.
final class LivesPause {
    static final long LONG_LIFE_NS = TimeUnit.SECONDS.toNanos(2);

    private final Backoff shortLives;
    private boolean hasLived;
    private long begunNs;

    /// @param shortLives the pauses after short lives
    LivesPause(Backoff shortLives) {
        this.shortLives = shortLives;
    }

    /// Reports that a life begins.
    void begin(long nowNs) {
        hasLived = true;
        begunNs = nowNs;
    }

    /// The pause before the next life, now that the last one is over, in nanoseconds.
    long beforeNextNs(long nowNs) {
        if (!hasLived || nowNs - begunNs >= LONG_LIFE_NS) {
            shortLives.succeeded();
            return 0;
        }
        return shortLives.failed(nowNs);
    }
}
