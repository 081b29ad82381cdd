package dev.keepsake.resp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec.Handling;
import dev.keepsake.resp.CommandSpec.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// `docs/engines.md` says how commands are handled, as the tables of the engines have it.
/// `-DwritePage=true` writes its tables anew. What is handled how before one engine, command by
/// command, is in `target/commands/ENGINE.tsv` after this test.
class EnginesPageTest {
    private static final Path PAGE = Path.of("../docs/engines.md");
    private static final Path LISTINGS = Path.of("target/commands");

    private static final Map<String, CommandTable> TABLES = tables();
    private static final CommandTable BUNDLED =
            requireNonNull(TABLES.get(RecordedCommands.BUNDLED));

    private static Map<String, CommandTable> tables() {
        var tables = new LinkedHashMap<String, CommandTable>();
        RecordedCommands.engines()
                .forEach(engine -> tables.put(engine, RecordedCommands.table(engine)));
        return tables;
    }

    @BeforeAll
    static void listCommands() throws IOException {
        Files.createDirectories(LISTINGS);
        for (var entry : TABLES.entrySet()) {
            var lines = new ArrayList<String>();
            lines.add("# command\tarity\teffect\thandling\tblocks\tkeys\ttraits\tknown by");
            entry.getValue().all().stream()
                    .map(spec ->
                            "%s\t%s\t%s".formatted(spec.name(), spec.described(), origin(spec)))
                    .sorted()
                    .forEach(lines::add);
            Files.write(LISTINGS.resolve(entry.getKey() + ".tsv"), lines);
        }
    }

    @Test
    void thePageSaysWhatTheTablesSay() throws IOException {
        String written = Files.readString(PAGE);
        String wanted = written;
        wanted = withPart(wanted, "beyond", beyond());
        wanted = withPart(wanted, "different", different());
        wanted = withPart(wanted, "counts", counts());
        if (Boolean.getBoolean("writePage")) {
            Files.writeString(PAGE, wanted);
            return;
        }
        assertThat(written)
                .as("docs/engines.md; -DwritePage=true writes its tables anew")
                .isEqualTo(wanted);
    }

    private static String withPart(String page, String name, List<String> lines) {
        String begin = "<!-- %s: written by EnginesPageTest -->\n".formatted(name);
        String end = "<!-- end of %s -->\n".formatted(name);
        int from = page.indexOf(begin);
        int to = page.indexOf(end);
        assertThat(from).as("where %s begins in %s", name, PAGE).isNotNegative();
        assertThat(to).as("where %s ends in %s", name, PAGE).isGreaterThan(from);
        return page.substring(0, from + begin.length())
                + String.join("\n", lines)
                + "\n"
                + page.substring(to);
    }

    /// What newer engines have and Redis 7.0.15 has not, one line for all that is handled alike.
    private static List<String> beyond() {
        var lines = new ArrayList<String>();
        lines.add("| commands | before | answered by | tells or changes | keys | known by |");
        lines.add("| --- | --- | --- | --- | --- | --- |");
        var names = new TreeSet<String>();
        TABLES.values().forEach(table -> table.all().forEach(spec -> names.add(spec.name())));
        names.removeIf(name -> BUNDLED.find(name) != null);
        var alike = new LinkedHashMap<String, List<String>>();
        for (var name : names) {
            var spec = anyOf(name);
            var row =
                    "| %s | %s | %s | %s | %s |"
                            .formatted(
                                    having(table -> table.find(name) != null),
                                    answeredBy(spec),
                                    told(spec),
                                    keys(spec),
                                    origin(spec));
            alike.computeIfAbsent(row, none -> new ArrayList<>()).add(shown(name));
        }
        alike.forEach((row, commands) -> lines.add("| " + String.join(", ", commands) + " " + row));
        return lines;
    }

    private static CommandSpec anyOf(String name) {
        CommandSpec found = null;
        for (var table : TABLES.values()) {
            var spec = table.find(name);
            if (found != null && spec != null) {
                assertThat(treated(spec))
                        .as("%s before all engines", name)
                        .isEqualTo(treated(found));
            }
            found = spec == null ? found : spec;
        }
        return requireNonNull(found);
    }

    private static String treated(CommandSpec spec) {
        return answeredBy(spec) + told(spec) + keys(spec) + origin(spec);
    }

    /// What an engine describes otherwise than Redis 7.0.15 does, or does not have.
    private static List<String> different() {
        var lines = new ArrayList<String>();
        lines.add("| command | before | what differs from Redis 7.0.15 |");
        lines.add("| --- | --- | --- |");
        for (var bundled :
                BUNDLED.all().stream().sorted((a, b) -> a.name().compareTo(b.name())).toList()) {
            var byDifference = new LinkedHashMap<String, Predicate<CommandTable>>();
            for (var table : TABLES.values()) {
                var spec = table.find(bundled.name());
                String difference = difference(bundled, spec);
                if (!difference.isEmpty()) {
                    byDifference.put(
                            difference,
                            each ->
                                    difference(bundled, each.find(bundled.name()))
                                            .equals(difference));
                }
            }
            byDifference.forEach((difference, has) ->
                    lines.add(
                            "| %s | %s | %s |"
                                    .formatted(shown(bundled.name()), having(has), difference)));
        }
        return lines;
    }

    private static String difference(CommandSpec bundled, @Nullable CommandSpec spec) {
        if (spec == null) {
            return "it is not there";
        }
        var before = bundled.described().split("\t", -1);
        var now = spec.described().split("\t", -1);
        var names = List.of("arity", "effect", "handling", "blocks", "keys", "traits");
        var differences = new ArrayList<String>();
        for (int i = 0; i < names.size(); i++) {
            if (!before[i].equals(now[i])) {
                differences.add(
                        "%s `%s` instead of `%s`".formatted(names.get(i), now[i], before[i]));
            }
        }
        return String.join(", ", differences);
    }

    private static List<String> counts() {
        var lines = new ArrayList<String>();
        lines.add(
                "| engine | commands and subcommands | engine, shared lane | engine, own lane | front | refused | withheld | handled by flags alone |");
        lines.add("| --- | --- | --- | --- | --- | --- | --- | --- |");
        TABLES.forEach((engine, table) ->
                lines.add(
                        "| %s | %d | %d | %d | %d | %d | %d | %d |"
                                .formatted(
                                        named(engine),
                                        table.all().size(),
                                        count(table, Handling.SHARED_LANE),
                                        count(table, Handling.OWN_LANE),
                                        count(table, Handling.FRONT),
                                        count(table, Handling.REFUSED),
                                        count(table, Handling.WITHHELD),
                                        table.all().stream()
                                                .filter(spec -> spec.origin() == Origin.DERIVED)
                                                .count())));
        return lines;
    }

    private static long count(CommandTable table, Handling handling) {
        return table.all().stream().filter(spec -> spec.handling() == handling).count();
    }

    private static String having(Predicate<CommandTable> has) {
        return TABLES.entrySet().stream()
                .filter(entry -> has.test(entry.getValue()))
                .map(entry -> named(entry.getKey()))
                .collect(Collectors.joining(", "));
    }

    private static String named(String engine) {
        return engine.replace("redis-", "Redis ").replace("valkey-", "Valkey ");
    }

    private static String shown(String name) {
        return "`" + name.toUpperCase(Locale.ROOT).replace("|", " ") + "`";
    }

    private static String answeredBy(CommandSpec spec) {
        return switch (spec.handling()) {
            case SHARED_LANE -> "the engine";
            case OWN_LANE -> "the engine, over a lane of one's own";
            case FRONT -> "the front";
            case REFUSED -> "refused";
            case WITHHELD -> "nobody: unknown command";
        };
    }

    private static String told(CommandSpec spec) {
        if (spec.handling() == Handling.WITHHELD) {
            return "";
        }
        return switch (spec.effect()) {
            case NONE -> "nothing of the data";
            case READ -> "reads its keys";
            case SCAN -> "reads more than its keys";
            case WRITE -> "writes its keys";
            case OPAQUE -> "may change anything";
        };
    }

    private static String keys(CommandSpec spec) {
        String keys = spec.described().split("\t", -1)[4];
        return keys.equals("-") || spec.handling() == Handling.WITHHELD ? "" : "`" + keys + "`";
    }

    private static String origin(CommandSpec spec) {
        return spec.origin() == Origin.KNOWN ? "a row" : "its flags";
    }
}
