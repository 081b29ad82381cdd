package dev.keepsake.resp;

import static dev.keepsake.resp.DescribedCommand.array;
import static dev.keepsake.resp.DescribedCommand.step;
import static dev.keepsake.resp.DescribedCommand.table;
import static dev.keepsake.resp.DescribedCommand.text;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.resp.CommandSpec.Effect;
import dev.keepsake.resp.CommandSpec.Handling;
import dev.keepsake.resp.CommandSpec.Origin;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Which table comes of what an engine says of its commands.
class CommandsOfEnginesTest {
    /// What was written by hand, row by row, before the table came from the engine.
    @Test
    void theTableOfRedis7IsTheOneThatWasWrittenByHand() throws IOException {
        var derived =
                RecordedCommands.table().all().stream()
                        .map(spec -> spec.name() + "\t" + spec.described())
                        .sorted()
                        .toList();
        try (var in = CommandsOfEnginesTest.class.getResourceAsStream("redis-7.0.15.tsv")) {
            var written =
                    new String(requireNonNull(in).readAllBytes(), UTF_8)
                            .lines()
                            .filter(line -> !line.startsWith("#"))
                            .sorted()
                            .toList();
            assertThat(derived).containsExactlyElementsOf(written);
        }
    }

    static List<String> engines() {
        return RecordedCommands.engines();
    }

    @ParameterizedTest
    @MethodSource("engines")
    void whatReadsOrWritesNamesItsKeysBeforeEveryEngine(String engine) {
        for (var spec : RecordedCommands.table(engine).all()) {
            if (spec.effect() == Effect.READ || spec.effect() == Effect.WRITE) {
                assertThat(spec.hasKeys()).as(spec.name()).isTrue();
            }
        }
    }

    /// One would change a lane for all who share it.
    @ParameterizedTest
    @MethodSource("engines")
    void whatIsAboutOnesConnectionReachesNoSharedLane(String engine) {
        assertThat(RecordedCommands.table(engine).all())
                .filteredOn(spec -> spec.name().startsWith("client|"))
                .filteredOn(spec -> !spec.name().equals("client|help"))
                .extracting(CommandSpec::handling)
                .isSubsetOf(Handling.FRONT, Handling.WITHHELD);
        assertThat(RecordedCommands.table(engine).all())
                .filteredOn(spec -> spec.handling() == Handling.SHARED_LANE)
                .filteredOn(spec -> spec.origin() == Origin.DERIVED)
                .extracting(CommandSpec::effect)
                .isSubsetOf(Effect.READ, Effect.SCAN, Effect.WRITE, Effect.OPAQUE)
                .isNotEmpty();
        assertThat(RecordedCommands.table(engine).all())
                .noneMatch(
                        spec -> spec.mayChangeItsLane() && spec.handling() == Handling.SHARED_LANE);
    }

    /// A new engine has something new for administrators; nobody decided to offer it.
    @ParameterizedTest
    @MethodSource("engines")
    void whatIsForAdministratorsIsOfferedByRowsAlone(String engine) {
        var flags = new ArrayList<String>();
        for (var described : CommandDescription.all(RecordedCommands.reply(engine))) {
            var spec = requireNonNull(RecordedCommands.table(engine).find(described.name()));
            if (described.is("admin") && spec.origin() == Origin.DERIVED) {
                assertThat(spec.handling()).as(spec.name()).isEqualTo(Handling.WITHHELD);
                flags.add(spec.name());
            }
        }
        assertThat(flags).isNotEmpty(); // pfdebug, before all of them
    }

    /// As Redis decides it in `call` (`server.c`). What has `skip_monitor` beside that is shown all
    /// the same, for it shows itself there, before what its script does.
    @ParameterizedTest
    @MethodSource("engines")
    void monitorsAreShownWhatEnginesShowAndNoLogins(String engine) {
        var hidden = new ArrayList<String>();
        for (var described : CommandDescription.all(RecordedCommands.reply(engine))) {
            var spec = requireNonNull(RecordedCommands.table(engine).find(described.name()));
            boolean admin = described.is("admin");
            if (described.is("skip_monitor")) {
                assertThat(admin || spec.is(Trait.SCRIPT)).as(spec.name()).isTrue();
            }
            if (spec.is(Trait.UNMONITORED) != admin) {
                hidden.add(spec.name());
            }
        }
        assertThat(hidden).containsExactly("auth", "hello", "quit", "reset");
    }

    /// Rows were written for the engines of their time.
    @Test
    void aRowDoesNotMakeLessOfACommandThanTheEngineSays() {
        var now = table(new DescribedCommand("dbsize", 1, "readonly"));
        assertThat(requireNonNull(now.find("dbsize")).effect()).isEqualTo(Effect.SCAN);
        var later =
                table(
                        new DescribedCommand("dbsize", 1, "write"),
                        new DescribedCommand("xinfo", -2, "write"),
                        new DescribedCommand("wait", 3, "write"),
                        new DescribedCommand("eval", -3, "write"));
        assertThat(requireNonNull(later.find("xinfo")).effect().isRead()).isFalse();
        assertThat(requireNonNull(later.find("dbsize")).effect().isRead()).isFalse();
        assertThat(requireNonNull(later.find("eval")).effect()).isEqualTo(Effect.OPAQUE);
        assertThat(requireNonNull(later.find("wait")).effect()).isEqualTo(Effect.NONE);
    }

    // ---- commands that nobody knows

    static List<Arguments> unknown() {
        return List.of(
                expected("one key is written", Effect.WRITE, Handling.SHARED_LANE, "write")
                        .keys(1, 0, 1)
                        .end(),
                expected("keys are read", Effect.READ, Handling.SHARED_LANE, "readonly", "fast")
                        .keys(1, -1, 2)
                        .end(),
                expected(
                                "a count of keys is read",
                                Effect.READ,
                                Handling.SHARED_LANE,
                                "readonly",
                                "movablekeys")
                        .keys(
                                step("index", "index", 1),
                                step("keynum", "keynumidx", 0, "firstkey", 1, "keystep", 2))
                        .end(),
                expected(
                                "it writes, nobody knows where",
                                Effect.OPAQUE,
                                Handling.SHARED_LANE,
                                "write")
                        .end(),
                expected("it reads everything", Effect.SCAN, Handling.SHARED_LANE, "readonly")
                        .end(),
                expected(
                                "it writes more than it says",
                                Effect.OPAQUE,
                                Handling.SHARED_LANE,
                                "write")
                        .keys(1, 0, 1)
                        .keys(2, 0, 1, "OW", "incomplete")
                        .end(),
                expected(
                                "it reads more than it says",
                                Effect.SCAN,
                                Handling.SHARED_LANE,
                                "readonly")
                        .keys(1, 0, 1)
                        .keys(step("unknown"), step("unknown"), "RO")
                        .end(),
                expected(
                                "it writes what follows a word",
                                Effect.OPAQUE,
                                Handling.SHARED_LANE,
                                "write")
                        .keys(
                                step("keyword", "keyword", "INTO", "startfrom", 2),
                                step("range", "lastkey", 0, "keystep", 1, "limit", 0))
                        .end(),
                expected(
                                "its keys move, and it does not say how",
                                Effect.OPAQUE,
                                Handling.SHARED_LANE,
                                "write",
                                "movablekeys")
                        .keys(1, 0, 1)
                        .end(),
                expected(
                                "its module says where keys are",
                                Effect.OPAQUE,
                                Handling.SHARED_LANE,
                                "write",
                                "module",
                                "movablekeys")
                        .keys(1, 0, 1, "variable_flags")
                        .end(),
                expected(
                                "its argument only tells the slot",
                                Effect.SCAN,
                                Handling.SHARED_LANE,
                                "readonly")
                        .keys(1, 0, 1, "not_key")
                        .end(),
                expected(
                                "what it does to a key depends",
                                Effect.WRITE,
                                Handling.SHARED_LANE,
                                "write",
                                "movablekeys")
                        .keys(1, 0, 1, "RW", "variable_flags")
                        .end(),
                // It may replicate all the same: engines hide that.
                expected(
                                "it says nothing of itself",
                                Effect.OPAQUE,
                                Handling.OWN_LANE,
                                "fast",
                                "loading")
                        .end(),
                expected("it waits", Effect.WRITE, Handling.OWN_LANE, "write", "blocking")
                        .keys(1, -2, 1)
                        .end(),
                expected("it administers", Effect.OPAQUE, Handling.WITHHELD, "admin").end(),
                expected("it administers keys", Effect.WRITE, Handling.WITHHELD, "admin", "write")
                        .keys(1, 0, 1)
                        .end(),
                expected("it logs in", Effect.OPAQUE, Handling.WITHHELD, "no_auth", "loading")
                        .end(),
                expected("it listens", Effect.OPAQUE, Handling.WITHHELD, "pubsub", "noscript")
                        .end());
    }

    private static Unknown expected(
            String what, Effect effect, Handling handling, String... flags) {
        return new Unknown(what, effect, handling, new DescribedCommand("unheard.of", -2, flags));
    }

    private record Unknown(
            String what, Effect effect, Handling handling, DescribedCommand command) {
        Unknown keys(long index, long last, long step, String... flags) {
            command.keys(index, last, step, flags);
            return this;
        }

        Unknown keys(RespValue begin, RespValue find, String... flags) {
            command.keys(begin, find, flags);
            return this;
        }

        Arguments end() {
            return Arguments.of(what, effect, handling, command);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unknown")
    void aCommandThatNobodyKnowsIsHandledInTheSafeWay(
            String what, Effect effect, Handling handling, DescribedCommand command) {
        var spec = requireNonNull(table(command).find("unheard.of"));

        assertThat(spec.effect()).isEqualTo(effect);
        assertThat(spec.handling()).isEqualTo(handling);
        assertThat(spec.origin()).isEqualTo(Origin.DERIVED);
        assertThat(spec.mayBlock()).isEqualTo(what.equals("it waits"));
    }

    @Test
    void nobodyKnowsWhatACommandDoesToItsLaneThatSaysNothingOfItself() {
        var table =
                table(
                        new DescribedCommand("silent", 1),
                        new DescribedCommand("speaking", 1, "write"),
                        new DescribedCommand("reading", 1, "readonly"),
                        new DescribedCommand("echo", 2));

        assertThat(table.all())
                .filteredOn(CommandSpec::mayChangeItsLane)
                .extracting(CommandSpec::name)
                .containsExactly("silent");
        assertThat(table.all())
                .filteredOn(spec -> !spec.isCarriedOutByReplicas())
                .extracting(CommandSpec::name)
                .containsExactly("speaking");
    }

    @Test
    void aCommandsKeysAreWhereTheEngineSaysIt() {
        var keynum = step("keynum", "keynumidx", 0, "firstkey", 1, "keystep", 2);
        var table =
                table(
                        new DescribedCommand("pairs", -4, "write")
                                .keys(step("index", "index", 1), keynum, "OW"),
                        new DescribedCommand("into", -3, "write")
                                .keys(1, 0, 1)
                                .keys(
                                        step("keyword", "keyword", "into", "startfrom", 2),
                                        step("range", "lastkey", 0, "keystep", 1, "limit", 0)));

        assertThat(new Commands(table, "PAIRS 2 a 1 b 2 NX").keys()).containsExactly(2, 4);
        assertThat(new Commands(table, "INTO k x INTO d").keys()).containsExactly(1, 4);
        assertThat(new Commands(table, "INTO k x y").keys()).containsExactly(1);
    }

    @Test
    void whatIsNewBelowACommandOfTheFrontReachesNoEngine() {
        var table =
                table(
                        new DescribedCommand("client", -2)
                                .with(new DescribedCommand("client|id", 2))
                                .with(new DescribedCommand("client|swap-protocol", 3, "fast")),
                        new DescribedCommand("config", -2)
                                .with(new DescribedCommand("config|whisper", 2, "readonly")),
                        new DescribedCommand("object", -2)
                                .with(
                                        new DescribedCommand("object|age", 3, "readonly")
                                                .keys(2, 0, 1)));

        assertThat(handlingOf(table(new DescribedCommand("sflush", -3, "write")), "sflush"))
                .isEqualTo(Handling.WITHHELD);
        assertThat(handlingOf(table, "client|id")).isEqualTo(Handling.FRONT);
        assertThat(handlingOf(table, "client|swap-protocol")).isEqualTo(Handling.WITHHELD);
        assertThat(handlingOf(table, "config|whisper")).isEqualTo(Handling.WITHHELD);
        assertThat(handlingOf(table, "object|age")).isEqualTo(Handling.SHARED_LANE);
    }

    private static Handling handlingOf(CommandTable table, String name) {
        return requireNonNull(table.find(name), name).handling();
    }

    @Test
    void whatAnEngineLacksIsUnknownUnlessTheFrontAnswersItBeforeEveryEngine() {
        var table = table(new DescribedCommand("get", 2, "readonly").keys(1, 0, 1));

        assertThat(table.all())
                .extracting(CommandSpec::name)
                .containsExactlyInAnyOrder("get", "client|setinfo", "cluster|myshardid");
        assertThat(requireNonNull(table.find("client|setinfo")).arity()).isEqualTo(4);
    }

    @Test
    void theArityIsTheEngines() {
        var table = table(new DescribedCommand("zrank", -3, "readonly").keys(1, 0, 1));

        assertThat(new Commands(table, "ZRANK k m WITHSCORE").isWellFormed()).isTrue();
    }

    /// Maps and sets are told apart there, and mean the same.
    @Test
    void aReplyInResp3IsReadToo() {
        var row =
                """
                *10
                $4
                GETX
                :2
                ~2
                +readonly
                +loading
                :1
                :1
                :1
                ~0
                ~0
                ~1
                %3
                $5
                flags
                ~1
                +RO
                $12
                begin_search
                %2
                $4
                type
                $5
                index
                $4
                spec
                %1
                $5
                index
                :1
                $9
                find_keys
                %2
                $4
                type
                $5
                range
                $4
                spec
                %3
                $7
                lastkey
                :0
                $7
                keystep
                :1
                $5
                limit
                :0
                *0
                """;
        var reply =
                RespValue.decode(
                        Unpooled.copiedBuffer("*1\r\n" + row.replace("\n", "\r\n"), US_ASCII));

        var spec = requireNonNull(CommandTable.of(reply).find("getx"));

        assertThat(spec.described()).isEqualTo("2\tread\tshared\t-\t1:0:1:0\tloading");
    }

    // ---- replies that make no sense

    static List<Arguments> senseless() {
        var fine = new DescribedCommand("get", 2, "readonly").keys(1, 0, 1);
        var keyed = new DescribedCommand("set", 3, "write");
        var endless = new ArrayList<RespValue>();
        for (int i = 0; i < 10_001; i++) {
            endless.add(new DescribedCommand("c" + i, 1).row());
        }
        return List.of(
                Arguments.of(
                        "an error", new RespValue.ErrorReply("ERR unknown command"), "an array"),
                Arguments.of("nothing", array(), "names no command"),
                Arguments.of("a null row", array(new RespValue.NullReply()), "NullReply"),
                Arguments.of("a short row", array(array(text("get"))), "1 columns"),
                Arguments.of("no name", array(fine.rowWith(0, text(""))), "called ''"),
                Arguments.of(
                        "two words", array(fine.rowWith(0, text("get it"))), "called 'get it'"),
                Arguments.of(
                        "a line", array(fine.rowWith(0, text("get\r\n+OK"))), "called 'get??+ok'"),
                Arguments.of(
                        "no subcommand", array(fine.rowWith(0, text("client|id"))), "one word"),
                Arguments.of(
                        "another's",
                        array(fine.rowWith(9, array(new DescribedCommand("x|y", 1).row()))),
                        "'get|'"),
                Arguments.of(
                        "arity 0", array(fine.rowWith(1, new RespValue.IntegerReply(0))), "is 0"),
                Arguments.of(
                        "a huge arity",
                        array(fine.rowWith(1, new RespValue.IntegerReply(1L << 40))),
                        "arity"),
                Arguments.of("twice", array(fine.row(), fine.row()), "twice"),
                Arguments.of("too many", new RespValue.ArrayReply(endless), "10000 at most"),
                Arguments.of(
                        "flags that are no words", array(fine.rowWith(2, text("write"))), "flags"),
                Arguments.of(
                        "step 0",
                        keyed(
                                keyed,
                                step("index", "index", 1),
                                step("range", "lastkey", 0, "keystep", 0, "limit", 0)),
                        "keystep"),
                Arguments.of(
                        "index 0",
                        keyed(
                                keyed,
                                step("index", "index", 0),
                                step("range", "lastkey", 0, "keystep", 1, "limit", 0)),
                        "argument 0"),
                Arguments.of(
                        "a count before the name",
                        keyed(
                                keyed,
                                step("index", "index", 1),
                                step("keynum", "keynumidx", -1, "firstkey", 1, "keystep", 1)),
                        "keynumidx"),
                Arguments.of(
                        "another type",
                        keyed(
                                keyed,
                                step("guess"),
                                step("range", "lastkey", 0, "keystep", 1, "limit", 0)),
                        "'guess'"),
                Arguments.of(
                        "half a specification",
                        array(keyed.rowWith(8, array(array(text("flags"), array())))),
                        "begin_search"));
    }

    private static RespValue keyed(DescribedCommand command, RespValue begin, RespValue find) {
        var keyed = new DescribedCommand("set", 3, "write").keys(begin, find);
        return array(command.rowWith(0, text("other")), keyed.row());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("senseless")
    void aReplyThatMakesNoSenseIsRefused(String what, RespValue reply, String found) {
        assertThatThrownBy(() -> CommandTable.of(reply))
                .isInstanceOf(CorruptReplyException.class)
                .hasMessageContaining("reply to COMMAND")
                .hasMessageContaining("7.0 or newer")
                .hasMessageContaining(found);
    }

    /// Whatever an engine says, it takes bounded time, and ends in a table or in the one refusal.
    @Test
    void damagedRepliesAreRefusedOrRead() {
        var whole = RecordedCommands.bytes(RecordedCommands.BUNDLED);
        for (int at = 7; at < whole.readableBytes(); at += 997) {
            var damaged = whole.copy();
            damaged.setByte(at, damaged.getByte(at) ^ 0x11);
            try {
                assertThat(CommandTable.of(RespValue.decode(damaged)).all()).isNotEmpty();
            } catch (CorruptReplyException e) {
                assertThat(e).hasMessageContaining("repl");
            }
        }
    }

    // ---- what newer engines have

    @ParameterizedTest
    @CsvSource({
        "valkey-8.0.1,ZRANK k m WITHSCORE,zrank,READ,SHARED_LANE",
        "valkey-9.1.2,CLIENT NO-TOUCH ON,client|no-touch,NONE,FRONT",
        "redis-8.0.2,CLIENT NO-TOUCH ON,client|no-touch,NONE,FRONT",
        "valkey-9.1.2,CLIENT CAPA redirect,client|capa,NONE,FRONT",
        "valkey-9.1.2,CLIENT IMPORT-SOURCE ON,client|import-source,NONE,FRONT",
        "redis-8.0.2,HEXPIRE k 10 FIELDS 1 f,hexpire,WRITE,SHARED_LANE",
        "redis-8.0.2,HTTL k FIELDS 1 f,httl,READ,SHARED_LANE",
        "valkey-9.1.2,HEXPIRE k 10 FIELDS 1 f,hexpire,WRITE,SHARED_LANE",
        "valkey-9.1.2,HGETEX k FIELDS 1 f,hgetex,WRITE,SHARED_LANE",
        "valkey-8.0.1,WAITAOF 1 1 0,waitaof,NONE,FRONT",
        "valkey-9.1.2,DELIFEQ k v,delifeq,WRITE,SHARED_LANE",
        "valkey-9.1.2,COMMANDLOG GET 1 slow,commandlog|get,NONE,OWN_LANE",
        "valkey-8.0.1,CLUSTER SLOT-STATS ORDERBY key-count,cluster|slot-stats,NONE,FRONT",
        "redis-8.0.2,VADD k VALUES 1 1 e,vadd,WRITE,SHARED_LANE",
        "redis-8.0.2,VSIM k ELE e,vsim,READ,SHARED_LANE",
        "valkey-9.1.2,CLUSTER MIGRATESLOTS SLOTSRANGE 0 1 NODE n,cluster|migrateslots,OPAQUE,WITHHELD",
        "valkey-9.1.2,CLUSTER SYNCSLOTS x,cluster|syncslots,OPAQUE,WITHHELD",
        "valkey-9.1.2,CLUSTER FLUSHSLOT 1,cluster|flushslot,OPAQUE,WITHHELD",
    })
    void newerCommandsAreOfferedAsTheyShouldBe(
            String engine, String line, String name, Effect effect, Handling handling) {
        var command = new Commands(RecordedCommands.table(engine), line);

        assertThat(command.known()).hasToString(name);
        assertThat(command.known().effect()).isEqualTo(effect);
        assertThat(command.known().handling()).isEqualTo(handling);
        assertThat(command.isWellFormed()).isTrue();
    }

    @Test
    void rowsAreReadAsTheyAreWritten() {
        assertThat(
                        Stream.of(
                                "1:0:1:0",
                                "2#0:1:1",
                                "STORE(BY=1,GET=1,LIMIT=2)@2:0:1:0",
                                "KEYS@-2:-1:1:0"))
                .allMatch(rule -> KeyRule.parse(rule).toString().equals(rule));
        assertThatThrownBy(() -> CommandRow.parse("get\tread\tshared"))
                .hasMessageContaining("get\tread\tshared");
    }
}
