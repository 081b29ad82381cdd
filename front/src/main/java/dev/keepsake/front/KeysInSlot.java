package dev.keepsake.front;

import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// Looks for the keys of one slot. An engine that does not know of slots keeps no list of them, so
/// all keys are walked through, a thousand at a time, between which everybody else is served. Owned
/// by the node's event loop.
final class KeysInSlot {
    private static final String STEP = "1000";

    private final ControlLane lane;
    private final int slot;
    private final int limit;
    private final Set<ByteBuffer> found = new LinkedHashSet<>(); // SCAN may tell a key twice

    KeysInSlot(ControlLane lane, int slot, int limit) {
        this.lane = lane;
        this.slot = slot;
        this.limit = limit;
    }

    /// Tells the keys, as many as the limit at most; never when the lane is closed meanwhile.
    void find(Consumer<List<byte[]>> onFound) {
        step("0", onFound);
    }

    private void step(String cursor, Consumer<List<byte[]>> onFound) {
        lane.ask(reply -> onStep(reply, onFound), "SCAN", cursor, "COUNT", STEP);
    }

    private void onStep(RespValue reply, Consumer<List<byte[]>> onFound) {
        String next = "0";
        if (reply instanceof RespValue.ArrayReply(List<RespValue> parts)
                && parts.size() == 2
                && parts.get(0) instanceof RespValue.Bulk cursor
                && parts.get(1) instanceof RespValue.ArrayReply(List<RespValue> keys)) {
            next = cursor.utf8();
            for (var key : keys) {
                if (key instanceof RespValue.Bulk name && found.size() < limit) {
                    note(name.bytes());
                }
            }
        }
        if (next.equals("0") || found.size() >= limit) {
            onFound.accept(found.stream().map(ByteBuffer::array).toList());
        } else {
            step(next, onFound);
        }
    }

    private void note(byte[] key) {
        if (KeySlot.of(Unpooled.wrappedBuffer(key), 0, key.length) == slot) {
            found.add(ByteBuffer.wrap(key));
        }
    }
}
