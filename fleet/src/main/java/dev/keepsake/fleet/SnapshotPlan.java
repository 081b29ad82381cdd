package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import java.nio.file.Path;
import java.util.List;

/// When snapshots are taken, and which files clusters may be filled from.
///
/// @param everyBytes how many bytes of log are written between two snapshots of a shard, at least;
///   a shard with a larger snapshot waits for as much log as that
/// @param restoreFrom the directories whose files callers may fill clusters with
public record SnapshotPlan(long everyBytes, List<Path> restoreFrom) {
    /// A snapshot every 256 MiB of log, and no directories.
    static final SnapshotPlan STANDARD = new SnapshotPlan(256L << 20, List.of());

    public SnapshotPlan {
        checkArgument(
                everyBytes > 0,
                "a snapshot every %d bytes of log; expected at least 1",
                everyBytes);
        restoreFrom = List.copyOf(restoreFrom);
    }
}
