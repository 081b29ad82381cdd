package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.KeyPositions;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Which keys a command names, held against the engine's own `COMMAND GETKEYS`: routes and dirty
/// marks depend on it. For each of the [TestEngines] that a run takes. `-DkeyLines=N` tries N lines
/// of each command, `-Dseed=S` others.
class KeyPositionsIT {
    private static final int LINES = Integer.getInteger("keyLines", 60);
    private static final long SEED = Long.getLong("seed", 20261130);

    private static final List<String> KEYWORDS =
            List.of(
                    "STREAMS",
                    "STORE",
                    "STOREDIST",
                    "COUNT",
                    "GROUP",
                    "BLOCK",
                    "NOACK",
                    "CLAIM",
                    "BY",
                    "GET",
                    "LIMIT",
                    "ASC",
                    "WEIGHTS",
                    "AGGREGATE",
                    "SUM",
                    "LEFT",
                    "MIN",
                    "KEYS",
                    "WITHSCORES",
                    "streams",
                    "Store",
                    "km",
                    ">",
                    "$",
                    "");
    private static final List<String> NUMBERS =
            List.of("0", "1", "2", "3", "4", "-1", "9999999999", "4294967298", "2x", "02", "+1");

    /// Channels are no keys to COMMAND GETKEYS, but belong to slots as keys do.
    private static final Set<String> OF_CHANNELS = Set.of("spublish", "ssubscribe", "sunsubscribe");

    /// Nobody can ask for them.
    private static final Set<CommandSpec.Handling> UNREACHABLE =
            Set.of(CommandSpec.Handling.WITHHELD, CommandSpec.Handling.REFUSED);

    @TempDir static Path directory;
    private static Compared compared;

    @BeforeAll
    static void start() throws Exception {
        compared = new Compared(directory);
    }

    @AfterAll
    static void stop() throws Exception {
        compared.close();
    }

    static List<String> engines() {
        return compared.names();
    }

    private static CommandTable table(String engine) throws Exception {
        return compared.of(engine).node().commands();
    }

    @ParameterizedTest
    @MethodSource("engines")
    void theyAreThoseThatTheEngineNames(String name) throws Exception {
        var table = table(name);
        var random = new Random(SEED);
        var lines = new ArrayList<List<String>>();
        for (var spec : table.all()) {
            if (spec.hasKeys()
                    && !OF_CHANNELS.contains(spec.name())
                    && !UNREACHABLE.contains(spec.handling())) {
                for (int i = 0; i < LINES; i++) {
                    lines.add(line(spec, random));
                }
            }
        }
        var different = new ArrayList<String>();
        int held = 0;
        try (var engine = UnixWire.to(compared.of(name).node().engine().socket())) {
            for (var line : lines) {
                if (whyDifferent(line) == null) {
                    var ours = sorted(keys(table, line));
                    var theirs = sorted(ofEngine(engine, line));
                    held++;
                    if (!ours.equals(theirs)) {
                        different.add("%s: %s, the engine %s".formatted(line, ours, theirs));
                    }
                }
            }
        }
        assertThat(held).isGreaterThan(lines.size() / 2);
        assertThat(different).as("%s, seed %d", name, SEED).isEmpty();
    }

    /// Those of XREAD, SORT and GEORADIUS, whose specifications look for the first keyword wherever
    /// it stands, are held against the options as the commands take them (`xreadCommand` in
    /// `t_stream.c`, `sortCommandGeneric` in `sort.c`, `georadiusGeneric` in `geo.c`).
    @ParameterizedTest
    @MethodSource("engines")
    void theyAreThoseThatTheCommandTakes(String engine) throws Exception {
        var table = table(engine);
        var random = new Random(SEED);
        for (var name : List.of("xread", "xreadgroup", "sort", "georadius", "georadiusbymember")) {
            var spec = requireNonNull(table.find(name), name);
            for (int i = 0; i < 20 * LINES; i++) {
                var line = line(spec, random);
                if (spec.acceptsArgumentCount(line.size())) {
                    assertThat(keys(table, line)).as("%s", line).isEqualTo(taken(line));
                }
            }
        }
    }

    /// One by one, and in their order.
    @ParameterizedTest
    @CsvSource({
        "XREADGROUP COUNT 1 GROUP g STREAMS STREAMS s >, s",
        "XREADGROUP GROUP STREAMS c STREAMS s >, s",
        "XREADGROUP GROUP g c NOACK STREAMS STREAMS s > >, STREAMS s",
        "XREAD COUNT 1 STREAMS STREAMS COUNT 0 0, STREAMS COUNT",
        "SORT k BY STORE STORE d, k d",
        "SORT k LIMIT 0 1 STORE by STORE d, k d",
        "SORT k GET STORE, k",
        "GEORADIUS k 0 0 1 km STORE a STOREDIST b, k b",
        "GEORADIUS k 0 0 1 km COUNT 1 STORE STORE, k STORE",
        "GEORADIUSBYMEMBER k STORE 1 km STOREDIST STORE, k STORE",
        "EVAL s 2 a b c, a b",
        "EVAL s 9223372036854775807 a, ''",
        "EVAL s -1 a, ''",
        "ZUNIONSTORE d 2 a b WEIGHTS 1 2, d a b",
        "ZUNIONSTORE d 3 a b, ''",
        "LMPOP 1 a LEFT, a",
        "BLMPOP 0 2 a b LEFT COUNT 1, a b",
        "MEMORY USAGE k SAMPLES 0, k",
        "OBJECT FREQ k, k"
    })
    void oddNamesAreKeysWhereTheCommandTakesThem(String line, String expected) throws Exception {
        var found = keys(RecordedCommands.table(), List.of(line.split(" ")));
        assertThat(String.join(" ", found)).isEqualTo(expected);
    }

    /// Why the engine's COMMAND GETKEYS is not what a command does, or null when it is.
    private static @Nullable String whyDifferent(List<String> line) throws Exception {
        String name = line.getFirst().toLowerCase(Locale.ROOT);
        switch (name) {
            case "xread", "xreadgroup", "sort", "georadius", "georadiusbymember" -> {
                // See the other test. COMMAND GETKEYS takes the first keyword that stands anywhere,
                // both of STORE and STOREDIST, and as many keys as there may be with an id missing.
                return "it looks for the first keyword, wherever it stands";
            }
            default -> {
                // below
            }
        }
        for (var argument : line) {
            if (argument.equals("4294967298")) {
                return "it cuts the number of keys off to 32 bits; commands refuse it";
            }
            if (argument.equals("2x") || argument.equals("+1")) {
                return "it reads a number where commands see none, and refuse it";
            }
        }
        return null;
    }

    private static List<String> taken(List<String> line) {
        String name = line.getFirst().toLowerCase(Locale.ROOT);
        return name.startsWith("xread") ? takenStreams(line) : takenStore(name, line);
    }

    private static List<String> takenStreams(List<String> line) {
        for (int i = 1; i < line.size(); i++) {
            boolean more = i + 1 < line.size();
            String option = line.get(i).toUpperCase(Locale.ROOT);
            if (isOptionWithWord(line, option) && more) {
                i++;
            } else if (option.equals("GROUP") && i + 2 < line.size()) {
                i += 2;
            } else if (option.equals("STREAMS") && more) {
                int rest = line.size() - i - 1;
                return rest % 2 == 0 ? line.subList(i + 1, i + 1 + rest / 2) : List.of();
            } else if (!option.equals("NOACK")) {
                return List.of();
            }
        }
        return List.of();
    }

    private static boolean isOptionWithWord(List<String> line, String option) {
        return switch (option) {
            case "BLOCK", "COUNT" -> true;
            case "CLAIM" -> line.getFirst().equalsIgnoreCase("xreadgroup"); // since Redis 8.4
            default -> false;
        };
    }

    private static List<String> takenStore(String name, List<String> line) {
        boolean sorts = name.equals("sort");
        int begin = sorts ? 2 : name.equals("georadius") ? 6 : 5;
        String store = null;
        for (int i = begin; i < line.size(); i++) {
            boolean more = i + 1 < line.size();
            String option = line.get(i).toUpperCase(Locale.ROOT);
            if ((option.equals("STORE") || (option.equals("STOREDIST") && !sorts)) && more) {
                store = line.get(++i);
            } else if (sorts && option.equals("LIMIT")) {
                i += 2;
            } else if (sorts ? Set.of("BY", "GET").contains(option) : option.equals("COUNT")) {
                i++;
            }
        }
        return store == null ? List.of(line.get(1)) : List.of(line.get(1), store);
    }

    /// Mostly a line that is nearly well-formed: options in any order, odd names, and sometimes an
    /// end that is missing.
    private static List<String> line(CommandSpec spec, Random random) {
        var line = new ArrayList<>(Arrays.asList(spec.name().split("\\|")));
        int least = Math.abs(spec.arity());
        int length = spec.arity() > 0 ? least : least + random.nextInt(6);
        while (line.size() < length) {
            line.add(
                    switch (random.nextInt(5)) {
                        case 0, 1 -> "k" + line.size();
                        case 2 -> NUMBERS.get(random.nextInt(NUMBERS.size()));
                        default -> KEYWORDS.get(random.nextInt(KEYWORDS.size()));
                    });
        }
        if (random.nextInt(3) > 0) {
            putLikelyWords(spec.name(), line, random);
        }
        return line;
    }

    private static void putLikelyWords(String name, List<String> line, Random random) {
        int at =
                switch (name) {
                    case "eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro" -> 2;
                    case "zunionstore", "zinterstore", "zdiffstore", "blmpop", "bzmpop" -> 2;
                    case "zunion", "zinter", "zdiff", "zintercard", "sintercard" -> 1;
                    case "lmpop", "zmpop" -> 1;
                    default -> 0;
                };
        if (at > 0) {
            line.set(at, Integer.toString(random.nextInt(line.size())));
        } else if (name.startsWith("xread")) {
            var options = new ArrayList<>(List.of("COUNT", "BLOCK", "GROUP", "NOACK"));
            int i = 1;
            while (!options.isEmpty() && i < line.size() - 2 && random.nextInt(3) > 0) {
                String option = options.remove(random.nextInt(options.size()));
                line.set(i, option);
                i += option.equals("GROUP") ? 3 : option.equals("NOACK") ? 1 : 2;
            }
            if (i < line.size()) {
                line.set(i, "STREAMS");
            }
        }
    }

    private static List<String> keys(CommandTable table, List<String> line)
            throws ProtocolException {
        var in = Unpooled.buffer();
        RespWriter.command(in, line.toArray(new String[0]));
        var framer = new CommandFramer(ProtocolLimits.standard());
        framer.parse(in);
        var frame = framer.frame();
        var spec = requireNonNull(table.resolve(in, 0, frame), line::toString);
        var found = new KeyPositions();
        spec.keys(in, 0, frame, found);
        var keys = new ArrayList<String>();
        for (int i = 0; i < found.count(); i++) {
            int argument = found.argument(i);
            keys.add(in.toString(frame.start(argument), frame.length(argument), ISO_8859_1));
        }
        return keys;
    }

    private static List<String> ofEngine(UnixWire engine, List<String> line) throws Exception {
        var command = new ArrayList<>(List.of("COMMAND", "GETKEYS"));
        command.addAll(line);
        return switch (engine.askValue(command.toArray(new String[0]))) {
            case RespValue.ArrayReply(List<RespValue> keys) ->
                    keys.stream().map(Wire::show).toList();
            case RespValue.ErrorReply _ -> List.of(); // it has none, or is malformed
            case RespValue other -> throw new AssertionError(line + ": " + other);
        };
    }

    private static List<String> sorted(List<String> keys) {
        return keys.stream().sorted().toList();
    }
}
