package dev.keepsake.server;

import static dev.keepsake.core.Checks.checkArgument;

/// What a drill does. Every message of a failed check names the option and the way out.
///
/// @param failovers how many failovers, one after the other
/// @param shards how many shards the cluster has
/// @param replicas how many replicas each shard has
/// @param writers how many writers write at once
/// @param lagMs how far replicas are held behind the log, in milliseconds
record DrillOptions(int failovers, int shards, int replicas, int writers, int lagMs) {
    DrillOptions {
        check("--failovers", failovers, 1, 100);
        check("--shards", shards, 1, 16);
        check("--replicas", replicas, 1, 5); // A shard without one cannot fail over.
        check("--writers", writers, 1, 64);
        check("--lag-ms", lagMs, 0, 10_000);
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

    int nodes() {
        return shards * (1 + replicas);
    }
}
