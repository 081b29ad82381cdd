package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// `ACL DRYRUN`: asks the engine what a user's namesake may do, and shows the user's name in the
/// answer.
final class AclDryRun extends EngineAsked {
    private static final int USER = 2;
    private static final int COMMAND = 3;

    private final CommandTable table;
    private final AccessControl access;
    private final EngineSide engine;

    AclDryRun(CommandTable table, AccessControl access, EngineSide engine) {
        this.table = table;
        this.access = access;
        this.engine = engine;
    }

    @Override
    Question question(Client client, Arguments given) {
        var control = engine.controlLane();
        if (control == null) {
            return refused(Refusals.LOADING);
        }
        String user = given.text(USER);
        if (!access.isAdmitted(user)) {
            return refused("ERR User '%s' not found".formatted(user));
        }
        var meant = meant(given);
        if (meant == null || meant.handling() == CommandSpec.Handling.WITHHELD) {
            return refused("ERR Command '%s' not found".formatted(given.text(COMMAND)));
        }
        String refusal =
                AccessControl.isCheckedHere(meant)
                        ? access.refusal(user, meant, Refusals.LOADING)
                        : null;
        return asked(() ->
                control.ask(
                        reply ->
                                client.answerLater(
                                        Patience.LIMITED, out -> write(reply, user, refusal, out)),
                        given.with(USER, Namesakes.inEngine(user))));
    }

    private @Nullable CommandSpec meant(Arguments given) {
        String name = given.text(COMMAND);
        var command = table.find(name);
        if (command == null || given.count() <= COMMAND + 1) {
            return command;
        }
        var subcommand = table.find(name + "|" + given.text(COMMAND + 1));
        return subcommand == null ? command : subcommand;
    }

    /// @param refusal the front's own error, which the engine does not know, or null
    private static void write(RespValue reply, String user, @Nullable String refusal, ByteBuf out) {
        switch (reply) {
            case RespValue.ErrorReply(String error) -> RespWriter.error(out, error);
            case RespValue.Bulk why -> RespWriter.bulk(out, Namesakes.without(why.utf8(), user));
            default -> {
                if (refusal == null) {
                    RespWriter.simpleString(out, "OK");
                } else {
                    RespWriter.bulk(out, AccessControl.asDryRun(refusal));
                }
            }
        }
    }
}
