package dev.keepsake.front;

import org.jspecify.annotations.Nullable;

/// One node as clients see it.
///
/// @param id 40 hexadecimal digits, as in CLUSTER NODES
/// @param ip the address that it listens on
/// @param hostName the name that clients get instead, or null when they get the address
public record TopologyNode(
        String name,
        String id,
        String ip,
        @Nullable String hostName,
        int port,
        Role role,
        Health health) {
    /// The node's role in its shard.
    public enum Role {
        PRIMARY,
        REPLICA
    }

    /// Whether clients can connect to the node.
    public enum Health {
        ONLINE,
        LOADING,
        FAILED
    }

    /// The address or name for clients, without the port.
    String endpoint() {
        return hostName == null ? ip : hostName;
    }
}
