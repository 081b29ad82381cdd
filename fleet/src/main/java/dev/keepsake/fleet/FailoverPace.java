package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.concurrent.TimeUnit;

/// How fast the two halves of a FailoverShard follow.
///
/// @param promotionDelayNs from the failure until a replica may take over, in nanoseconds
/// @param recoveryDelayNs from the promotion until the failed node starts again, in nanoseconds
public record FailoverPace(long promotionDelayNs, long recoveryDelayNs) {
    /// No delays.
    public static final FailoverPace INSTANT = new FailoverPace(0, 0);

    /// The delays of AWS: users see writes resume after some ten seconds, and AWS's own sample of
    /// DescribeEvents shows half a minute until the end.
    public static final FailoverPace AWS =
            new FailoverPace(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(20));

    public FailoverPace {
        checkArgument(
                promotionDelayNs >= 0 && recoveryDelayNs >= 0,
                "delays of %d and %d ns; expected at least 0",
                promotionDelayNs,
                recoveryDelayNs);
    }

    /// The pace with both delays divided by `times`.
    public FailoverPace dividedBy(int times) {
        checkArgument(times >= 1, "a pace divided by %d; expected at least 1", times);
        return new FailoverPace(promotionDelayNs / times, recoveryDelayNs / times);
    }
}
