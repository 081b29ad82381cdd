package dev.keepsake.control;

import java.util.List;

/// The specification of one shard.
///
/// @param id 40 hexadecimal digits, as clients see it in CLUSTER MYSHARDID
/// @param slots such as `0-8191`
public record ShardSpec(String name, String id, String slots, List<NodeSpec> nodes) {
    public ShardSpec {
        nodes = List.copyOf(nodes);
    }

    /// The shard with other nodes.
    ShardSpec with(List<NodeSpec> others) {
        return new ShardSpec(name, id, slots, others);
    }
}
