package dev.keepsake.drill;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.control.FailoverMode;

/// What a drill does. Every message of a failed check names the option and the way out.
///
/// @param failovers how many failovers, one after the other
/// @param durationS how long to fail over again and again instead, in seconds; 0 to go by number
/// @param shards how many shards the cluster has
/// @param replicas how many replicas each shard has
/// @param writers how many writers write at once
/// @param lagMs how far replicas are held behind the log, in milliseconds
/// @param mode how FailoverShard lets the primary fail
/// @param fault what is done
public record DrillOptions(
        int failovers,
        int durationS,
        int shards,
        int replicas,
        int writers,
        int lagMs,
        FailoverMode mode,
        DrillFault fault) {
    public DrillOptions {
        check("--failovers", failovers, 1, 10_000);
        check("--duration", durationS, 0, 7 * 24 * 3600);
        check("--shards", shards, 1, 16);
        check("--replicas", replicas, 1, 5); // A shard without one cannot fail over.
        check("--writers", writers, 1, 64);
        check("--lag-ms", lagMs, 0, 10_000);
    }

    /// FailoverShard, crashing, by number.
    public DrillOptions(int failovers, int shards, int replicas, int writers, int lagMs) {
        this(
                failovers,
                0,
                shards,
                replicas,
                writers,
                lagMs,
                FailoverMode.CRASH,
                DrillFault.FAILOVER);
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
