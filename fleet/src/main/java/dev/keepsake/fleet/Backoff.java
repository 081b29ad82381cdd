package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

/// How long to wait before something that has failed is tried again: twice as long after each
/// failure in a row, up to a bound. Owned by one thread.
final class Backoff {
    private final long firstNs;
    private final long longestNs;
    private long pauseNs;
    private long failedNs;

    Backoff(long firstNs, long longestNs) {
        checkArgument(
                0 < firstNs && firstNs <= longestNs,
                "a pause of %d ns, growing to %d ns",
                firstNs,
                longestNs);
        this.firstNs = firstNs;
        this.longestNs = longestNs;
    }

    /// Whether it may be tried.
    boolean isOver(long nowNs) {
        return pauseNs == 0 || nowNs - failedNs >= pauseNs;
    }

    /// It has failed once more.
    ///
    /// @return how long to wait, in nanoseconds
    long failed(long nowNs) {
        failedNs = nowNs;
        pauseNs = pauseNs == 0 ? firstNs : Math.min(longestNs, 2 * pauseNs);
        return pauseNs;
    }

    void succeeded() {
        pauseNs = 0;
    }
}
