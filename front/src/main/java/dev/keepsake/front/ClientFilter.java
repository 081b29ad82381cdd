package dev.keepsake.front;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Selects the clients of a CLIENT LIST or CLIENT KILL, as Valkey does since 8.1: by `ID`, `TYPE`,
/// `ADDR`, `LADDR`, `USER`, `MAXAGE` and `SKIPME` in both commands, since 9.0 by every field of a
/// line of CLIENT LIST, and by `NOT-` before most of them. Texts as in `parseClientFiltersOrReply`
/// in `networking.c`. Owned by the node's event loop.
final class ClientFilter {
    /// The result of reading the options.
    sealed interface Parsed {}

    /// @param clients selects the clients
    /// @param skipsMe whether the client that asks is excluded, or null when the options do not say
    ///   so
    record Meant(Predicate<Client> clients, @Nullable Boolean skipsMe) implements Parsed {}

    /// The options are malformed.
    record Malformed(String error) implements Parsed {}

    private static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final String error;

        MalformedException(String error) {
            super(error);
            this.error = error;
        }
    }

    private static final String SYNTAX = "ERR syntax error";
    private static final String NOT = "not-";
    private static final String FLAGS = "OSMPxbtRBdcuAUreTIN";

    private final ServedEngine engine;
    private final AccessControl access;
    private final String[] arguments;
    private final boolean knowsEverything;
    private Predicate<Client> meant = client -> true;
    private @Nullable Boolean skipsMe;
    private int at;

    private ClientFilter(ServedEngine engine, AccessControl access, String[] arguments, int from) {
        this.engine = engine;
        this.access = access;
        this.arguments = arguments;
        this.knowsEverything = engine.isValkeySince(9, 0);
        this.at = from;
    }

    /// Reads the options, beginning with this argument.
    static Parsed of(ServedEngine engine, AccessControl access, String[] arguments, int from) {
        var filter = new ClientFilter(engine, access, arguments, from);
        try {
            while (filter.at < arguments.length) {
                filter.readOption();
            }
            return new Meant(filter.meant, filter.skipsMe);
        } catch (MalformedException e) {
            return new Malformed(e.error);
        }
    }

    static boolean isType(String type, ServedEngine engine) {
        return switch (type) {
            case "normal", "master", "slave", "replica", "pubsub" -> true;
            case "primary" -> engine.isValkey();
            default -> false;
        };
    }

    private void readOption() throws MalformedException {
        String option = arguments[at].toLowerCase(Locale.ROOT);
        boolean not = knowsEverything && option.startsWith(NOT);
        String name = not ? option.substring(NOT.length()) : option;
        if (at + 1 == arguments.length) {
            throw new MalformedException(SYNTAX);
        }
        at++;
        if (name.equals("id")) {
            var ids = ids();
            narrow(not, client -> ids.contains(client.id()));
            return;
        }
        String value = arguments[at++];
        switch (name) {
            case "type" -> {
                String type = value.toLowerCase(Locale.ROOT);
                if (!isType(type, engine)) {
                    throw new MalformedException("ERR Unknown client type '%s'".formatted(value));
                }
                narrow(not, client -> client.type().equals(type));
            }
            case "user" -> {
                if (!access.isAdmitted(value)) {
                    throw new MalformedException("ERR No such user '%s'".formatted(value));
                }
                narrow(not, client -> value.equals(client.session().user()));
            }
            case "addr", "laddr" -> narrow(not, client -> client.shows(name, value));
            case "maxage" -> {
                refuseNegation(not);
                long seconds = positive(name, value);
                narrow(false, client -> client.isSince("age", seconds));
            }
            case "skipme" -> {
                refuseNegation(not);
                skipsMe =
                        switch (value.toLowerCase(Locale.ROOT)) {
                            case "yes" -> true;
                            case "no" -> false;
                            default -> throw new MalformedException(SYNTAX);
                        };
            }
            default -> readNewer(name, not, value);
        }
    }

    private void readNewer(String name, boolean not, String value) throws MalformedException {
        if (!knowsEverything) {
            throw new MalformedException(SYNTAX);
        }
        switch (name) {
            case "name", "lib-name", "lib-ver" ->
                    narrow(not, client -> !value.isEmpty() && client.shows(name, value));
            case "idle" -> {
                refuseNegation(not);
                long seconds = positive(name, value);
                narrow(false, client -> client.isSince("idle", seconds));
            }
            case "flags" -> {
                if (!value.chars().allMatch(flag -> FLAGS.indexOf(flag) >= 0)) {
                    throw new MalformedException(
                            "ERR Unknown flags found in the provided filter: " + value);
                }
                narrow(not, client -> value.chars().allMatch(client::hasFlag));
            }
            case "capa" -> {
                if (!value.chars().allMatch(capability -> capability == 'r')) {
                    throw new MalformedException(
                            "ERR Unknown capa found in the provided filter: " + value);
                }
                narrow(not, client -> value.isEmpty() || client.session().redirected());
            }
            case "db" -> {
                var number = Arguments.number(value);
                if (number == null) {
                    throw new MalformedException("ERR DB is not an integer or out of range");
                }
                if (number != 0) {
                    throw new MalformedException("ERR DB number should be between 0 and 0");
                }
                narrow(not, client -> true);
            }
            case "ip" -> narrow(not, client -> client.address().startsWith(value + ":"));
            default -> throw new MalformedException(SYNTAX);
        }
    }

    private void narrow(boolean not, Predicate<Client> by) {
        meant = meant.and(not ? by.negate() : by);
    }

    private static void refuseNegation(boolean not) throws MalformedException {
        if (not) {
            throw new MalformedException(SYNTAX);
        }
    }

    /// All numbers that follow. An argument that is not a number is the next option.
    private Set<Long> ids() throws MalformedException {
        var ids = new HashSet<Long>();
        while (at < arguments.length) {
            var id = Arguments.number(arguments[at]);
            if (id == null) {
                break;
            }
            if (id < 1) {
                throw new MalformedException("ERR client-id should be greater than 0");
            }
            ids.add(id);
            at++;
        }
        return ids;
    }

    private static long positive(String name, String value) throws MalformedException {
        var number = Arguments.number(value);
        if (number == null) {
            throw new MalformedException(
                    "ERR %s is not an integer or out of range".formatted(name));
        }
        if (number <= 0) {
            throw new MalformedException("ERR %s should be greater than 0".formatted(name));
        }
        return number;
    }
}
