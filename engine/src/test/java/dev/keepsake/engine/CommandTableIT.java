package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Secret;
import dev.keepsake.resp.CommandFrame;
import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandSpec.Effect;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.KeyPositions;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The table that comes of an engine's commands against what the same engine says of itself:
/// `COMMAND INFO` and `COMMAND GETKEYS`.
@Timeout(300)
final class CommandTableIT {
    /// Rows whose "keys" are channels to the engine; a front routes them by slot like keys.
    private static final Set<String> SHARD_CHANNELS =
            Set.of("spublish", "ssubscribe", "sunsubscribe");

    /// What COMMAND INFO says of one command or subcommand.
    private record Described(Set<String> flags) {}

    @TempDir private static Path directory;
    private static EngineLauncher launcher;
    private static Engine engine;
    private static CommandTable table;

    @BeforeAll
    static void launch() throws Exception {
        var binary = new EngineFinder(null, "", directory.resolve("bundle")).find();
        var runDirectory = RunDirectory.forData(directory.resolve("data"));
        launcher = new EngineLauncher(binary, runDirectory, new MachineClock());
        engine =
                launcher.launch(
                        new EngineSpec(
                                "0001-001",
                                directory.resolve("work"),
                                0,
                                "feed",
                                new Secret("secret"),
                                Map.of()));
        table = CommandTable.of(engine.command("COMMAND"));
    }

    @AfterAll
    static void close() {
        launcher.close();
    }

    @Test
    void whatTheEngineCallsAWriteIsNeverLessHere() throws Exception {
        for (var described : described().entrySet()) {
            var effect = row(described.getKey()).effect();
            var flags = described.getValue().flags();
            if (flags.contains("write")) {
                assertThat(effect).as(described.getKey()).isIn(Effect.WRITE, Effect.OPAQUE);
            }
            if (flags.contains("readonly") && !described.getKey().equals("lolwut")) {
                assertThat(effect).as(described.getKey()).isIn(Effect.READ, Effect.SCAN);
            }
            if (effect == Effect.READ) {
                assertThat(flags).as(described.getKey()).contains("readonly");
            }
        }
    }

    @Test
    void whatTheEngineCallsBlockingMayWaitHere() throws Exception {
        for (var described : described().entrySet()) {
            assertThat(new Invocation(described.getKey().replace('|', ' ') + " BLOCK 0").blocks())
                    .as(described.getKey())
                    .isEqualTo(described.getValue().flags().contains("blocking"));
        }
    }

    /// Every command with keys, with every number of arguments around its arity.
    @Test
    void keysAreTheEnginesWhateverTheNumberOfArguments() throws Exception {
        for (var row : table.all()) {
            if (!row.hasKeys() || SHARD_CHANNELS.contains(row.name())) {
                continue;
            }
            var line = new StringBuilder(row.name().replace('|', ' '));
            int words = line.indexOf(" ") < 0 ? 1 : 2;
            for (int i = words; i < Math.abs(row.arity()) + 6; i++) {
                line.append(" a").append(i);
                assertSameKeys(line.toString());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // by index: one key, several, up to the end, with a step
                "GET a",
                "SET a v",
                "SET a v EX 10 GET",
                "GETEX a PERSIST",
                "HSET a f v g w",
                "BITFIELD a GET u8 0 SET u8 0 1",
                "BITFIELD_RO a GET u8 0",
                "OBJECT ENCODING a",
                "OBJECT HELP",
                "MEMORY USAGE a SAMPLES 5",
                "MEMORY DOCTOR",
                "XGROUP CREATE a g $ MKSTREAM",
                "XINFO STREAM a FULL COUNT 1",
                "XADD a NOMKSTREAM MAXLEN ~ 5 * f v",
                "RENAME a b",
                "COPY a b REPLACE",
                "LCS a b IDX",
                "SMOVE a b m",
                "LMOVE a b LEFT RIGHT",
                "BLMOVE a b LEFT RIGHT 0",
                "BRPOPLPUSH a b 0",
                "GEOSEARCHSTORE a b FROMLONLAT 0 0 BYRADIUS 1 km",
                "ZRANGESTORE a b 0 -1",
                "DEL a b c",
                "MGET a b",
                "WATCH a b",
                "SINTER a b c",
                "SINTERSTORE a b c",
                "PFMERGE a b c",
                "PFMERGE a",
                "BITOP AND a b c",
                "BITOP NOT a b",
                "BLPOP a b 0",
                "BZPOPMIN a 0",
                "MSET a 1 b 2",
                "MSETNX a 1 b 2",
                "MSET a 1 b",
                // by count
                "EVAL s 2 a b c d",
                "EVAL s 0 c d",
                "EVAL s 0",
                "EVAL s 3 a b",
                "EVAL s -1 a b",
                "EVAL s x a b",
                "EVAL s 99999999999 a b",
                "EVAL_RO s 1 a c",
                "EVALSHA 0123 1 a c",
                "EVALSHA_RO 0123 1 a c",
                "FCALL f 1 a c",
                "FCALL_RO f 2 a b",
                "ZUNIONSTORE a 2 b c WEIGHTS 1 2",
                "ZUNIONSTORE a 0 b c",
                "ZUNIONSTORE a 3 b c",
                "ZINTERSTORE a 1 b AGGREGATE MAX",
                "ZDIFFSTORE a 2 b c",
                "ZUNION 2 a b WITHSCORES",
                "ZINTER 1 a",
                "ZDIFF 2 a b",
                "ZINTERCARD 2 a b LIMIT 1",
                "SINTERCARD 2 a b",
                "LMPOP 2 a b LEFT COUNT 3",
                "ZMPOP 1 a MIN",
                "BLMPOP 0 2 a b LEFT",
                "BZMPOP 0 1 a MAX",
                // by keyword
                "XREAD STREAMS a 0",
                "XREAD STREAMS a b 0 0",
                "XREAD COUNT 5 BLOCK 0 streams a b $ $",
                "XREAD STREAMS streams b 0 0",
                "XREAD COUNT 5 a b",
                "XREADGROUP GROUP g c STREAMS a >",
                "XREADGROUP GROUP streams c COUNT 1 NOACK STREAMS a b > >",
                "SORT a",
                "SORT a BY w_* LIMIT 0 10 GET # GET o_* ASC ALPHA",
                "SORT a STORE b",
                "SORT a BY nosort DESC store b",
                "SORT store DESC",
                "SORT a STORE b STORE c",
                "SORT a BY store STORE b",
                "SORT_RO a BY w_*",
                "GEORADIUS a 0 0 1 km",
                "GEORADIUS a 0 0 1 km COUNT 5 STORE b",
                "GEORADIUS a 0 0 1 km STOREDIST b",
                "GEORADIUS_RO a 0 0 1 km",
                "GEORADIUSBYMEMBER a m 1 km STORE b",
                "GEORADIUSBYMEMBER a m 1 km DESC STOREDIST b",
                "MIGRATE h 1 a 0 5 COPY",
                // no keys, or no such command
                "PING",
                "KEYS *",
                "SCAN 0 MATCH a",
                "PUBLISH a m",
                "CONFIG GET a",
                "OBJECT nonsense a",
                "client|list",
                "nonsense a"
            })
    void keysAreTheEngines(String line) throws Exception {
        assertSameKeys(line);
    }

    /// Here the engine's COMMAND GETKEYS names another key than the engine writes to.
    @Test
    void theLastOfTwoDestinationsIsTheOneThatIsWritten() throws Exception {
        String line = "GEORADIUS a 0 0 1 km STORE b STORE c";
        engine.command("GEOADD", "a", "0", "0", "m");

        assertThat(engine.command(line.split(" ", -1))).isEqualTo(new RespValue.IntegerReply(1));

        assertThat(engine.command("EXISTS", "b")).isEqualTo(new RespValue.IntegerReply(0));
        assertThat(engine.command("EXISTS", "c")).isEqualTo(new RespValue.IntegerReply(1));
        assertThat(new Invocation(line).keys()).containsExactly("a", "c");
    }

    /// Here the engine's COMMAND GETKEYS names a key of a command that it refuses.
    @Test
    void streamsAndIdsThatDoNotPairNameNoKeys() throws Exception {
        String line = "XREAD STREAMS a b 0";

        assertThat(engine.command(line.split(" ", -1)))
                .isInstanceOfSatisfying(
                        RespValue.ErrorReply.class,
                        error -> assertThat(error.text()).contains("Unbalanced"));
        assertThat(new Invocation(line).keys()).isEmpty();
    }

    private static void assertSameKeys(String line) throws Exception {
        assertThat(new Invocation(line).keys()).as(line).isEqualTo(keysByTheEngine(line));
    }

    /// The keys as the engine finds them; none when it refuses the line.
    private static List<String> keysByTheEngine(String line) throws IOException {
        return switch (engine.command(("COMMAND GETKEYS " + line).split(" ", -1))) {
            case RespValue.ArrayReply(var keys) ->
                    keys.stream().map(key -> ((RespValue.Bulk) key).utf8()).toList();
            case RespValue.ErrorReply _ -> List.of();
            case RespValue other -> throw new AssertionError("unexpected: " + other);
        };
    }

    private static Map<String, Described> described() throws IOException {
        var described = new LinkedHashMap<String, Described>();
        describe((RespValue.ArrayReply) engine.command("COMMAND"), described);
        return described;
    }

    private static void describe(RespValue.ArrayReply commands, Map<String, Described> into) {
        for (var command : commands.items()) {
            var columns = ((RespValue.ArrayReply) command).items();
            var name = ((RespValue.Bulk) columns.get(0)).utf8();
            var flags =
                    ((RespValue.ArrayReply) columns.get(2))
                            .items().stream()
                                    .map(flag -> ((RespValue.SimpleString) flag).text())
                                    .collect(toSet());
            into.put(name, new Described(flags));
            describe((RespValue.ArrayReply) columns.get(9), into);
        }
    }

    private static CommandSpec row(String name) {
        var row = table.find(name);
        if (row == null) {
            throw new AssertionError("the table has no row for " + name);
        }
        return row;
    }

    /// One command line, looked up in the table as a front does it.
    private static final class Invocation {
        private final ByteBuf in = Unpooled.buffer();
        private final CommandFrame frame;
        private final @Nullable CommandSpec row;

        Invocation(String line) throws ProtocolException {
            RespWriter.command(in, line.split(" ", -1));
            var framer = new CommandFramer(ProtocolLimits.standard());
            framer.parse(in);
            frame = framer.frame();
            row = table.resolve(in, 0, frame);
        }

        boolean blocks() {
            return row != null && row.blocks(in, 0, frame);
        }

        /// None when a front answers by itself: that there is no such command, or that the number
        /// of arguments is wrong.
        List<String> keys() {
            var keys = new ArrayList<String>();
            if (row != null && row.acceptsArgumentCount(frame.argumentCount())) {
                var positions = new KeyPositions();
                row.keys(in, 0, frame, positions);
                for (int i = 0; i < positions.count(); i++) {
                    int argument = positions.argument(i);
                    keys.add(in.toString(frame.start(argument), frame.length(argument), UTF_8));
                }
            }
            return keys;
        }
    }
}
