package dev.keepsake.front;

import dev.keepsake.core.Clock;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.List;

/// `ACL LOG`: lists failed logins, which the front knows, and what the engine has refused.
final class AclLogCommand extends EngineAsked {
    private static final int SHOWN = 10;
    private static final int LONGEST = 3;
    private static final int AGES_ASKED_MAX = 5;

    private final FailedLogins failedLogins;
    private final EngineSide engine;
    private final Clock clock;

    AclLogCommand(FailedLogins failedLogins, EngineSide engine, Clock clock) {
        this.failedLogins = failedLogins;
        this.engine = engine;
        this.clock = clock;
    }

    @Override
    Question question(Client client, Arguments given) {
        if (given.count() > LONGEST) {
            return refused(Refusals.wrongSubcommand("ACL", given.text(1)));
        }
        boolean limited = given.count() == LONGEST;
        boolean resets = limited && given.text(2).equalsIgnoreCase("reset");
        var wanted = limited && !resets ? Arguments.number(given.text(2)) : Long.valueOf(SHOWN);
        if (wanted == null) {
            return refused(Refusals.NOT_AN_INTEGER);
        }
        int limit = Math.clamp(wanted, 0, Integer.MAX_VALUE);
        var control = engine.controlLane();
        if (control == null) {
            return new Question.Known((one, command, out) -> answerAlone(one, resets, limit, out));
        }
        return asked(() -> {
            if (resets) {
                askToReset(client, control);
            } else {
                askForEntries(client, control, limit, AGES_ASKED_MAX);
            }
        });
    }

    private void askToReset(Client client, ControlLane control) {
        control.ask(
                reply -> {
                    if (reply instanceof RespValue.SimpleString) {
                        failedLogins.forget(); // also when the client wants no answer
                    }
                    client.answerFrom(
                            reply, Patience.NONE, out -> RespWriter.simpleString(out, "OK"));
                },
                "ACL",
                "LOG",
                "RESET");
    }

    /// The engine's entries carry their age at the moment of its answer. That moment is known when
    /// the engine's clock shows the same millisecond before and after the answer.
    private void askForEntries(Client client, ControlLane control, int limit, int timesLeft) {
        var asked = new RespValue[2];
        control.ask(before -> asked[0] = before, "TIME");
        control.ask(log -> asked[1] = log, "ACL", "LOG", Integer.toString(limit));
        control.ask(
                after -> {
                    long nowMs = FailedLogins.millis(after);
                    if (nowMs != FailedLogins.millis(asked[0]) && timesLeft > 1) {
                        askForEntries(client, control, limit, timesLeft - 1);
                    } else {
                        client.answerFrom(
                                asked[1],
                                Patience.LIMITED,
                                out -> write(client, asked[1], limit, nowMs, out));
                    }
                },
                "TIME");
    }

    private void answerAlone(Client client, boolean resets, int limit, ByteBuf out) {
        if (resets) {
            failedLogins.forget();
            RespWriter.simpleString(out, "OK");
        } else {
            write(
                    client,
                    new RespValue.ArrayReply(List.of()),
                    limit,
                    clock.now().toEpochMilli(),
                    out);
        }
    }

    private void write(Client client, RespValue ofEngine, int limit, long nowMs, ByteBuf out) {
        failedLogins.write(ofEngine, limit, nowMs, client.session().protocol(), out);
    }
}
