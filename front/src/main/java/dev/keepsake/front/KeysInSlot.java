package dev.keepsake.front;

import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.RespValue;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// Looks for the keys of one slot. An engine that does not know of slots keeps no list of them, so
/// all keys are walked through, a thousand at a time, between which everybody else is served. Owned
/// by the node's event loop.
final class KeysInSlot {
    /// How a walk ends.
    sealed interface Outcome {}

    /// @param keys as many as were wanted at most
    /// @param count of all that were met
    record Found(List<byte[]> keys, long count) implements Outcome {}

    /// The engine has refused to go on.
    record Refused(String error) implements Outcome {}

    private static final String STEP = "1000";

    /*
     * SCAN tells a key twice when the engine's table shrinks meanwhile, so those that have been met
     * are known again by their 64-bit hashes: of so many, which are some 5 MB. A slot that has more
     * keys may count as having more still.
     */
    private static final int KNOWN_AGAIN_MAX = 100_000;

    private final ControlLane lane;
    private final int slot;
    private final int wanted;
    private final boolean goesOn;
    private final Set<Long> met = new HashSet<>();
    private final List<byte[]> keys = new ArrayList<>();
    private long count;

    private KeysInSlot(ControlLane lane, int slot, int wanted, boolean goesOn) {
        this.lane = lane;
        this.slot = slot;
        this.wanted = wanted;
        this.goesOn = goesOn;
    }

    /// Counts them, and keeps none.
    static KeysInSlot all(ControlLane lane, int slot) {
        return new KeysInSlot(lane, slot, 0, true);
    }

    /// Collects so many at most.
    static KeysInSlot some(ControlLane lane, int slot, int wanted) {
        return new KeysInSlot(lane, slot, wanted, false);
    }

    /// Tells the outcome; never when the lane is closed meanwhile.
    void find(Consumer<Outcome> onEnd) {
        step("0", onEnd);
    }

    private void step(String cursor, Consumer<Outcome> onEnd) {
        lane.ask(reply -> onStep(reply, onEnd), "SCAN", cursor, "COUNT", STEP);
    }

    private void onStep(RespValue reply, Consumer<Outcome> onEnd) {
        if (reply instanceof RespValue.ErrorReply(String error)) {
            onEnd.accept(new Refused(error));
            return;
        }
        if (!(reply instanceof RespValue.ArrayReply(List<RespValue> parts)
                && parts.size() == 2
                && parts.get(0) instanceof RespValue.Bulk cursor
                && parts.get(1) instanceof RespValue.ArrayReply(List<RespValue> scanned))) {
            throw new IllegalStateException("unexpected answer to SCAN: " + reply);
        }
        for (var key : scanned) {
            if (key instanceof RespValue.Bulk name && !isDone()) {
                note(name.bytes());
            }
        }
        if (cursor.utf8().equals("0") || isDone()) {
            onEnd.accept(new Found(keys, count));
        } else {
            step(cursor.utf8(), onEnd);
        }
    }

    private boolean isDone() {
        return !goesOn && keys.size() >= wanted;
    }

    private void note(byte[] key) {
        var bytes = Unpooled.wrappedBuffer(key);
        if (KeySlot.of(bytes, 0, key.length) != slot) {
            return;
        }
        long hash = KeySlot.hash(bytes, 0, key.length);
        boolean isNew = met.size() < KNOWN_AGAIN_MAX ? met.add(hash) : !met.contains(hash);
        if (isNew) {
            count++;
            if (!goesOn) {
                keys.add(key);
            }
        }
    }
}
