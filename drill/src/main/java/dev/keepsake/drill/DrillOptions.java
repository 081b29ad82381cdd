package dev.keepsake.drill;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.control.FailoverMode;

/// The options of a drill. The message of a failed check names the option and the way out.
///
/// @param failovers the number of failovers
/// @param durationS the duration of the drill in seconds, instead of a number of failovers; 0 for a
///   number
/// @param shards the number of shards of the cluster
/// @param replicas the number of replicas of each shard
/// @param writers the number of concurrent writers
/// @param lagMs the delay of replicas behind the log, in milliseconds
/// @param mode how FailoverShard makes the primary fail
/// @param fault the fault that is caused
/// @param maxOutageMs how long a writer may wait for an acknowledgement, in milliseconds; 0 for no
///   limit
public record DrillOptions(
        int failovers,
        int durationS,
        int shards,
        int replicas,
        int writers,
        int lagMs,
        FailoverMode mode,
        DrillFault fault,
        int maxOutageMs) {
    public DrillOptions {
        check("--failovers", failovers, 1, 10_000);
        check("--duration", durationS, 0, 7 * 24 * 3600);
        check("--shards", shards, 1, 16);
        check("--replicas", replicas, 1, 5); // A shard without a replica cannot fail over.
        check("--writers", writers, 1, 64);
        check("--lag-ms", lagMs, 0, 10_000);
        check("--max-outage-ms", maxOutageMs, 0, 3_600_000);
    }

    /// A drill with a number of FailoverShard calls in the mode `crash`.
    public DrillOptions(int failovers, int shards, int replicas, int writers, int lagMs) {
        this(
                failovers,
                0,
                shards,
                replicas,
                writers,
                lagMs,
                FailoverMode.CRASH,
                DrillFault.FAILOVER,
                0);
    }

    private static void check(String option, int value, int lowest, int highest) {
        checkArgument(
                lowest <= value && value <= highest,
                "%s is %d; give %d to %d",
                option,
                value,
                lowest,
                highest);
    }

    public int nodes() {
        return shards * (1 + replicas);
    }
}
