package dev.keepsake.front;

import dev.keepsake.core.SlotRange;
import org.jspecify.annotations.Nullable;

/// Which node a command belongs to, by the slots of its keys. Texts as in Redis 7.0's
/// `clusterRedirectClient`.
final class Route {
    static final String READ_ONLY_REPLICA = "READONLY You can't write against a read only replica.";
    static final String CROSS_SLOT = "CROSSSLOT Keys in request don't hash to the same slot";

    private Route() {}

    /// Why a command is not for this node.
    ///
    /// @param topology the slots of the cluster's shards
    /// @param node this node
    /// @param readOnly whether the client accepts answers of a replica
    /// @return null when this node answers it, else the error that names the node to ask, or says
    ///   why there is none
    static @Nullable String whyElsewhere(
            Command command, Topology topology, String node, boolean readOnly) {
        if (command.isAcrossSlots()) {
            return CROSS_SLOT;
        }
        int slot = command.slot();
        if (slot == Command.NO_SLOT) {
            return null;
        }
        var owner = topology.shardOf(slot).orElse(null);
        if (owner == null) {
            return "CLUSTERDOWN Hash slot not served";
        }
        if (owner.primary().name().equals(node)) {
            return null;
        }
        if (readOnly
                && command.spec().isCarriedOutByReplicas()
                && owns(topology, node, owner.slots())) {
            return null;
        }
        return moved(slot, owner);
    }

    /// Redirects a client to the owner of a slot.
    static String moved(int slot, Topology topology) {
        return topology.shardOf(slot)
                .map(owner -> moved(slot, owner))
                .orElse("CLUSTERDOWN Hash slot not served");
    }

    /// Redirects a client to the primary.
    static String moved(int slot, TopologyShard owner) {
        return "MOVED %d %s:%d".formatted(slot, owner.primary().endpoint(), owner.primary().port());
    }

    private static boolean owns(Topology topology, String node, SlotRange slots) {
        return topology.shardOfNode(node).map(shard -> shard.slots().equals(slots)).orElse(false);
    }
}
