package dev.keepsake.control;

import java.time.Instant;

/// The specification of one node.
///
/// @param id 40 hexadecimal digits, as clients see it in CLUSTER NODES
public record NodeSpec(String name, String id, String availabilityZone, Instant createTime) {
    /// The name of the n-th node of a shard, counted from 1.
    static String nameOf(String cluster, String shard, int number) {
        return "%s-%s-%03d".formatted(cluster, shard, number);
    }
}
