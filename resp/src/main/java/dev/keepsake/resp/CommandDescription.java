package dev.keepsake.resp;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An engine's description of one of its commands or subcommands, from its reply to `COMMAND`.
///
/// The description does not say whether a command that is neither `write` nor `readonly` replicates
/// something (`may_replicate`), nor whether a command accesses keys that it does not name.
///
/// @param name lower case; `object|encoding` for a subcommand
/// @param arity the number of arguments with the name; negative means "at least"
/// @param keyRules the positions of keys, as far as the description has them
/// @param namesAllKeys whether these are exactly all keys
record CommandDescription(
        String name, int arity, Set<String> flags, List<KeyRule> keyRules, boolean namesAllKeys) {
    /*
     * A row of the reply in both versions of RESP (a decoded map is keys and values in turn):
     *
     *   name, arity, flags, first key, last key, step, ACL categories, tips, key specifications, subcommands
     *
     * A key specification has `flags`, and two steps, each a map of `type` and `spec`:
     *
     *   begin_search  index    {index}
     *                 keyword  {keyword, startfrom}
     *                 unknown  {}
     *   find_keys     range    {lastkey, keystep, limit}
     *                 keynum   {keynumidx, firstkey, keystep}
     *                 unknown  {}
     */
    private static final int COLUMNS = 10;
    private static final int FLAGS = 2;
    private static final int KEY_SPECIFICATIONS = 8;
    private static final int SUBCOMMANDS = 9;

    private static final int COMMANDS_MAX = 10_000;
    private static final int NAME_MAX = 128;
    private static final int FLAGS_MAX = 64;
    private static final int KEY_SPECIFICATIONS_MAX = 32;
    private static final int ARITY_MAX = 1_000;
    private static final int POSITION_MAX = 1_000;

    private static final String MODULE = "module";
    private static final String MOVABLE_KEYS = "movablekeys";
    private static final String VARIABLE_FLAGS = "variable_flags";

    /// Reads the whole reply: every command, followed by its subcommands.
    ///
    /// @throws CorruptReplyException when the reply is not what engines since Redis 7.0 send
    static List<CommandDescription> all(RespValue reply) {
        var all = new ArrayList<CommandDescription>();
        var names = new HashSet<String>();
        for (var row : items(reply, "the reply", COMMANDS_MAX)) {
            add(row, "", all, names);
        }
        if (all.isEmpty()) {
            throw new CorruptReplyException(
                    "the engine's reply to COMMAND names no command; expected those of a redis-server or valkey-server of version 7.0 or newer");
        }
        return all;
    }

    private static void add(
            RespValue row, String container, List<CommandDescription> all, Set<String> names) {
        var columns = items(row, "a row", 2 * COLUMNS);
        if (columns.size() < COLUMNS) {
            throw corrupt("a row has %d columns".formatted(columns.size()), "10, as since 7.0");
        }
        var name = name(columns.getFirst(), container);
        if (!names.add(name)) {
            throw corrupt("'%s' is there twice".formatted(name), "each command once");
        }
        if (all.size() == COMMANDS_MAX) {
            throw corrupt("there are more commands", "%d at most".formatted(COMMANDS_MAX));
        }
        all.add(described(name, columns));
        for (var subcommand :
                items(columns.get(SUBCOMMANDS), "the subcommands of " + name, COMMANDS_MAX)) {
            if (!container.isEmpty()) {
                throw corrupt("'%s' has subcommands".formatted(name), "none below a subcommand");
            }
            add(subcommand, name, all, names);
        }
    }

    private static String name(RespValue column, String container) {
        var name = text(column, "a command's name").toLowerCase(Locale.ROOT);
        int bar = name.indexOf('|');
        boolean isPlain =
                name.length() <= NAME_MAX && name.chars().allMatch(c -> c > ' ' && c <= '~');
        boolean belongs =
                container.isEmpty()
                        ? bar < 0
                        : name.startsWith(container + "|") && name.indexOf('|', bar + 1) < 0;
        if (!isPlain || !belongs || name.isEmpty() || name.endsWith("|")) {
            throw corrupt(
                    "a command is called '%.128s'".formatted(name.replaceAll("[^ -~]", "?")),
                    container.isEmpty()
                            ? "one word of 1 to %d letters".formatted(NAME_MAX)
                            : "'%s|' and one word".formatted(container));
        }
        return name;
    }

    private static CommandDescription described(String name, List<RespValue> columns) {
        int arity = number(columns.get(1), ARITY_MAX, "the arity of " + name);
        if (arity == 0) {
            throw corrupt("the arity of %s is 0".formatted(name), "its name counts as one");
        }
        var flags = words(columns.get(FLAGS), "the flags of " + name);
        var rules = new ArrayList<KeyRule>();
        boolean complete = true;
        boolean varying = false;
        var specifications =
                items(
                        columns.get(KEY_SPECIFICATIONS),
                        "the key specifications of " + name,
                        KEY_SPECIFICATIONS_MAX);
        for (var each : specifications) {
            var parts = Fields.of(each, "a key specification of " + name);
            var keyFlags = words(parts.get("flags"), "the flags of a key of " + name);
            // An argument that is not a key but determines a slot, such as a cursor, does not tell
            // which data is read.
            complete &= !keyFlags.contains("incomplete") && !keyFlags.contains("not_key");
            varying |= keyFlags.contains(VARIABLE_FLAGS);
            var rule = rule(parts);
            if (rule == null) {
                complete = false;
            } else {
                // Commands do not take the first such word wherever it is, and the description does
                // not tell which other arguments may have that text.
                complete &= rule.keywords().isEmpty();
                rules.add(rule);
            }
        }
        boolean moves = flags.contains(MOVABLE_KEYS);
        boolean explained =
                rules.stream().anyMatch(KeyRule::isCounted) || (varying && !flags.contains(MODULE));
        return new CommandDescription(
                name,
                arity,
                flags,
                List.copyOf(rules),
                complete && !specifications.isEmpty() && (!moves || explained));
    }

    /// @return null when the description says that the positions are unknown
    private static @Nullable KeyRule rule(Fields specification) {
        var begin = specification.step("begin_search");
        var find = specification.step("find_keys");
        if (begin.type().equals("unknown") || find.type().equals("unknown")) {
            return null;
        }
        var keywords = List.<String>of();
        int from;
        switch (begin.type()) {
            case "index" -> {
                from = begin.fields().number("index", POSITION_MAX);
                if (from < 1) {
                    throw corrupt("keys begin at argument %d".formatted(from), "1 or more");
                }
            }
            case "keyword" -> {
                keywords = List.of(begin.fields().text("keyword").toUpperCase(Locale.ROOT));
                from = begin.fields().number("startfrom", POSITION_MAX);
                if (from == 0) {
                    throw corrupt("a keyword is looked for from argument 0", "another one");
                }
            }
            default ->
                    throw corrupt("keys begin by '%s'".formatted(begin.type()), "index, keyword");
        }
        return switch (find.type()) {
            case "range" ->
                    KeyRule.range(
                            keywords,
                            from,
                            find.fields().number("lastkey", POSITION_MAX),
                            find.fields().positive("keystep", POSITION_MAX),
                            find.fields().natural("limit", POSITION_MAX));
            case "keynum" ->
                    KeyRule.counted(
                            keywords,
                            from,
                            find.fields().natural("keynumidx", POSITION_MAX),
                            find.fields().natural("firstkey", POSITION_MAX),
                            find.fields().positive("keystep", POSITION_MAX));
            default -> throw corrupt("keys go on by '%s'".formatted(find.type()), "range, keynum");
        };
    }

    boolean is(String flag) {
        return flags.contains(flag);
    }

    // ---- reading

    /// A map, decoded as keys and values in turn.
    private record Fields(List<RespValue> items, String what) {
        /// One of the two steps of a key specification.
        private record Step(String type, Fields fields) {}

        static Fields of(RespValue map, String what) {
            var items = CommandDescription.items(map, what, 2 * FLAGS_MAX);
            if (items.size() % 2 != 0) {
                throw corrupt(what + " has a name without a value", "pairs");
            }
            return new Fields(items, what);
        }

        RespValue get(String name) {
            for (int i = 0; i < items.size(); i += 2) {
                if (CommandDescription.text(items.get(i), what).equals(name)) {
                    return items.get(i + 1);
                }
            }
            throw corrupt(what + " has no " + name, "one");
        }

        Step step(String name) {
            var step = of(get(name), name + " of " + what);
            return new Step(step.text("type"), of(step.get("spec"), "spec of " + step.what));
        }

        String text(String name) {
            return CommandDescription.text(get(name), what);
        }

        int number(String name, int max) {
            return CommandDescription.number(get(name), max, name + " of " + what);
        }

        int natural(String name, int max) {
            int number = number(name, max);
            if (number < 0) {
                throw corrupt("%s of %s is %d".formatted(name, what, number), "0 or more");
            }
            return number;
        }

        int positive(String name, int max) {
            int number = number(name, max);
            if (number < 1) {
                throw corrupt("%s of %s is %d".formatted(name, what, number), "1 or more");
            }
            return number;
        }
    }

    private static List<RespValue> items(RespValue value, String what, int max) {
        if (!(value instanceof RespValue.ArrayReply(List<RespValue> items))) {
            throw corrupt(what + " is " + value.getClass().getSimpleName(), "an array");
        }
        if (items.size() > max) {
            throw corrupt("%s has %d items".formatted(what, items.size()), max + " at most");
        }
        return items;
    }

    private static Set<String> words(RespValue value, String what) {
        var words = new HashSet<String>();
        for (var item : items(value, what, FLAGS_MAX)) {
            words.add(text(item, what).toLowerCase(Locale.ROOT));
        }
        return Set.copyOf(words);
    }

    private static String text(RespValue value, String what) {
        return switch (value) {
            case RespValue.Bulk bulk -> bulk.utf8();
            case RespValue.SimpleString(String text) -> text;
            default -> throw corrupt(what + " is " + value.getClass().getSimpleName(), "a text");
        };
    }

    private static int number(RespValue value, int max, String what) {
        if (!(value instanceof RespValue.IntegerReply(long number))) {
            throw corrupt(what + " is " + value.getClass().getSimpleName(), "a number");
        }
        if (number < -max || number > max) {
            throw corrupt("%s is %d".formatted(what, number), "-%d to %d".formatted(max, max));
        }
        return Math.toIntExact(number);
    }

    private static CorruptReplyException corrupt(String found, String expected) {
        return new CorruptReplyException(
                "in the engine's reply to COMMAND %s; expected: %s. Use a redis-server or valkey-server of version 7.0 or newer"
                        .formatted(found, expected));
    }
}
