package dev.keepsake.front;

import dev.keepsake.core.SlotRange;
import java.util.List;

/// One shard as clients see it.
///
/// @param id 40 hexadecimal digits
/// @param primary the node that leads, or led last
public record TopologyShard(
        String name,
        String id,
        SlotRange slots,
        TopologyNode primary,
        List<TopologyNode> replicas) {
    public TopologyShard {
        replicas = List.copyOf(replicas);
    }
}
