package dev.keepsake.front;

/// One node as clients see it.
///
/// @param id 40 hexadecimal digits, as in CLUSTER NODES
public record TopologyNode(
        String name, String id, String host, int port, Role role, Health health) {
    /// What the node does in its shard.
    public enum Role {
        PRIMARY,
        REPLICA
    }

    /// Whether it can be asked.
    public enum Health {
        ONLINE,
        LOADING,
        FAILED
    }
}
