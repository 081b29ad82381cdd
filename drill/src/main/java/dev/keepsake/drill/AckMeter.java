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
    private Gap longest;

    AckMeter(long startNs) {
        this.lastNs = startNs;
        this.longest = new Gap(startNs, startNs);
    }

    synchronized void acknowledged(long nowNs) {
        longest = longestGap(nowNs);
        lastNs = nowNs;
        count++;
    }

    /// Begins the watch. Gaps that ended before are forgotten.
    synchronized void watch() {
        longest = new Gap(lastNs, lastNs);
    }

    /// The longest gap that ended since the watch began, or the open gap if that is longer.
    synchronized Gap longestGap(long nowNs) {
        return nowNs - lastNs > longest.lengthNs() ? new Gap(lastNs, nowNs) : longest;
    }

    synchronized long count() {
        return count;
    }

    synchronized boolean hasAcknowledgedSince(long ns) {
        return lastNs - ns > 0;
    }
}
