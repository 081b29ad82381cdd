package dev.keepsake.drill;

/// When one writer's writes on one shard were acknowledged. The writer reports to it, the drill
/// reads it: every method may be called from any thread.
///
/// Times are `System.nanoTime()`. The outage of a failover is the longest gap between two
/// acknowledgements in a row that reaches into the watched time, so it includes the gap that was
/// open when watching began.
final class AckMeter {
    private long count;
    private long lastNs;
    private long longestGapNs;

    AckMeter(long startNs) {
        this.lastNs = startNs;
    }

    synchronized void acknowledged(long nowNs) {
        longestGapNs = Math.max(longestGapNs, nowNs - lastNs);
        lastNs = nowNs;
        count++;
    }

    /// Begins to watch; gaps that ended before are forgotten.
    synchronized void watch() {
        longestGapNs = 0;
    }

    /// The longest gap that ended since watching began, or the one that is open now if it is
    /// longer.
    synchronized long longestGapNs(long nowNs) {
        return Math.max(longestGapNs, nowNs - lastNs);
    }

    synchronized long count() {
        return count;
    }

    synchronized boolean hasAcknowledgedSince(long ns) {
        return lastNs - ns > 0;
    }
}
