package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.concurrent.TimeUnit;

/// How often a leader renews its lease, and how long other nodes wait for a renewal before they
/// claim. All in nanoseconds of the monotonic clock.
///
/// @param renewEveryNs how often a leader appends a LEASE entry
/// @param leaseNs how long a leader may reply after the moment it *sent* the last renewal that
///   became durable
/// @param claimAfterNs how long a follower waits after the last renewal it *saw* before it claims
///   by itself; longer than the lease, so that the old leader has stopped replying before another
///   one leads
public record LeaseTimings(long renewEveryNs, long leaseNs, long claimAfterNs) {
    public LeaseTimings {
        checkArgument(
                renewEveryNs > 0, "a renewal interval of %d ns; expected at least 1", renewEveryNs);
        checkArgument(
                leaseNs > renewEveryNs,
                "a lease of %d ns is not longer than its renewal interval of %d ns",
                leaseNs,
                renewEveryNs);
        checkArgument(
                claimAfterNs > leaseNs,
                "a silence of %d ns is not longer than the lease of %d ns",
                claimAfterNs,
                leaseNs);
    }

    /// The standard timings: renewal every 500 ms, lease 2,000 ms, silence 2,500 ms.
    public static LeaseTimings standard() {
        return new LeaseTimings(
                TimeUnit.MILLISECONDS.toNanos(500),
                TimeUnit.MILLISECONDS.toNanos(2_000),
                TimeUnit.MILLISECONDS.toNanos(2_500));
    }
}
