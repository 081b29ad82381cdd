package dev.keepsake.front;

import java.util.List;
import java.util.Optional;

/// The owners of all slots, as every front of a cluster answers. Immutable.
///
/// @param version rises with every change
public record Topology(long version, List<TopologyShard> shards) {
    public Topology {
        shards = List.copyOf(shards);
    }

    /// The shard that owns a slot.
    public Optional<TopologyShard> shardOf(int slot) {
        for (var shard : shards) {
            if (shard.slots().contains(slot)) {
                return Optional.of(shard);
            }
        }
        return Optional.empty();
    }

    /// The shard that a node belongs to.
    public Optional<TopologyShard> shardOfNode(String node) {
        for (var shard : shards) {
            if (shard.primary().name().equals(node)
                    || shard.replicas().stream().anyMatch(replica -> replica.name().equals(node))) {
                return Optional.of(shard);
            }
        }
        return Optional.empty();
    }
}
