package dev.keepsake.drill;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One failover of the drill.
///
/// @param shard the shard's name
/// @param trail what its events told
/// @param gapsNs each writer's longest wait for an acknowledgement on the shard, in nanoseconds
/// @param shortfall why it does not count as completed, or null when it does
/// @param use what the server held afterwards, or null when that cannot be seen
public record FailoverResult(
        String shard,
        FailoverTrail trail,
        List<Long> gapsNs,
        @Nullable String shortfall,
        @Nullable ResourceUse use) {
    public FailoverResult {
        gapsNs = List.copyOf(gapsNs);
    }

    public boolean isComplete() {
        return shortfall == null;
    }

    /// Who took over from whom, in short.
    String told() {
        return isComplete() ? trail.from() + " -> " + trail.to() : "not completed";
    }

    public Outage outage() {
        return Outage.of(gapsNs.stream().mapToLong(Long::longValue));
    }
}
