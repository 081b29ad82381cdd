package dev.keepsake.log;

import static dev.keepsake.core.Checks.checkArgument;

/// The bounds of an embedded log.
///
/// @param segmentBytes the size at which a segment is followed by a new one
/// @param maxPendingBytes how many bytes may wait for the disk; appends beyond it are refused as
///   full
/// @param recentBytes how many bytes of the newest entries are kept in memory for readers
public record EmbeddedLogOptions(long segmentBytes, long maxPendingBytes, int recentBytes) {
    public EmbeddedLogOptions {
        checkArgument(
                segmentBytes >= 4096, "segments of %d bytes; expected at least 4096", segmentBytes);
        checkArgument(
                maxPendingBytes > 0,
                "a pending bound of %d bytes; expected at least 1",
                maxPendingBytes);
        checkArgument(
                recentBytes >= 0, "recent entries of %d bytes; expected at least 0", recentBytes);
    }

    /// The standard bounds: segments of 64 MiB, 1.25 GiB pending (the largest unit of replication
    /// and what may wait beside it), 16 MiB of recent entries.
    public static EmbeddedLogOptions standard() {
        return new EmbeddedLogOptions(64L << 20, 1280L << 20, 16 << 20);
    }
}
