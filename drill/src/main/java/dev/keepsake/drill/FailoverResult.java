package dev.keepsake.drill;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The result of one failover.
///
/// @param shard the shard's name
/// @param trail the progress according to its events
/// @param gaps each writer's longest wait for an acknowledgement on the shard, counted from the
///   start of the writers
/// @param shortfall the reason why it did not complete, or null when it did
/// @param use the server's resources afterwards, or null when they could not be read
public record FailoverResult(
        String shard,
        FailoverTrail trail,
        List<Gap> gaps,
        @Nullable String shortfall,
        @Nullable ResourceUse use) {
    public FailoverResult {
        gaps = List.copyOf(gaps);
    }

    public boolean isComplete() {
        return shortfall == null;
    }

    /// The old and the new primary, in short.
    String summary() {
        return isComplete() ? trail.from() + " -> " + trail.to() : "not completed";
    }

    /// When the first writer began to wait.
    long beganNs() {
        return gaps.stream().mapToLong(Gap::fromNs).min().orElse(0);
    }

    /// When the last writer got its next acknowledgement.
    long endedNs() {
        return gaps.stream().mapToLong(Gap::toNs).max().orElse(0);
    }

    public Outage outage() {
        return Outage.of(gaps.stream().mapToLong(Gap::lengthNs));
    }
}
