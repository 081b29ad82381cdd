package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import java.nio.file.Path;
import java.util.List;

/// When snapshots are taken, and out of what clusters are filled.
///
/// @param everyBytes how much log is written between two snapshots of a shard, at least; a shard
///   whose snapshot is larger waits for as much log
/// @param restoreFrom the directories out of which callers may fill clusters with files
public record SnapshotPlan(long everyBytes, List<Path> restoreFrom) {
    /// A snapshot every 256 MiB of log, and no directories.
    static final SnapshotPlan STANDARD = new SnapshotPlan(256L << 20, List.of());

    public SnapshotPlan {
        checkArgument(everyBytes > 0, "a snapshot every %d bytes of log", everyBytes);
        restoreFrom = List.copyOf(restoreFrom);
    }
}
