package dev.keepsake.resp;

import io.netty.buffer.ByteBuf;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All commands of an engine, and how a front treats each of them. Immutable; any thread.
public final class CommandTable {
    private static final int SUBCOMMAND_SEED = 31;

    private final Map<String, CommandSpec> byName;

    // A hash table with open addressing over the names, so that a lookup allocates nothing.
    private final @Nullable CommandSpec[] buckets;
    private final int longestSubcommand;

    private CommandTable(Map<String, CommandSpec> byName) {
        this.byName = byName;
        this.buckets = new CommandSpec[Integer.highestOneBit(4 * byName.size()) * 2];
        this.longestSubcommand =
                byName.keySet().stream()
                        .mapToInt(name -> name.length() - name.indexOf('|') - 1)
                        .max()
                        .orElse(0);
        for (var spec : byName.values()) {
            int bucket = hash(spec.name()) & (buckets.length - 1);
            while (buckets[bucket] != null) {
                bucket = (bucket + 1) & (buckets.length - 1);
            }
            buckets[bucket] = spec;
        }
    }

    /// The table of an engine, from its reply to `COMMAND` in either version of RESP and from
    /// `commands.tsv`. A command without a row is treated by its flags, in the safe way.
    ///
    /// @throws CorruptReplyException when the reply is not what engines since Redis 7.0 send
    public static CommandTable of(RespValue commandReply) {
        var rows = CommandRow.all();
        var byName = new LinkedHashMap<String, CommandSpec>();
        for (var described : CommandDescription.all(commandReply)) {
            var row = rows.get(described.name());
            byName.put(
                    described.name(),
                    row != null ? CommandSpec.known(row, described) : derived(described, byName));
        }
        for (var row : rows.values()) {
            if (row.ownArity() != 0) {
                byName.putIfAbsent(row.name(), CommandSpec.ofTheFront(row));
            }
        }
        return new CommandTable(byName);
    }

    /// The specification of a command without a row. A subcommand of a command that clients may not
    /// send to the engine is withheld as well: on a shared lane it would change the lane for all
    /// clients.
    private static CommandSpec derived(
            CommandDescription described, Map<String, CommandSpec> before) {
        var spec = CommandSpec.derived(described);
        int bar = described.name().indexOf('|');
        var container = bar < 0 ? null : before.get(described.name().substring(0, bar));
        return container == null || isForLanes(container) ? spec : spec.withheld();
    }

    private static boolean isForLanes(CommandSpec container) {
        return switch (container.handling()) {
            case SHARED_LANE, OWN_LANE -> true;
            case FRONT, REFUSED, WITHHELD -> false;
        };
    }

    /// All commands and subcommands.
    public Collection<CommandSpec> all() {
        return byName.values();
    }

    /// The specification of a command, `set`, or subcommand, `client|list`.
    public @Nullable CommandSpec find(String name) {
        return byName.get(name.toLowerCase(Locale.ROOT));
    }

    /// The specification of an invocation: that of its subcommand when it is known, else that of
    /// the command.
    ///
    /// @param base the index of the frame's first byte
    /// @return null when the command is unknown
    public @Nullable CommandSpec resolve(ByteBuf in, int base, CommandFrame frame) {
        int name = base + frame.start(0);
        int nameLength = frame.length(0);
        var command = find(in, name, nameLength, 0, 0);
        // A longer argument, such as a script, is not a subcommand.
        if (command == null || frame.knownCount() < 2 || frame.length(1) > longestSubcommand) {
            return command;
        }
        var subcommand = find(in, name, nameLength, base + frame.start(1), frame.length(1));
        return subcommand == null ? command : subcommand;
    }

    private @Nullable CommandSpec find(ByteBuf in, int name, int length, int sub, int subLength) {
        int hash = hash(0, in, name, length);
        if (subLength > 0) {
            hash = hash(SUBCOMMAND_SEED * hash + '|', in, sub, subLength);
        }
        int bucket = hash & (buckets.length - 1);
        for (var spec = buckets[bucket]; spec != null; spec = buckets[bucket]) {
            if (matches(spec.name(), in, name, length, sub, subLength)) {
                return spec;
            }
            bucket = (bucket + 1) & (buckets.length - 1);
        }
        return null;
    }

    private static boolean matches(
            String candidate, ByteBuf in, int name, int length, int sub, int subLength) {
        int whole = subLength == 0 ? length : length + 1 + subLength;
        if (candidate.length() != whole || !sameLetters(candidate, 0, in, name, length)) {
            return false;
        }
        if (subLength == 0) {
            return candidate.indexOf('|') < 0; // `client|list` is written in two words
        }
        return candidate.charAt(length) == '|'
                && sameLetters(candidate, length + 1, in, sub, subLength);
    }

    private static boolean sameLetters(String word, int from, ByteBuf in, int start, int length) {
        for (int i = 0; i < length; i++) {
            if (word.charAt(from + i) != lower(in.getByte(start + i))) {
                return false;
            }
        }
        return true;
    }

    /// Whether the bytes are `word` in any case. `word` has capital letters.
    static boolean isWord(ByteBuf in, int start, int length, String word) {
        if (length != word.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            byte b = in.getByte(start + i);
            int upper = b >= 'a' && b <= 'z' ? b - 32 : b;
            if (upper != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int hash(String name) {
        int hash = 0;
        for (int i = 0; i < name.length(); i++) {
            hash = SUBCOMMAND_SEED * hash + name.charAt(i);
        }
        return hash;
    }

    private static int hash(int seed, ByteBuf in, int start, int length) {
        int hash = seed;
        for (int i = start; i < start + length; i++) {
            hash = SUBCOMMAND_SEED * hash + lower(in.getByte(i));
        }
        return hash;
    }

    private static char lower(byte b) {
        return (char) (b >= 'A' && b <= 'Z' ? b + 32 : b & 0xff);
    }
}
