package dev.keepsake.log;

import static dev.keepsake.core.Checks.checkArgument;

/// The bounds of an embedded log.
///
/// @param segmentBytes a segment that has grown to this is followed by a new one
/// @param maxPendingBytes how much may wait for the disk; beyond it appends are refused as full
/// @param recentBytes how much of the newest entries is kept in memory for readers
public record EmbeddedLogOptions(long segmentBytes, long maxPendingBytes, int recentBytes) {
    public EmbeddedLogOptions {
        checkArgument(segmentBytes >= 4096, "segment of %d bytes is below 4096", segmentBytes);
        checkArgument(maxPendingBytes > 0, "pending bound is %d bytes", maxPendingBytes);
        checkArgument(recentBytes >= 0, "recent entries of %d bytes", recentBytes);
    }

    /// Segments of 64 MiB, 1.25 GiB pending (the largest unit of replication and what may wait
    /// beside it), 16 MiB of recent entries.
    public static EmbeddedLogOptions standard() {
        return new EmbeddedLogOptions(64L << 20, 1280L << 20, 16 << 20);
    }
}
