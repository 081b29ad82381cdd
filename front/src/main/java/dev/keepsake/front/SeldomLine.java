package dev.keepsake.front;

import java.util.concurrent.TimeUnit;

/// Bounds how often something is logged that any stranger may bring about: once a second, and how
/// often it happened since. Owned by the node's event loop.
final class SeldomLine {
    private static final long BETWEEN_NS = TimeUnit.SECONDS.toNanos(1);

    private boolean told;
    private long toldNs;
    private long happened;

    /// It has happened once more.
    ///
    /// @return how often since it was told last, when it is to be told now; else 0
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
