package dev.keepsake.front;

import dev.keepsake.core.Slots;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.List;

/// `CLUSTER COUNTKEYSINSLOT` and `CLUSTER GETKEYSINSLOT`: walks through the engine's keys, because
/// an engine that is not in cluster mode keeps no list of a slot's keys.
final class KeysInSlotCommand extends EngineAsked {
    private static final int SLOT = 2;
    private static final int LIMIT = 3;

    private final ThisNode node;
    private final EngineSide engine;
    private final boolean counts;

    /// @param counts whether only the number of keys is asked for
    KeysInSlotCommand(ThisNode node, EngineSide engine, boolean counts) {
        this.node = node;
        this.engine = engine;
        this.counts = counts;
    }

    @Override
    Question question(Client client, Arguments given) {
        var control = engine.controlLane();
        if (!node.isServing() || control == null) {
            return refused(Refusals.LOADING);
        }
        for (int i = SLOT; i < given.count(); i++) {
            if (Arguments.number(given.text(i)) == null) {
                return refused(Refusals.NOT_AN_INTEGER);
            }
        }
        int slot = smallNumber(given.text(SLOT));
        int limit = counts ? 0 : smallNumber(given.text(LIMIT));
        if (slot < 0 || slot >= Slots.COUNT || limit < 0) {
            return refused(counts ? "ERR Invalid slot" : "ERR Invalid slot or number of keys");
        }
        var search = counts ? KeysInSlot.all(control, slot) : KeysInSlot.some(control, slot, limit);
        return asked(() ->
                search.find(outcome ->
                        client.answerLater(Patience.LIMITED, out -> write(outcome, out))));
    }

    private void write(KeysInSlot.Outcome outcome, ByteBuf out) {
        switch (outcome) {
            case KeysInSlot.Refused(String error) -> RespWriter.error(out, error);
            case KeysInSlot.Found(List<byte[]> keys, long count) -> {
                if (counts) {
                    RespWriter.integer(out, count);
                } else {
                    RespWriter.array(out, keys.size());
                    keys.forEach(key -> RespWriter.bulk(out, key));
                }
            }
        }
    }
}
