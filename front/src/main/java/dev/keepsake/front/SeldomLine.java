package dev.keepsake.front;

import java.util.concurrent.TimeUnit;

/// Bounds how often a line is logged that any stranger may cause: once a second, with the number of
/// times that it happened. Owned by the node's event loop.
final class SeldomLine {
    private static final long BETWEEN_NS = TimeUnit.SECONDS.toNanos(1);

    private boolean told;
    private long toldNs;
    private long happened;

    /// It has happened once more.
    ///
    /// @return how often it happened since the last line, when a line is to be logged now; else 0
    long note(long nowNs) {
        happened++;
        if (told && nowNs - toldNs < BETWEEN_NS) {
            return 0;
        }
        told = true;
        toldNs = nowNs;
        long times = happened;
        happened = 0;
        return times;
    }
}
