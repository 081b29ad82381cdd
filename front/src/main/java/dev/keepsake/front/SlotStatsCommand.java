package dev.keepsake.front;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// `CLUSTER SLOT-STATS`: walks through the engine's keys and counts them; see [SlotStats].
final class SlotStatsCommand extends EngineAsked {
    private final ThisNode node;
    private final EngineSide engine;

    SlotStatsCommand(ThisNode node, EngineSide engine) {
        this.node = node;
        this.engine = engine;
    }

    @Override
    Question question(Client client, Arguments given) {
        var control = engine.controlLane();
        if (!node.isServing() || control == null) {
            return refused(Refusals.LOADING);
        }
        return switch (SlotStats.of(given, node.slots())) {
            case SlotStats.Malformed(String error) -> refused(error);
            case SlotStats.Asked(SlotStats stats) ->
                    asked(() ->
                            KeyWalk.begin(
                                    control,
                                    stats,
                                    error ->
                                            client.answerLater(
                                                    Patience.LIMITED,
                                                    out -> write(client, stats, error, out))));
        };
    }

    private static void write(Client client, SlotStats stats, @Nullable String error, ByteBuf out) {
        if (error == null) {
            stats.write(client.session().protocol(), out);
        } else {
            RespWriter.error(out, error);
        }
    }
}
