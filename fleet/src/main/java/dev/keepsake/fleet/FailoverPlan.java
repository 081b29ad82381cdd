package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.control.FailoverMode;
import java.util.concurrent.TimeUnit;

/// How requested failovers are carried out.
///
/// @param mode how FailoverShard makes a primary fail, unless the cluster has its own mode
/// @param silentForNs how long a primary that fell silent stays silent before it is replaced, in
///   nanoseconds
/// @param pace how fast the steps of a FailoverShard follow each other
/// @param topologyLagNs how long the other nodes of a cluster do not learn of a new primary, in
///   nanoseconds, unless the cluster has its own value
/// @param quota how many FailoverShard calls are accepted within 24 hours; 0 for any number
public record FailoverPlan(
        FailoverMode mode, long silentForNs, FailoverPace pace, long topologyLagNs, int quota) {
    /// Primaries crash, without delays and without a quota.
    static final FailoverPlan STANDARD =
            new FailoverPlan(
                    FailoverMode.CRASH, TimeUnit.SECONDS.toNanos(5), FailoverPace.INSTANT, 0, 0);

    public FailoverPlan {
        checkArgument(silentForNs > 0, "a silence of %d ns; expected at least 1", silentForNs);
        checkArgument(
                topologyLagNs >= 0, "a topology lag of %d ns; expected at least 0", topologyLagNs);
        checkArgument(quota >= 0, "a quota of %d failovers; expected at least 0", quota);
    }

    FailoverPlan withTopologyLag(long lagNs) {
        return new FailoverPlan(mode, silentForNs, pace, lagNs, quota);
    }
}
