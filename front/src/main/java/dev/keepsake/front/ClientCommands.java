package dev.keepsake.front;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The answers of `CLIENT …`. They describe and affect the clients of this node only, as in Redis.
/// Shapes and texts as in Redis 7.0's `networking.c`. Owned by the node's event loop.
final class ClientCommands {
    private static final String SYNTAX = "ERR syntax error";
    static final String BAD_NAME =
            "ERR Client names cannot contain spaces, newlines or special characters.";
    private static final String NO_SUCH_CLIENT = "ERR No such client";

    private final ServedEngine program;
    private final AccessControl access;
    private final Clients clients;
    private final Intake intake;
    private final EngineSide engine;

    /// @param program the program of the node's engines
    ClientCommands(
            ServedEngine program,
            AccessControl access,
            Clients clients,
            Intake intake,
            EngineSide engine) {
        this.program = program;
        this.access = access;
        this.clients = clients;
        this.intake = intake;
        this.engine = engine;
    }

    /// Binds the answers to their rows of the command table.
    void bindTo(FrontAnswers answers) {
        answers.bind("client|id", (client, given, out) -> RespWriter.integer(out, client.id()));
        answers.bind("client|getname", (client, given, out) -> name(client.session(), out));
        answers.bind(
                "client|setname",
                (client, given, out) -> setName(client.session(), given.texts(), out));
        answers.bind(
                "client|setinfo",
                (client, given, out) -> setInfo(client.session(), given.texts(), out));
        answers.bind(
                "client|info",
                (client, given, out) ->
                        RespWriter.verbatim(
                                out, client.describe() + "\n", client.session().protocol()));
        answers.bind("client|list", (client, given, out) -> list(client, given.texts(), out));
        answers.bindClosing(
                "client|kill", (client, given, out) -> kill(client, given.texts(), out));
        answers.bind(
                "client|no-evict",
                (client, given, out) -> noEvict(client.session(), given.text(2), out));
        answers.bind(
                "client|no-touch",
                (client, given, out) -> noTouch(client.session(), given.text(2), out));
        answers.bind(
                "client|capa",
                (client, given, out) -> capabilities(client.session(), given.texts(), out));
        answers.bind(
                "client|import-source", (client, given, out) -> importSource(given.text(2), out));
        answers.bind("client|reply", (client, given, out) -> reply(client, given.text(2), out));
        answers.bind("client|pause", (client, given, out) -> pause(given.texts(), out));
        answers.bind(
                "client|unpause",
                (client, given, out) -> {
                    intake.unpause();
                    RespWriter.simpleString(out, "OK");
                });
        answers.bind(
                "client|getredir",
                (client, given, out) -> RespWriter.integer(out, client.redirection()));
        answers.bindAnswer("client|unblock", new ClientUnblock(program, clients, engine));
    }

    private static void name(Session session, ByteBuf out) {
        if (session.name().isEmpty()) {
            RespWriter.nullBulk(out, session.protocol());
        } else {
            RespWriter.bulk(out, session.name());
        }
    }

    private void list(Client client, String[] arguments, ByteBuf out) {
        if (arguments.length > 2 && program.isValkeySince(8, 1)) {
            listFiltered(client, arguments, out);
        } else {
            list(client.session().protocol(), arguments, out);
        }
    }

    private static void setName(Session session, String[] arguments, ByteBuf out) {
        if (!isName(arguments[2])) {
            RespWriter.error(out, BAD_NAME);
        } else {
            session.name(arguments[2]);
            RespWriter.simpleString(out, "OK");
        }
    }

    /// Whether a client may have this name. An empty name removes the name.
    static boolean isName(String text) {
        return text.chars().allMatch(c -> c > ' ' && c <= '~');
    }

    private static void setInfo(Session session, String[] arguments, ByteBuf out) {
        String what = arguments[2].toLowerCase(Locale.ROOT);
        if ((what.equals("lib-name") || what.equals("lib-ver")) && !isName(arguments[3])) {
            RespWriter.error(
                    out,
                    "ERR %s cannot contain spaces, newlines or special characters."
                            .formatted(what));
            return;
        }
        switch (what) {
            case "lib-name" -> session.libraryName(arguments[3]);
            case "lib-ver" -> session.libraryVersion(arguments[3]);
            default -> {
                RespWriter.error(out, "ERR Unrecognized option '%s'".formatted(arguments[2]));
                return;
            }
        }
        RespWriter.simpleString(out, "OK");
    }

    /// Reads the options as Valkey does since 8.1.
    private void listFiltered(Client asker, String[] arguments, ByteBuf out) {
        switch (ClientFilter.of(program, access, arguments, 2)) {
            case ClientFilter.Malformed(String error) -> RespWriter.error(out, error);
            case ClientFilter.Meant(var meant, var skipsMe) ->
                    RespWriter.verbatim(
                            out,
                            clients.all().stream()
                                    .filter(meant)
                                    .filter(client ->
                                            !client.equals(asker) || !Boolean.TRUE.equals(skipsMe))
                                    .sorted(Comparator.comparingLong(Client::id))
                                    .map(client -> client.describe() + "\n")
                                    .collect(Collectors.joining()),
                            asker.session().protocol());
        }
    }

    private boolean killFiltered(Client asker, String[] arguments, ByteBuf out) {
        return switch (ClientFilter.of(program, access, arguments, 2)) {
            case ClientFilter.Malformed(String error) -> {
                RespWriter.error(out, error);
                yield true;
            }
            case ClientFilter.Meant(var meant, var skipsMe) -> {
                boolean sparesMe = !Boolean.FALSE.equals(skipsMe);
                var found = matching(meant.and(other -> !other.equals(asker) || !sparesMe));
                RespWriter.integer(out, found.size());
                yield !disconnect(found, asker);
            }
        };
    }

    private void list(int protocol, String[] arguments, ByteBuf out) {
        Stream<? extends Client> shown =
                clients.all().stream().sorted(Comparator.comparingLong(Client::id));
        if (arguments.length > 2) {
            String option = arguments[2].toLowerCase(Locale.ROOT);
            if (option.equals("type") && arguments.length == 4) {
                String type = arguments[3].toLowerCase(Locale.ROOT);
                if (!ClientFilter.isType(type, program)) {
                    RespWriter.error(out, "ERR Unknown client type '%s'".formatted(arguments[3]));
                    return;
                }
                shown = shown.filter(client -> client.type().equals(type));
            } else if (option.equals("id") && arguments.length > 3) {
                var named = new ArrayList<Client>();
                for (int i = 3; i < arguments.length; i++) {
                    var id = Arguments.number(arguments[i]);
                    if (id == null) {
                        RespWriter.error(out, "ERR Invalid client ID");
                        return;
                    }
                    var client = clients.find(id);
                    if (client != null) {
                        named.add(client);
                    }
                }
                shown = named.stream(); // in the order of the request
            } else {
                RespWriter.error(out, SYNTAX);
                return;
            }
        }
        RespWriter.verbatim(
                out,
                shown.map(client -> client.describe() + "\n").collect(Collectors.joining()),
                protocol);
    }

    /// Disconnects the selected clients, and answers with their number.
    ///
    /// @return whether the connection of the client that asks stays open
    private boolean kill(Client client, String[] arguments, ByteBuf out) {
        if (arguments.length == 3) {
            var found = matching(other -> other.address().equals(arguments[2]));
            if (found.isEmpty()) {
                RespWriter.error(out, NO_SUCH_CLIENT);
                return true;
            }
            RespWriter.simpleString(out, "OK");
            return !disconnect(found, client);
        }
        if (program.isValkeySince(8, 1)) {
            return killFiltered(client, arguments, out);
        }
        Predicate<Client> meant = other -> true;
        boolean skipMe = true;
        for (int i = 2; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length) {
                RespWriter.error(out, SYNTAX);
                return true;
            }
            String value = arguments[i + 1];
            switch (arguments[i].toLowerCase(Locale.ROOT)) {
                case "id" -> {
                    var id = Arguments.number(value);
                    if (id == null || id <= 0) {
                        RespWriter.error(out, "ERR client-id should be greater than 0");
                        return true;
                    }
                    meant = meant.and(other -> other.id() == id);
                }
                case "maxage" -> {
                    var seconds = program.isSince(7, 4, 8, 0) ? Arguments.number(value) : null;
                    if (seconds == null || seconds <= 0) {
                        RespWriter.error(out, malformedAge(seconds));
                        return true;
                    }
                    meant = meant.and(other -> other.isSince("age", seconds));
                }
                case "addr" -> meant = meant.and(other -> other.address().equals(value));
                case "laddr" -> meant = meant.and(other -> other.localAddress().equals(value));
                case "user" -> {
                    if (!access.isAdmitted(value)) {
                        RespWriter.error(out, "ERR No such user '%s'".formatted(value));
                        return true;
                    }
                    meant = meant.and(other -> value.equals(other.session().user()));
                }
                case "type" -> {
                    String type = value.toLowerCase(Locale.ROOT);
                    if (!ClientFilter.isType(type, program)) {
                        RespWriter.error(out, "ERR Unknown client type '%s'".formatted(value));
                        return true;
                    }
                    meant = meant.and(other -> other.type().equals(type));
                }
                case "skipme" -> {
                    String choice = value.toLowerCase(Locale.ROOT);
                    if (!choice.equals("yes") && !choice.equals("no")) {
                        RespWriter.error(out, SYNTAX);
                        return true;
                    }
                    skipMe = choice.equals("yes");
                }
                default -> {
                    RespWriter.error(out, SYNTAX);
                    return true;
                }
            }
        }
        boolean sparesMe = skipMe;
        var found = matching(meant.and(other -> !other.equals(client) || !sparesMe));
        RespWriter.integer(out, found.size());
        return !disconnect(found, client);
    }

    private String malformedAge(@Nullable Long seconds) {
        if (!program.isSince(7, 4, 8, 0)) {
            return SYNTAX;
        }
        return seconds == null
                ? "ERR maxage is not an integer or out of range"
                : "ERR maxage should be greater than 0";
    }

    private List<? extends Client> matching(Predicate<Client> meant) {
        return clients.all().stream().filter(meant).toList();
    }

    /// Disconnects the clients, except the one that asks and still has to be answered.
    ///
    /// @return whether that one is among them
    private static boolean disconnect(List<? extends Client> found, Client asker) {
        boolean itself = false;
        for (var client : found) {
            if (client.equals(asker)) {
                itself = true;
            } else {
                client.disconnect();
            }
        }
        return itself;
    }

    private static void noEvict(Session session, String choice, ByteBuf out) {
        switch (choice.toLowerCase(Locale.ROOT)) {
            case "on" -> session.spared(true);
            case "off" -> session.spared(false);
            default -> {
                RespWriter.error(out, SYNTAX);
                return;
            }
        }
        RespWriter.simpleString(out, "OK");
    }

    private static void noTouch(Session session, String choice, ByteBuf out) {
        switch (choice.toLowerCase(Locale.ROOT)) {
            case "on" -> session.touchesNothing(true);
            case "off" -> session.touchesNothing(false);
            default -> {
                RespWriter.error(out, SYNTAX);
                return;
            }
        }
        RespWriter.simpleString(out, "OK");
    }

    /// Unknown capabilities are ignored, as in Valkey.
    private static void capabilities(Session session, String[] arguments, ByteBuf out) {
        for (int i = 2; i < arguments.length; i++) {
            if (arguments[i].equalsIgnoreCase("redirect")) {
                session.understandsRedirection();
            }
        }
        RespWriter.simpleString(out, "OK");
    }

    /// A node is never in import mode: keys arrive through the log only.
    private static void importSource(String choice, ByteBuf out) {
        if (choice.equalsIgnoreCase("off")) {
            RespWriter.simpleString(out, "OK");
        } else {
            RespWriter.error(out, "ERR Server is not in import mode");
        }
    }

    private static void reply(Client client, String choice, ByteBuf out) {
        switch (choice.toLowerCase(Locale.ROOT)) {
            case "on" -> {
                client.replies().mute(ReplyQueue.Mute.NOTHING);
                RespWriter.simpleString(out, "OK");
            }
            case "off" -> client.replies().mute(ReplyQueue.Mute.EVERYTHING);
            case "skip" -> client.replies().mute(ReplyQueue.Mute.NEXT);
            default -> RespWriter.error(out, SYNTAX);
        }
    }

    private void pause(String[] arguments, ByteBuf out) {
        boolean longer = arguments.length > 4;
        if (longer && !program.isValkeySince(8, 1)) { // which ignores the additional arguments
            RespWriter.error(out, Refusals.wrongSubcommand("CLIENT", arguments[1]));
            return;
        }
        String what = arguments.length == 4 ? arguments[3].toLowerCase(Locale.ROOT) : "all";
        if (!what.equals("all") && !what.equals("write")) {
            RespWriter.error(out, "ERR CLIENT PAUSE mode must be WRITE or ALL");
            return;
        }
        var timeoutMs = Arguments.number(arguments[2]);
        if (timeoutMs == null || timeoutMs < 0) {
            RespWriter.error(
                    out,
                    timeoutMs == null
                            ? "ERR timeout is not an integer or out of range"
                            : "ERR timeout is negative");
            return;
        }
        intake.pause(what.equals("all"), timeoutMs);
        RespWriter.simpleString(out, "OK");
    }
}
