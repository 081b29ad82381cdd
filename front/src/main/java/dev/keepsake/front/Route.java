package dev.keepsake.front;

import dev.keepsake.core.SlotRange;
import dev.keepsake.resp.CommandFrame;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.KeyPositions;
import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.Trait;
import dev.keepsake.shard.DirtyKeys;
import io.netty.buffer.ByteBuf;
import java.util.BitSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Where a command belongs, by the slots of its keys. Reused from command to command; owned by the
/// node's event loop. Texts as Redis 7.0's `clusterRedirectClient`.
final class Route {
    static final String READ_ONLY_REPLICA = "READONLY You can't write against a read only replica.";
    static final String CROSS_SLOT = "CROSSSLOT Keys in request don't hash to the same slot";

    /// Stands for all functions among the hashes of keys. Should a key have the same, FUNCTION
    /// STATS waits for it in vain.
    private static final long FUNCTIONS_HASH = 1;

    private final KeyPositions keys = new KeyPositions();
    private int keyCount;
    private int slot;

    /// Whether all keys of a command are there. Those of a large one may have yet to arrive.
    boolean knowsKeys(CommandSpec spec, ByteBuf in, int base, CommandFrame frame) {
        if (!frame.isSketch() || !spec.hasKeys()) {
            return true;
        }
        spec.keys(in, base, frame, keys);
        return keys.areKnown(frame);
    }

    /// Which arguments of a command have to be looked at to know its keys, as far as that is known:
    /// all, if it is not.
    static IntPredicate keyArguments(CommandSpec spec, ByteBuf in, int base, CommandFrame frame) {
        if (!spec.hasKeys()) {
            return argument -> false;
        }
        var found = new KeyPositions();
        int count = spec.keys(in, base, frame, found);
        if (!found.areComplete()) {
            return argument -> true;
        }
        var arguments = new BitSet();
        for (int i = 0; i < count; i++) {
            arguments.set(found.argument(i));
        }
        return arguments::get;
    }

    /// Looks at the keys of a command.
    ///
    /// @param topology who owns what
    /// @param node this node
    /// @param readOnly whether the client accepts answers of a replica
    /// @return null when this node answers it, else the error that tells the client where to go
    @Nullable String find(
            CommandSpec spec,
            ByteBuf in,
            int base,
            CommandFrame frame,
            Topology topology,
            String node,
            boolean readOnly) {
        slot = -1;
        keyCount = spec.hasKeys() ? spec.keys(in, base, frame, keys) : 0;
        for (int i = 0; i < keyCount; i++) {
            int argument = keys.argument(i);
            int keySlot = KeySlot.of(in, base + frame.start(argument), frame.length(argument));
            if (slot >= 0 && slot != keySlot) {
                return CROSS_SLOT;
            }
            slot = keySlot;
        }
        if (slot < 0) {
            return null;
        }
        var owner = topology.shardOf(slot).orElse(null);
        if (owner == null) {
            return "CLUSTERDOWN Hash slot not served";
        }
        if (owner.primary().name().equals(node)) {
            return null;
        }
        if (readOnly && spec.isCarriedOutByReplicas() && owns(topology, node, owner.slots())) {
            return null;
        }
        return moved(slot, owner);
    }

    /// Sends a client on to whom a slot belongs.
    static String moved(int slot, Topology topology) {
        return topology.shardOf(slot)
                .map(owner -> moved(slot, owner))
                .orElse("CLUSTERDOWN Hash slot not served");
    }

    /// Tells a client to ask the primary.
    static String moved(int slot, TopologyShard owner) {
        return "MOVED %d %s:%d".formatted(slot, owner.primary().endpoint(), owner.primary().port());
    }

    private static boolean owns(Topology topology, String node, SlotRange slots) {
        return topology.shardOfNode(node).map(shard -> shard.slots().equals(slots)).orElse(false);
    }

    /// The slot of the keys of the last [#find], or -1 when there were none.
    int slot() {
        return slot;
    }

    /// The hash of the only key, or 0 when there is none or more than one.
    long onlyKeyHash(ByteBuf in, int base, CommandFrame frame) {
        return keyCount == 1 ? keyHash(0, in, base, frame) : 0;
    }

    /// The hashes of all keys when there are several, or null.
    @Nullable KeyHashes keyHashes(ByteBuf in, int base, CommandFrame frame) {
        if (keyCount < 2) {
            return null;
        }
        var hashes = new long[keyCount];
        for (int i = 0; i < keyCount; i++) {
            hashes[i] = keyHash(i, in, base, frame);
        }
        return new KeyHashes(hashes);
    }

    /// Marks what the command writes.
    void mark(
            CommandSpec spec,
            ByteBuf in,
            int base,
            CommandFrame frame,
            MarkList marks,
            NodeFront front) {
        if (spec.is(Trait.CHANGES_FUNCTIONS)) {
            marks.mark(front.durability().dirtyKeys(), FUNCTIONS_HASH);
        }
        // EXEC executes what has been marked before: each command of a transaction marks what it
        // writes when it is queued, and the marks stay until the reply to EXEC.
        boolean unknown = spec.effect() == CommandSpec.Effect.OPAQUE && !spec.is(Trait.EXEC);
        if (unknown || (spec.effect() == CommandSpec.Effect.WRITE && keyCount == 0)) {
            marks.markAll(front.durability().dirtyKeys());
        } else if (spec.effect() == CommandSpec.Effect.WRITE || spec.is(Trait.KEEPS_RESULT)) {
            for (int i = 0; i < keyCount; i++) {
                marks.mark(front.durability().dirtyKeys(), keyHash(i, in, base, frame));
            }
        }
    }

    /// Whether a change of the functions is not durable yet. Scripts, which may write to any key,
    /// cannot change them.
    static boolean areFunctionsChanging(DirtyKeys dirtyKeys) {
        return dirtyKeys.isMarked(FUNCTIONS_HASH);
    }

    private long keyHash(int i, ByteBuf in, int base, CommandFrame frame) {
        int argument = keys.argument(i);
        return KeySlot.hash(in, base + frame.start(argument), frame.length(argument));
    }
}
