package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.shard.LeaseTimings;

/// What may be chosen for all clusters of a server.
///
/// @param timings the leases
/// @param snapshotEveryBytes how much log is written between two snapshots of a shard, at least; a
///   shard whose snapshot is larger waits for as much log
public record FleetTuning(LeaseTimings timings, long snapshotEveryBytes) {
    public FleetTuning {
        checkArgument(
                snapshotEveryBytes > 0, "a snapshot every %d bytes of log", snapshotEveryBytes);
    }

    /// The standard lease, and a snapshot every 256 MiB of log.
    public static FleetTuning standard() {
        return new FleetTuning(LeaseTimings.standard(), 256L << 20);
    }
}
