package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.control.FailoverMode;
import java.util.concurrent.TimeUnit;

/// How failovers that are called for go.
///
/// @param mode how FailoverShard lets a primary fail, unless its cluster says otherwise
/// @param silentForNs how long a primary that fell silent stays so before it is replaced
/// @param pace how quickly a FailoverShard continues
/// @param topologyLagNs how long the other nodes of a cluster take to learn of a new primary,
///   unless the cluster says otherwise
/// @param quota how many failovers may be called for in 24 hours; 0 for any number
public record FailoverPlan(
        FailoverMode mode, long silentForNs, FailoverPace pace, long topologyLagNs, int quota) {
    /// Primaries crash, at once, as often as one likes.
    static final FailoverPlan STANDARD =
            new FailoverPlan(
                    FailoverMode.CRASH, TimeUnit.SECONDS.toNanos(5), FailoverPace.INSTANT, 0, 0);

    public FailoverPlan {
        checkArgument(silentForNs > 0, "a silence of %d ns", silentForNs);
        checkArgument(topologyLagNs >= 0, "a topology that is %d ns late", topologyLagNs);
        checkArgument(quota >= 0, "a quota of %d failovers", quota);
    }

    FailoverPlan withTopologyLag(long lagNs) {
        return new FailoverPlan(mode, silentForNs, pace, lagNs, quota);
    }
}
