package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.concurrent.TimeUnit;

/// How quickly the two halves of a FailoverShard come.
///
/// @param promotionDelayNs from the failure until a replica may take over
/// @param recoveryDelayNs from the promotion until the failed node is replaced
public record FailoverPace(long promotionDelayNs, long recoveryDelayNs) {
    /// As quickly as it can be done.
    public static final FailoverPace INSTANT = new FailoverPace(0, 0);

    /// Seconds, as AWS takes them: users see writes resume after some ten, and AWS's own sample of
    /// DescribeEvents shows half a minute until the end.
    public static final FailoverPace AWS =
            new FailoverPace(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(20));

    public FailoverPace {
        checkArgument(
                promotionDelayNs >= 0 && recoveryDelayNs >= 0,
                "delays of %d and %d ns",
                promotionDelayNs,
                recoveryDelayNs);
    }

    /// The same, so many times as quick.
    public FailoverPace dividedBy(int times) {
        checkArgument(times >= 1, "a pace divided by %d", times);
        return new FailoverPace(promotionDelayNs / times, recoveryDelayNs / times);
    }
}
