package dev.keepsake.front;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Looks for the keys of one slot. Owned by the node's event loop.
final class KeysInSlot implements KeyWalk.Visitor {
    /// How a walk ends.
    sealed interface Outcome {}

    /// @param keys as many as were wanted at most
    /// @param count of all that were met
    record Found(List<byte[]> keys, long count) implements Outcome {}

    /// The engine has refused to go on.
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
