package dev.keepsake.front;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Finds the keys of one slot. Owned by the node's event loop.
final class KeysInSlot implements KeyWalk.Visitor {
    /// The end of a walk.
    sealed interface Outcome {}

    /// @param keys at most as many as were wanted
    /// @param count the number of all keys that were found
    record Found(List<byte[]> keys, long count) implements Outcome {}

    /// The engine has refused to continue.
    record Refused(String error) implements Outcome {}

    private final ControlLane lane;
    private final int slot;
    private final int wanted;
    private final boolean goesOn;
    private final List<byte[]> keys = new ArrayList<>();
    private long count;

    private KeysInSlot(ControlLane lane, int slot, int wanted, boolean goesOn) {
        this.lane = lane;
        this.slot = slot;
        this.wanted = wanted;
        this.goesOn = goesOn;
    }

    /// Counts the keys, and keeps none.
    static KeysInSlot all(ControlLane lane, int slot) {
        return new KeysInSlot(lane, slot, 0, true);
    }

    /// Collects at most this many keys.
    static KeysInSlot some(ControlLane lane, int slot, int wanted) {
        return new KeysInSlot(lane, slot, wanted, false);
    }

    /// Walks, and passes the outcome on; never when the lane is closed meanwhile.
    void find(Consumer<Outcome> onEnd) {
        KeyWalk.begin(
                lane,
                this,
                error -> onEnd.accept(error == null ? new Found(keys, count) : new Refused(error)));
    }

    @Override
    public boolean wants(int slotOfKey) {
        return slotOfKey == slot;
    }

    @Override
    public void visit(int slotOfKey, byte[] key) {
        count++;
        if (!goesOn) {
            keys.add(key);
        }
    }

    @Override
    public boolean isDone() {
        return !goesOn && keys.size() >= wanted;
    }
}
