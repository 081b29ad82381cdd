package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;

/// `CLIENT UNBLOCK`: ends the wait of another client. The engine knows whether that client waits.
final class ClientUnblock extends EngineAsked {
    private static final int LONGEST = 4;

    private final ServedEngine program;
    private final Clients clients;
    private final EngineSide engine;

    ClientUnblock(ServedEngine program, Clients clients, EngineSide engine) {
        this.program = program;
        this.clients = clients;
        this.engine = engine;
    }

    @Override
    Question question(Client client, Arguments given) {
        boolean longer = given.count() > LONGEST;
        if (longer && !program.isValkeySince(8, 1)) { // which ignores the additional arguments
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

    private void ask(Client client, long idInEngine, String how) {
        var control = engine.controlLane();
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

    /// The engine's number of the own lane of the client with this id, or 0.
    private long idInEngine(String wanted) {
        return clients.all().stream()
                .filter(client -> Long.toString(client.id()).equals(wanted))
                .findFirst()
                .map(Client::idInEngine)
                .orElse(0L);
    }
}
