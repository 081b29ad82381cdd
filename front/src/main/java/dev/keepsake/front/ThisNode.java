package dev.keepsake.front;

import dev.keepsake.core.SlotRange;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.shard.Durability;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// What a node is and which role it has, as its clients are told it. Owned by the node's event
/// loop; the role may be read elsewhere, where it is a moment old.
final class ThisNode {
    /// What the node does for its clients.
    enum Role {
        /// Connections are taken, data is not answered.
        LOADING,
        /// The same, between a replica's engine and the primary that it becomes.
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

    /// @param engine what program the engines of the node are
    /// @param topology the newest picture of the cluster
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

    /// Whether data is answered.
    boolean isServing() {
        var now = role;
        return now == Role.PRIMARY || now == Role.REPLICA;
    }

    /// Whether it does not serve yet, and is not about to be promoted either.
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

    /// Learns from now on how far the nodes of the cluster have come.
    ///
    /// @param from by a node's name, in bytes of its shard's stream
    void learnOffsetsFrom(ToLongFunction<String> from) {
        offsets = from;
    }

    /// How far a node has come; of this one's own writes those count that are durable.
    long offsetOf(TopologyNode member) {
        boolean own = isPrimary() && member.name().equals(name);
        return own ? durability.durableOffset() : offsets.applyAsLong(member.name());
    }
}
