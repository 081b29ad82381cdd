package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.KeySlot;
import dev.keepsake.resp.Trait;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Commands that a cluster refuses: those with other databases, and those with keys that are made
/// from a pattern and may be in any slot. The engine of a node is not in cluster mode, so it would
/// execute them, or refuse them with another error. Rules and texts as in the engine's cluster mode
/// (`sort.c` and `db.c`). Immutable; any thread.
final class ClusterRules {
    private static final int DATABASES = 16; // the number of databases in a cluster of Redis 7.0
    private static final String NO_SUCH_DATABASE = "ERR DB index is out of range";
    private static final String OUT_OF_RANGE =
            "ERR value is out of range, value must between %d and %d"
                    .formatted(Integer.MIN_VALUE, Integer.MAX_VALUE);

    private final boolean hasOneDatabase;
    private final boolean mayHaveDatabases;
    private final boolean looksAtPatterns;
    private final boolean mayGetItself;

    /// @param engine the engine whose cluster mode is meant
    ClusterRules(ServedEngine engine) {
        this.hasOneDatabase = engine.isSince(7, 2, 7, 2); // the engine says so itself
        this.mayHaveDatabases = engine.isValkeySince(9, 0); // it has one by default
        this.looksAtPatterns = engine.isSince(7, 4, 8, 0);
        this.mayGetItself = engine.isSince(8, 0, 8, 1);
    }

    /// The error that refuses the command, or null when the engine answers it.
    @Nullable String refusal(Command command) {
        var spec = command.spec();
        if (spec.handling() == CommandSpec.Handling.REFUSED) {
            return mayHaveDatabases && spec.name().equals("move")
                    ? refusalToMove(command.text(2))
                    : "ERR %s is not allowed in cluster mode"
                            .formatted(spec.name().toUpperCase(Locale.ROOT));
        }
        if (command.isSketch() || !spec.is(Trait.CLUSTER_RULE)) {
            return null;
        }
        return switch (spec.name()) {
            case "sort", "sort_ro" -> refusalToSort(command);
            // An engine with one database gives the same answer outside cluster mode.
            case "copy" -> hasOneDatabase ? null : refusalToCopy(command);
            default -> null;
        };
    }

    /// The error that refuses to select a database, or null for the database that exists.
    @Nullable String refusalToSelect(String database) {
        var number = Arguments.number(database);
        if (number == null || number.intValue() != number) {
            return refusalOf(number);
        }
        if (number == 0) {
            return null;
        }
        return mayHaveDatabases ? NO_SUCH_DATABASE : "ERR SELECT is not allowed in cluster mode";
    }

    private static String refusalToMove(String database) {
        var number = Arguments.number(database);
        if (number == null || number.intValue() != number) {
            return refusalOf(number);
        }
        return number == 0 ? "ERR source and destination objects are the same" : NO_SUCH_DATABASE;
    }

    /// The error for a text that cannot be the number of a database.
    private static String refusalOf(@Nullable Long number) {
        return number == null ? Refusals.NOT_AN_INTEGER : OUT_OF_RANGE;
    }

    private @Nullable String refusalToSort(Command command) {
        for (int i = 2; i < command.argumentCount(); i++) {
            boolean last = i == command.argumentCount() - 1;
            switch (command.text(i).toLowerCase(Locale.ROOT)) {
                case "asc", "desc", "alpha" -> {
                    // stand alone
                }
                case "limit" -> i += 2;
                case "store" -> i++;
                case "by" -> {
                    if (!last && isElsewhere(command, ++i)) {
                        return denied("BY");
                    }
                }
                case "get" -> {
                    if (last) {
                        return null;
                    }
                    i++;
                    boolean itself = mayGetItself && command.text(i).equals("#");
                    if (!itself && (!looksAtPatterns || slotOf(command, i) != command.slotOf(1))) {
                        return denied("GET");
                    }
                }
                default -> {
                    return null; // a syntax error, for which the engine has the error
                }
            }
        }
        return null;
    }

    /// Whether sorting by a pattern reads keys that may be in other slots. A pattern without an
    /// asterisk reads no keys.
    private boolean isElsewhere(Command command, int index) {
        return command.text(index).contains("*")
                && (!looksAtPatterns || slotOf(command, index) != command.slotOf(1));
    }

    private String denied(String option) {
        return "ERR %s option of SORT denied in Cluster mode%s."
                .formatted(
                        option,
                        looksAtPatterns
                                ? " when keys formed by the pattern may be in different slots"
                                : "");
    }

    /// The slot of all keys that a pattern makes, or -1 when they may be in several slots: as
    /// `patternHashSlot` in `cluster.c`, which stops at the end of a hash tag.
    private static int slotOf(Command command, int index) {
        var pattern = command.argument(index);
        int length = pattern.readableBytes();
        int open = -1;
        for (int i = 0; i < length; i++) {
            switch (pattern.getByte(i)) {
                case '*', '?', '[', '\\' -> {
                    return -1;
                }
                case '{' -> open = open == -1 ? i : open;
                case '}' -> {
                    if (open >= 0 && i == open + 1) {
                        open = -2; // an empty hash tag does not count
                    } else if (open >= 0) {
                        return KeySlot.of(pattern, 0, i + 1);
                    }
                }
                default -> {
                    // continues
                }
            }
        }
        return command.slotOf(index);
    }

    /// The engine has one database and stops at the number of another one, so an error behind that
    /// is found here too.
    private static @Nullable String refusalToCopy(Command command) {
        long database = 0;
        for (int i = 3; i < command.argumentCount(); i++) {
            boolean last = i == command.argumentCount() - 1;
            String option = command.text(i).toLowerCase(Locale.ROOT);
            if (option.equals("db") && !last) {
                var number = Arguments.number(command.text(++i));
                if (number == null || number.intValue() != number) {
                    return refusalOf(number);
                }
                if (number < 0 || number >= DATABASES) {
                    return NO_SUCH_DATABASE;
                }
                database = number;
            } else if (!option.equals("replace")) {
                return "ERR syntax error";
            }
        }
        return database == 0
                ? null
                : "ERR Copying to another database is not allowed in cluster mode";
    }
}
