package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

/// The pause before a failed action is tried again: twice as long after each failure in a row, up
/// to a bound. Owned by one thread.
final class Backoff {
    private final long firstNs;
    private final long longestNs;
    private long pauseNs;
    private long failedNs;

    Backoff(long firstNs, long longestNs) {
        checkArgument(
                0 < firstNs && firstNs <= longestNs,
                "a pause of %d ns that grows to %d ns; expected at least 1, and the second not shorter",
                firstNs,
                longestNs);
        this.firstNs = firstNs;
        this.longestNs = longestNs;
    }

    /// Whether the pause is over.
    boolean isOver(long nowNs) {
        return pauseNs == 0 || nowNs - failedNs >= pauseNs;
    }

    /// Reports a further failure.
    ///
    /// @return the pause until the next try, in nanoseconds
    long failed(long nowNs) {
        failedNs = nowNs;
        pauseNs = pauseNs == 0 ? firstNs : Math.min(longestNs, 2 * pauseNs);
        return pauseNs;
    }

    void succeeded() {
        pauseNs = 0;
    }
}
