package dev.keepsake.front;

import dev.keepsake.core.SlotRange;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.shard.Durability;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// A node and its role, as its clients see it. Owned by the node's event loop; the role may be read
/// on other threads, where it is a moment old.
final class ThisNode {
    /// What the node does for its clients.
    enum Role {
        /// Connections are accepted, commands on data are not answered.
        LOADING,
        /// The same, while a replica's engine becomes a primary.
        PROMOTING,
        PRIMARY,
        REPLICA
    }

    private final String name;
    private final ServedEngine engine;
    private final Supplier<Topology> topology;
    private final Durability<Parked> durability;
    private final boolean speaksTls;
    private ToLongFunction<String> offsets = member -> 0;
    private volatile Role role = Role.LOADING;

    /// @param engine the program of the node's engines
    /// @param topology the newest topology of the cluster
    ThisNode(
            String name,
            ServedEngine engine,
            Supplier<Topology> topology,
            Durability<Parked> durability,
            boolean speaksTls) {
        this.name = name;
        this.engine = engine;
        this.topology = topology;
        this.durability = durability;
        this.speaksTls = speaksTls;
    }

    String name() {
        return name;
    }

    ServedEngine engine() {
        return engine;
    }

    CommandTable table() {
        return engine.commands();
    }

    boolean speaksTls() {
        return speaksTls;
    }

    // ---- its role

    void become(Role next) {
        role = next;
    }

    Role role() {
        return role;
    }

    /// Whether commands on data are answered.
    boolean isServing() {
        var now = role;
        return now == Role.PRIMARY || now == Role.REPLICA;
    }

    /// Whether the node does not serve yet, and is not being promoted either.
    boolean isLoading() {
        return role == Role.LOADING;
    }

    boolean isPrimary() {
        return role == Role.PRIMARY;
    }

    // ---- its cluster

    Topology topology() {
        return topology.get();
    }

    /// The slots of the node's shard.
    SlotRange slots() {
        return topology().shardOfNode(name).orElseThrow().slots();
    }

    /// Sets the source of the offsets that the cluster's nodes have reached.
    ///
    /// @param from by a node's name, in bytes of its shard's stream
    void learnOffsetsFrom(ToLongFunction<String> from) {
        offsets = from;
    }

    /// The offset that a node has reached; for this node, the durable one.
    long offsetOf(TopologyNode member) {
        boolean own = isPrimary() && member.name().equals(name);
        return own ? durability.durableOffset() : offsets.applyAsLong(member.name());
    }
}
