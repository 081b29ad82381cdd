package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.CommandSpec.Blocks;
import dev.keepsake.resp.CommandSpec.Effect;
import dev.keepsake.resp.CommandSpec.Handling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A row of `commands.tsv`: what Keepsake knows about a command in addition to the engine's
/// description.
///
/// @param effect null when the engine's flags determine it
/// @param handling null when the engine's flags determine it
/// @param blocks null when the engine's flags determine it
/// @param keyRules null when the engine's key specifications are used
record CommandRow(
        String name,
        @Nullable Effect effect,
        @Nullable Handling handling,
        @Nullable Blocks blocks,
        @Nullable List<KeyRule> keyRules,
        List<String> traits) {
    private static final String AS_THE_ENGINE_SAYS = "=";
    private static final String NOTHING = "-";
    private static final String REPLICA = "replica";
    private static final String SCRIPT = "script=";
    private static final String LIBRARIES = "libraries=";
    private static final String ALWAYS = "always=";
    private static final int COLUMNS = 5;

    /// All rows, by name.
    static Map<String, CommandRow> all() {
        var byName = new LinkedHashMap<String, CommandRow>();
        try (var in = CommandRow.class.getResourceAsStream("commands.tsv")) {
            if (in == null) {
                throw new IllegalStateException("commands.tsv is missing from the resp module");
            }
            new String(in.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(CommandRow::parse)
                    .forEach(row -> byName.put(row.name(), row));
        } catch (IOException e) {
            throw new UncheckedIOException("commands.tsv cannot be read", e);
        }
        return byName;
    }

    static CommandRow parse(String row) {
        var columns = row.split("\t", -1);
        if (columns.length < COLUMNS || columns.length > COLUMNS + 1) {
            throw new IllegalArgumentException("columns in row: " + row);
        }
        return new CommandRow(
                columns[0],
                isOfTheEngine(columns[1]) ? null : CommandSpec.effect(columns[1]),
                isOfTheEngine(columns[2]) ? null : CommandSpec.handling(columns[2]),
                isOfTheEngine(columns[3]) ? null : CommandSpec.blocks(columns[3]),
                isOfTheEngine(columns[4]) ? null : keyRules(columns[4]),
                columns.length > COLUMNS ? List.of(columns[COLUMNS].split(" ", -1)) : List.of());
    }

    private static boolean isOfTheEngine(String column) {
        return column.equals(AS_THE_ENGINE_SAYS);
    }

    private static List<KeyRule> keyRules(String column) {
        return column.equals(NOTHING)
                ? List.of()
                : List.of(column.split(" ", -1)).stream().map(KeyRule::parse).toList();
    }

    /// Whether a replica executes it although it may write.
    boolean isForReplicas() {
        return traits.contains(REPLICA);
    }

    /// The index of the argument with its script, 0 for none.
    int script() {
        return argument(SCRIPT);
    }

    /// The index of the argument with its libraries, 0 for none.
    int libraries() {
        return argument(LIBRARIES);
    }

    /// The arity of a command that the front answers for every engine, even one that does not have
    /// it; 0 for other commands.
    int ownArity() {
        return argument(ALWAYS);
    }

    private int argument(String trait) {
        return traits.stream()
                .filter(each -> each.startsWith(trait))
                .mapToInt(each -> Integer.parseInt(each.substring(trait.length())))
                .findFirst()
                .orElse(0);
    }
}
