package dev.keepsake.front;

import org.jspecify.annotations.Nullable;

/// One node as clients see it.
///
/// @param id 40 hexadecimal digits, as in CLUSTER NODES
/// @param ip the address that it listens on
/// @param hostName the name that clients are told instead, or null when they are told the address
public record TopologyNode(
        String name,
        String id,
        String ip,
        @Nullable String hostName,
        int port,
        Role role,
        Health health) {
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

    /// Where clients are sent to, without the port.
    String endpoint() {
        return hostName == null ? ip : hostName;
    }
}
