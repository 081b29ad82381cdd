package dev.keepsake.drill;

/// The times at which the writes of one writer on one shard were acknowledged. The writer reports
/// them, the drill reads them. Any thread.
///
/// Times are those of `System.nanoTime()`. The outage of a failover is the longest gap between two
/// successive acknowledgements that ends after the watch began. So it includes the gap that was
/// open when the watch began.
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

    /// Begins the watch. Gaps that ended before are forgotten.
    synchronized void watch() {
        longestGapNs = 0;
    }

    /// The longest gap that ended since the watch began, or the open gap if that is longer, in
    /// nanoseconds.
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
