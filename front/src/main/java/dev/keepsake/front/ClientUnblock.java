package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;

/// `CLIENT UNBLOCK`: ends the wait of another client, if it waits. The engine knows that.
final class ClientUnblock extends EngineAsked {
    private static final int LONGEST = 4;

    private final NodeFront front;

    ClientUnblock(NodeFront front) {
        this.front = front;
    }

    @Override
    Question question(ClientConnection client, Arguments given) {
        boolean longer = given.count() > LONGEST;
        if (longer && !front.engine().isValkeySince(8, 1)) { // which passes over all of it
            return refused(Refusals.wrongSubcommand("CLIENT", given.text(1)));
        }
        String how = given.count() == LONGEST ? given.text(3) : "timeout";
        if (!how.equalsIgnoreCase("timeout") && !how.equalsIgnoreCase("error")) {
            return refused("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        }
        String wanted = given.text(2);
        if (Arguments.number(wanted) == null) {
            return refused(Refusals.NOT_AN_INTEGER);
        }
        return asked(() -> ask(client, idInEngine(wanted), how));
    }

    private void ask(ClientConnection client, long idInEngine, String how) {
        var control = front.controlLane();
        if (idInEngine == 0 || control == null) {
            client.answerLater(Patience.LIMITED, out -> RespWriter.integer(out, 0));
            return;
        }
        control.ask(
                reply -> {
                    long ended = reply instanceof RespValue.IntegerReply(long value) ? value : 0;
                    client.answerFrom(
                            reply,
                            ended == 0 ? Patience.LIMITED : Patience.ENDLESS,
                            out -> RespWriter.integer(out, ended));
                },
                "CLIENT",
                "UNBLOCK",
                Long.toString(idInEngine),
                how);
    }

    /// What the engine calls the lane of a client of this id, or 0.
    private long idInEngine(String wanted) {
        return front.clients().stream()
                .filter(client -> Long.toString(client.id()).equals(wanted))
                .findFirst()
                .map(ClientConnection::idInEngine)
                .orElse(0L);
    }
}
