package dev.keepsake.front;

import static java.util.Locale.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.Trait;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// For every row of the command table: while a write is not in the log, commands that depend on it
/// get no reply. A whole front, with an engine that accepts everything.
///
/// A row that is not listed here has to wait. So a new row either waits or fails this test.
/// Subclasses name the engine whose commands are tested.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class HeldRows {
    /// Their replies depend on the program, on the connection, or on nothing, but not on data.
    private static final Set<String> TELL_NOTHING =
            Set.of(
                    "ping echo time lolwut multi watch unwatch latency pubsub slowlog commandlog script acl"
                            .split(" ", -1));

    private static final Set<String> FAMILIES_THAT_TELL_NOTHING =
            Set.of(
                    "command|",
                    "commandlog|reset",
                    "latency|",
                    "pubsub|",
                    "script|",
                    "client|",
                    "acl|",
                    "slowlog|reset",
                    "function|kill");

    /// The front asks the engine for the answer.
    private static final List<String> ASKED =
            List.of(
                    "ACL DRYRUN default GET {k}D",
                    "ACL LOG",
                    "ACL LOG 5",
                    "CLIENT UNBLOCK 9999",
                    "CLIENT UNBLOCK 9999 ERROR",
                    "CLUSTER COUNTKEYSINSLOT 12539",
                    "CLUSTER GETKEYSINSLOT 12539 10");

    private static final String CLEAN = "{k}C";
    private static final String DIRTY = "{k}D";
    private static final Pattern COUNT_OF_KEYS = Pattern.compile("(\\d+)#");
    private static final Pattern SCRIPT = Pattern.compile("script=(-?\\d+)");
    private static final long WITHIN_NS = TimeUnit.SECONDS.toNanos(60);

    private final ServedEngine served;
    private final List<String> asked;
    private final CommandTable table;
    private TestFront node;
    private SocketClient observer;

    /// @param asked further commands for which the front asks an engine of this kind
    HeldRows(ServedEngine served, String... asked) {
        this.served = served;
        this.asked = Stream.concat(ASKED.stream(), Stream.of(asked)).toList();
        this.table = served.commands();
    }

    @BeforeAll
    void start() throws Exception {
        node = new TestFront(served).serve();
        observer = node.connect();
    }

    @AfterAll
    void stop() throws Exception {
        observer.close();
        node.close();
    }

    /// The state that a failing row leaves behind does not affect the next row.
    @AfterEach
    void settle() {
        node.lease.set(true);
        makeDurable();
    }

    // ---- the rows

    private Stream<CommandSpec> ofEngine() {
        return table.all().stream()
                .filter(spec ->
                        spec.handling() == CommandSpec.Handling.SHARED_LANE
                                || spec.handling() == CommandSpec.Handling.OWN_LANE);
    }

    private static boolean tellsNothing(CommandSpec spec) {
        return TELL_NOTHING.contains(spec.name())
                || spec.is(Trait.OF_PROGRAM)
                || spec.is(Trait.HELP)
                || spec.is(Trait.TRACKING)
                || spec.changesSubscriptions()
                || FAMILIES_THAT_TELL_NOTHING.stream().anyMatch(spec.name()::startsWith);
    }

    List<String> linesThatWait() {
        var lines = new ArrayList<>(asked);
        ofEngine()
                .filter(spec -> !tellsNothing(spec) && !spec.is(Trait.SHOWS_FUNCTION))
                .map(spec -> line(spec, argument -> true))
                .forEach(lines::add);
        return lines;
    }

    List<String> linesThatTellNothing() {
        return ofEngine()
                .filter(HeldRows::tellsNothing)
                .map(spec -> line(spec, argument -> true))
                .toList();
    }

    /// Reads that depend on the keys that they name and on nothing else. PFCOUNT is not one of
    /// them, because it stores its result.
    private List<CommandSpec> reads() {
        return ofEngine()
                .filter(spec -> spec.effect() == CommandSpec.Effect.READ)
                .filter(spec -> !spec.is(Trait.KEEPS_RESULT))
                .toList();
    }

    List<String> readsOfCleanKeys() {
        return reads().stream().map(spec -> line(spec, argument -> false)).toList();
    }

    List<String> readsWithOneDirtyKey() {
        var lines = new ArrayList<String>();
        for (var spec : reads()) {
            var clean = line(spec, argument -> false).split(" ", -1);
            var keys = Commands.of(table, clean).keyArguments();
            IntStream.range(1, clean.length)
                    .filter(keys)
                    .forEach(dirty -> lines.add(line(spec, argument -> argument == dirty)));
        }
        return lines;
    }

    /// A command of this row. An argument that is not a key is a word that is not the name of any
    /// key.
    ///
    /// @param dirty which of its arguments, if they are keys, are dirty keys
    private String line(CommandSpec spec, IntPredicate dirty) {
        var words = new ArrayList<>(Arrays.asList(spec.name().split("\\|", -1)));
        String described = spec.described();
        if (described.contains("STREAMS(")) {
            if (spec.name().equals("xreadgroup")) {
                words.addAll(List.of("GROUP", "g", "c"));
            }
            words.addAll(List.of("STREAMS", "x", "x", "0", "0"));
        } else {
            int wanted = Math.abs(spec.arity());
            boolean more = spec.arity() < 0 && spec.hasKeys() && !spec.is(Trait.CLUSTER_RULE);
            while (words.size() < wanted + (more ? 2 : 0)) {
                words.add("x");
            }
            var count = COUNT_OF_KEYS.matcher(described);
            if (count.find()) {
                words.set(Integer.parseInt(count.group(1)), "2");
            }
            var script = SCRIPT.matcher(described);
            if (script.find()) {
                int at = Integer.parseInt(script.group(1));
                words.set(at < 0 ? words.size() + at : at, "return");
            }
        }
        var keys = Commands.of(table, words.toArray(new String[0])).keyArguments();
        for (int i = 1; i < words.size(); i++) {
            if (keys.test(i)) {
                words.set(i, dirty.test(i) ? DIRTY : CLEAN);
            }
        }
        return String.join(" ", words);
    }

    // ---- their replies

    @ParameterizedTest
    @MethodSource("linesThatWait")
    void aReplyThatMayDependOnAWriteWaitsUntilTheWriteIsDurable(String line) throws Exception {
        try (var writer = node.connect();
                var asker = node.connect()) {
            dirty(writer);
            awaitHeld(asker, line);
            makeDurable();
            assertThat(writer.read()).isEqualTo("+OK");
            assertThat(asker.read()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("readsWithOneDirtyKey")
    void aReadWaitsForEachOfItsKeys(String line) throws Exception {
        try (var writer = node.connect();
                var reader = node.connect()) {
            dirty(writer);
            awaitHeld(reader, line);
            makeDurable();
            assertThat(reader.read()).isEqualTo("+OK");
        }
    }

    @ParameterizedTest
    @MethodSource("readsOfCleanKeys")
    void aReadOfCleanKeysIsSentThoughAnotherKeyIsDirty(String line) throws Exception {
        try (var writer = node.connect();
                var reader = node.connect()) {
            dirty(writer);
            assertThat(reader.ask(line)).isEqualTo("+OK");
            assertThat(writer.poll()).isNull();
            makeDurable();
        }
    }

    @ParameterizedTest
    @MethodSource("readsOfCleanKeys")
    void withoutALeaseNotEvenAReadOfCleanKeysIsSent(String line) throws Exception {
        try (var reader = node.connect()) {
            node.lease.set(false);
            awaitHeld(reader, line);
            node.lease.set(true);
            node.front.onLeaseRenewed();
            assertThat(reader.read()).isEqualTo("+OK");
        }
    }

    @ParameterizedTest
    @MethodSource("linesThatTellNothing")
    void aReplyThatRevealsNoDataDoesNotWait(String line) throws Exception {
        try (var writer = node.connect();
                var asker = node.connect()) {
            dirty(writer);
            assertThat(asker.ask(line)).isNotEmpty();
            assertThat(writer.poll()).isNull();
            makeDurable();
        }
    }

    /// It is answered while a function runs, when the engine answers no barrier. So it waits for
    /// changes of functions only.
    @Test
    void functionStatsWaitsWhileFunctionsAreChanged() throws Exception {
        try (var writer = node.connect();
                var changer = node.connect();
                var asker = node.connect()) {
            dirty(writer);
            assertThat(asker.ask("FUNCTION STATS")).isEqualTo("+OK");
            awaitHeld(changer, "FUNCTION FLUSH");
            awaitHeld(asker, "FUNCTION STATS");
            makeDurable();
            assertThat(asker.read()).isEqualTo("+OK");
        }
    }

    /// A row that the front answers by asking the engine has a line above.
    @Test
    void everyRowThatAsksTheEngineHasALine() {
        var names =
                table.all().stream()
                        .filter(spec -> spec.handling() == CommandSpec.Handling.FRONT)
                        .filter(spec -> !spec.is(Trait.CONTAINER) && !spec.is(Trait.TRACKING))
                        .filter(node.front::asksEngine)
                        .map(spec -> spec.name().replace('|', ' '))
                        .toList();
        assertThat(names)
                .hasSizeGreaterThanOrEqualTo(5)
                .allMatch(name ->
                        asked.stream().anyMatch(line -> line.toLowerCase(ROOT).startsWith(name)));
    }

    /// Otherwise the rows above would prove nothing.
    @Test
    void theLinesNameKeysAndAreComplete() {
        assertThat(linesThatWait()).hasSizeGreaterThan(180);
        assertThat(readsOfCleanKeys())
                .hasSizeGreaterThan(70)
                .allMatch(line -> line.contains(CLEAN) && !line.contains(DIRTY));
        assertThat(readsWithOneDirtyKey())
                .contains("mget {k}D {k}C {k}C", "mget {k}C {k}C {k}D", "lcs {k}C {k}D x x");
    }

    // ---- helpers

    private void dirty(SocketClient writer) throws Exception {
        awaitHeld(writer, "SET " + DIRTY + " 1");
    }

    private void makeDurable() {
        node.front.onDurable(node.engine.offset());
    }

    /// Gives a command, waits until the front has its reply, and checks that the client does not
    /// have it.
    private void awaitHeld(SocketClient client, String line) throws Exception {
        String id = client.ask("CLIENT ID").substring(1);
        client.send(line.split(" ", -1));
        long deadlineNs = System.nanoTime() + WITHIN_NS;
        while (!observer.ask("CLIENT LIST ID " + id).contains(" oll=1 ")) {
            assertThat(client.poll()).as("%s was sent", line).isNull();
            assertThat(System.nanoTime()).as("%s waits", line).isLessThan(deadlineNs);
        }
        assertThat(client.poll()).as("%s was sent", line).isNull();
    }
}
