package dev.keepsake.front;

import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Looks at every key of an engine that is not in cluster mode and so keeps no list of a slot's
/// keys: a thousand keys at a time, between which the engine serves others. Owned by the node's
/// event loop.
final class KeyWalk {
    /// Takes the keys that are found, each once.
    interface Visitor {
        /// Whether keys of this slot are wanted.
        boolean wants(int slot);

        void visit(int slot, byte[] key);

        /// Whether the visitor needs no more keys.
        boolean isDone();
    }

    private static final String STEP = "1000";

    /*
     * SCAN returns a key twice when the engine's table shrinks meanwhile, so the keys that have
     * been found are recognised by their 64-bit hashes: up to this many, which take some 5 MB. If
     * there are more wanted keys, some may count twice.
     */
    private static final int KNOWN_AGAIN_MAX = 100_000;

    private final ControlLane lane;
    private final Visitor visitor;
    private final Consumer<@Nullable String> onEnd;
    private final Set<Long> met = new HashSet<>();

    private KeyWalk(ControlLane lane, Visitor visitor, Consumer<@Nullable String> onEnd) {
        this.lane = lane;
        this.visitor = visitor;
        this.onEnd = onEnd;
    }

    /// Begins the walk.
    ///
    /// @param onEnd gets null at the end, or the error with which the engine has refused to
    ///   continue; never called when the lane is closed meanwhile
    static void begin(ControlLane lane, Visitor visitor, Consumer<@Nullable String> onEnd) {
        new KeyWalk(lane, visitor, onEnd).step("0");
    }

    private void step(String cursor) {
        lane.ask(this::onStep, "SCAN", cursor, "COUNT", STEP);
    }

    private void onStep(RespValue reply) {
        if (reply instanceof RespValue.ErrorReply(String error)) {
            onEnd.accept(error);
            return;
        }
        if (!(reply instanceof RespValue.ArrayReply(List<RespValue> parts)
                && parts.size() == 2
                && parts.get(0) instanceof RespValue.Bulk cursor
                && parts.get(1) instanceof RespValue.ArrayReply(List<RespValue> scanned))) {
            throw new IllegalStateException("unexpected answer to SCAN: " + reply);
        }
        for (var key : scanned) {
            if (key instanceof RespValue.Bulk name && !visitor.isDone()) {
                note(name.bytes());
            }
        }
        if (cursor.utf8().equals("0") || visitor.isDone()) {
            onEnd.accept(null);
        } else {
            step(cursor.utf8());
        }
    }

    private void note(byte[] key) {
        var bytes = Unpooled.wrappedBuffer(key);
        int slot = KeySlot.of(bytes, 0, key.length);
        if (!visitor.wants(slot)) {
            return;
        }
        long hash = KeySlot.hash(bytes, 0, key.length);
        boolean isNew = met.size() < KNOWN_AGAIN_MAX ? met.add(hash) : !met.contains(hash);
        if (isNew) {
            visitor.visit(slot, key);
        }
    }
}
