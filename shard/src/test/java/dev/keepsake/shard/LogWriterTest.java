package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Term;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.ForwardingLog;
import dev.keepsake.log.RunningChecksum;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogWriterTest {
    private final MemoryLog log = new MemoryLog();
    private final Term term = log.elect("n1");
    private final ArrayDeque<Runnable> loop = new ArrayDeque<>();
    private final Told told = new Told();
    private final LogWriter writer =
            new LogWriter(log, term, 0, new RunningChecksum(0), loop::add, told);

    static LongStream seeds() {
        return Seeds.of(200);
    }

    /// Writes down what a listener hears.
    private static final class Told implements LogWriter.Listener {
        final List<String> events = new ArrayList<>();

        @Override
        public void onDurable(long endOffset) {
            events.add("durable " + endOffset);
        }

        @Override
        public void onFull(String reason) {
            events.add("full: " + reason);
        }

        @Override
        public void onRoom() {
            events.add("room");
        }

        @Override
        public void onLost(AppendOutcome outcome) {
            events.add(
                    switch (outcome) {
                        case AppendOutcome.Fenced(Term newer, String leader) ->
                                "fenced by %s in term %d".formatted(leader, newer.number());
                        case AppendOutcome.Unknown(Throwable cause) ->
                                "unknown: " + cause.getMessage();
                        case AppendOutcome other -> throw new AssertionError(other);
                    });
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private void runLoop() {
        while (!loop.isEmpty()) {
            loop.removeFirst().run();
        }
    }

    @Test
    void bytesBecomeDurableInTheirOrder() {
        log.hold();
        writer.append(bytes("abc"));
        writer.append(bytes("de"));
        assertThat(log.undecidedCalls()).as("pipelined").isEqualTo(2);
        assertThat(writer.undecidedBytes()).isEqualTo(5);

        log.decide(1);
        runLoop();
        assertThat(told.events).containsExactly("durable 3");
        assertThat(writer.durableOffset()).isEqualTo(3);
        assertThat(writer.undecidedBytes()).isEqualTo(2);

        log.decide(1);
        runLoop();
        assertThat(told.events).containsExactly("durable 3", "durable 5");
        assertThat(writer.undecidedBytes()).isZero();
        assertThat(log.text()).isEqualTo("abcde");
    }

    private static final EngineStamp VALKEY = new EngineStamp("valkey", "8.0.1", 11);

    private List<String> kinds() {
        return log.read(0, Integer.MAX_VALUE).stream()
                .map(entry ->
                        entry.kind() == EntryKind.ENGINE
                                ? "ENGINE " + EngineStamp.decode(entry.payload())
                                : entry.kind() + " " + entry.firstOffset())
                .toList();
    }

    @Test
    void nothingOfAStreamIsOfferedBeforeTheLogSaysWhichEngineWritesIt() {
        log.hold();
        writer.begin(VALKEY);
        writer.append(bytes("abc"));
        writer.append(bytes("de"));
        assertThat(log.undecidedCalls()).as("the ENGINE entry alone").isEqualTo(1);
        assertThat(writer.undecidedBytes()).isEqualTo(5);
        log.decide(1);
        assertThat(log.undecidedCalls()).as("its outcome is known on the loop").isZero();
        runLoop();
        assertThat(log.undecidedCalls()).isEqualTo(2);
        log.decide(2);
        runLoop();
        writer.append(bytes("f"));
        log.decide(1);
        runLoop();
        assertThat(kinds())
                .containsExactly("LEADER 0", "ENGINE valkey 8.0.1", "DATA 0", "DATA 3", "DATA 5");
        assertThat(told.events).containsExactly("durable 3", "durable 5", "durable 6");
    }

    @Test
    void anEngineEntryThatFindsNoRoomIsOfferedAgainAndTheStreamWaitsForIt() {
        var full = new AtomicBoolean(true);
        var narrow =
                new ForwardingLog(log) {
                    @Override
                    public CompletionStage<AppendOutcome> note(
                            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
                        return full.get()
                                ? CompletableFuture.completedFuture(
                                        new AppendOutcome.Full("no room"))
                                : super.note(term, kind, expectedOffset, payload);
                    }
                };
        var begun = new LogWriter(narrow, term, 0, new RunningChecksum(0), loop::add, told);
        begun.begin(VALKEY);
        runLoop();
        begun.append(bytes("abc"));
        assertThat(begun.offerAgain()).isTrue();
        runLoop();
        assertThat(told.events).containsExactly("full: no room", "full: no room");
        assertThat(log.text()).as("there would be room for this").isEmpty();

        full.set(false);
        assertThat(begun.offerAgain()).isTrue();
        runLoop();
        assertThat(kinds()).containsExactly("LEADER 0", "ENGINE valkey 8.0.1", "DATA 0");
        assertThat(told.events)
                .containsExactly("full: no room", "full: no room", "durable 3", "room");
    }

    @Test
    void roomForAnEngineEntryIsToldThoughNothingWaitsForIt() {
        var outcomes =
                new ArrayDeque<AppendOutcome>(
                        List.of(
                                new AppendOutcome.Full("no room"),
                                new AppendOutcome.Appended(1, 0)));
        var narrow =
                new ForwardingLog(log) {
                    @Override
                    public CompletionStage<AppendOutcome> note(
                            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
                        return CompletableFuture.completedFuture(outcomes.removeFirst());
                    }
                };
        var begun = new LogWriter(narrow, term, 0, new RunningChecksum(0), loop::add, told);
        begun.begin(VALKEY);
        runLoop();
        begun.offerAgain();
        runLoop();
        assertThat(told.events).containsExactly("full: no room", "room");
    }

    @Test
    void aTermIsOverWhenItsEngineEntryIsFencedAndNothingOfTheStreamIsOffered() {
        log.elect("n2");
        writer.begin(VALKEY);
        writer.append(bytes("abc"));
        runLoop();
        assertThat(told.events).containsExactly("fenced by n2 in term 2");
        assertThat(kinds()).containsExactly("LEADER 0", "LEADER 0");
        assertThat(writer.undecidedBytes()).isZero();
    }

    @Test
    void aWriterThatWasClosedDoesNotGoOnWhenItsEngineEntryIsThere() {
        log.hold();
        writer.begin(VALKEY);
        writer.append(bytes("abc"));
        writer.close();
        log.decide(1);
        runLoop();
        assertThat(log.undecidedCalls()).isZero();
        assertThat(told.events).isEmpty();
    }

    @Test
    void theListenerHearsOfNothingButOnTheLoop() {
        writer.append(bytes("abc"));
        assertThat(log.text()).isEqualTo("abc");
        assertThat(told.events).isEmpty();
        assertThat(writer.durableOffset()).isZero();

        runLoop();

        assertThat(told.events).containsExactly("durable 3");
    }

    @Test
    void aStreamGoesOnWhereTheLogEnds() {
        writer.append(bytes("abc"));
        runLoop();
        var next = new LogWriter(log, log.elect("n2"), 3, new RunningChecksum(0), loop::add, told);
        next.append(bytes("de"));
        runLoop();
        assertThat(next.durableOffset()).isEqualTo(5);
        assertThat(log.text()).isEqualTo("abcde");
    }

    @Test
    void aFullLogIsToldOnceAndEverythingIsOfferedAgain() {
        log.room(3);
        log.hold();
        for (String piece : List.of("abc", "def", "g")) {
            writer.append(bytes(piece));
        }
        log.decide(2);
        runLoop();
        assertThat(told.events).containsExactly("durable 3", "full: room for 0 bytes");
        assertThat(writer.offerAgain()).as("an outcome is still awaited").isFalse();

        writer.append(bytes("hi"));
        assertThat(log.undecidedCalls()).as("nothing is offered meanwhile").isEqualTo(1);
        assertThat(writer.undecidedBytes()).isEqualTo(6);
        log.decide(1); // "g" is misplaced behind the refusal
        runLoop();

        log.room(100);
        assertThat(writer.offerAgain()).isTrue();
        assertThat(log.undecidedCalls()).isEqualTo(3);
        log.decide(3);
        runLoop();
        assertThat(log.text()).isEqualTo("abcdefghi");
        assertThat(told.events)
                .containsExactly(
                        "durable 3",
                        "full: room for 0 bytes",
                        "durable 6",
                        "durable 7",
                        "durable 9",
                        "room");
        assertThat(writer.undecidedBytes()).isZero();
    }

    @Test
    void aLogThatStaysFullIsToldAfterEachOffer() {
        log.room(0);
        writer.append(bytes("a"));
        runLoop();
        assertThat(writer.offerAgain()).isTrue();
        runLoop();
        assertThat(told.events).containsExactly("full: room for 0 bytes", "full: room for 0 bytes");
        assertThat(writer.undecidedBytes()).isEqualTo(1);
    }

    @Test
    void offeringWhatWasNeverRefusedDoesNothing() {
        writer.append(bytes("a"));
        runLoop();
        assertThat(writer.offerAgain()).isTrue();
        runLoop();
        assertThat(log.text()).isEqualTo("a");
        assertThat(told.events).containsExactly("durable 1");
    }

    @Test
    void aNewerTermEndsEverythingOnce() {
        log.hold();
        writer.append(bytes("abc"));
        writer.append(bytes("de"));
        log.decide(1);
        log.elect("n2");
        writer.append(bytes("f"));
        log.decide(2);
        runLoop();

        assertThat(told.events).containsExactly("durable 3", "fenced by n2 in term 2");
        assertThat(writer.undecidedBytes()).isZero();
        writer.append(bytes("g"));
        assertThat(writer.offerAgain()).isTrue();
        assertThat(log.undecidedCalls()).isZero();
        assertThat(writer.undecidedBytes()).as("nothing is kept any more").isZero();
        assertThat(log.text()).isEqualTo("abc");
    }

    @Test
    void aNewerTermWhileTheLogIsFullEndsEverythingToo() {
        log.room(0);
        log.hold();
        writer.append(bytes("a"));
        writer.append(bytes("b"));
        log.decide(1);
        log.elect("n2");
        log.decide(1);
        runLoop();
        assertThat(told.events).containsExactly("full: room for 0 bytes", "fenced by n2 in term 2");
        assertThat(writer.offerAgain()).as("there is nothing left to offer").isTrue();
        assertThat(log.undecidedCalls()).isZero();
    }

    @Test
    void anOutcomeThatIsNotKnownEndsEverything() {
        var answers = new ArrayList<CompletableFuture<AppendOutcome>>();
        var silent =
                new MemoryLog() {
                    @Override
                    public CompletionStage<AppendOutcome> append(
                            Term term, long expectedOffset, ByteBuffer bytes) {
                        var answer = new CompletableFuture<AppendOutcome>();
                        answers.add(answer);
                        return answer;
                    }
                };
        var lost = new LogWriter(silent, term, 0, new RunningChecksum(0), loop::add, told);
        lost.append(bytes("a"));
        lost.append(bytes("b"));
        answers.get(0).completeExceptionally(new IllegalStateException("the log is closed"));
        answers.get(1).complete(new AppendOutcome.Unknown(new IllegalStateException("later")));
        runLoop();
        assertThat(told.events).containsExactly("unknown: the log is closed");
    }

    @Test
    void bytesThatDoNotFollowTheLogEndTheTerm() {
        log.append(term, 0, bytes("not from this stream"));
        writer.append(bytes("a"));
        writer.append(bytes("b"));
        runLoop();
        assertThat(told.events)
                .containsExactly(
                        "unknown: the log ends at offset 20, but the stream continues at 0");
    }

    @Test
    void anAcknowledgementOfSomethingElseEndsTheTerm() {
        var confused =
                new MemoryLog() {
                    @Override
                    public CompletionStage<AppendOutcome> append(
                            Term term, long expectedOffset, ByteBuffer bytes) {
                        return CompletableFuture.completedFuture(new AppendOutcome.Appended(0, 99));
                    }
                };
        var lost = new LogWriter(confused, term, 0, new RunningChecksum(0), loop::add, told);
        lost.append(bytes("a"));
        runLoop();
        assertThat(told.events)
                .containsExactly("unknown: the log acknowledged offset 99 out of order");
        assertThat(lost.durableOffset()).isZero();
    }

    /// Whatever is full and whenever: the log holds a beginning of the stream, exactly as long as
    /// what was called durable, and in the end all of it.
    @ParameterizedTest
    @MethodSource("seeds")
    void aLogThatIsFullAgainAndAgainLosesNothing(long seed) {
        var random = new Random(seed);
        var stream = new StringBuilder();
        log.hold();
        log.room(10);
        for (int step = 0; step < 300; step++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    String piece = "abcdefgh".substring(random.nextInt(8));
                    stream.append(piece);
                    writer.append(bytes(piece));
                }
                case 2 -> log.decide(random.nextInt(log.undecidedCalls() + 1));
                case 3 -> runLoop();
                default -> {
                    log.room(random.nextInt(20));
                    writer.offerAgain();
                }
            }
            assertThat(stream.toString()).startsWith(log.text());
            assertThat(writer.durableOffset()).isLessThanOrEqualTo(log.text().length());
            assertThat(writer.durableOffset() + writer.undecidedBytes()).isEqualTo(stream.length());
        }
        log.room(Long.MAX_VALUE);
        do {
            log.decide(log.undecidedCalls());
            runLoop();
        } while (!writer.offerAgain() || log.undecidedCalls() > 0);
        assertThat(log.text()).as(Seeds.replay(getClass(), seed)).isEqualTo(stream.toString());
        assertThat(writer.durableOffset()).isEqualTo(stream.length());
    }

    @Test
    void theChecksumOfAllThatWasWrittenIsLeftInTheLogEverySoOften() {
        var expected = new RunningChecksum(0);
        for (int i = 0; i < 5; i++) {
            var piece = "%d".formatted(i).repeat(LogWriter.CHECKSUM_EVERY_BYTES / 2);
            expected.add(bytes(piece));
            writer.append(bytes(piece));
            runLoop();
            if (i == 3) {
                var last = log.read(0, Integer.MAX_VALUE).getLast();
                assertThat(last.kind()).isEqualTo(EntryKind.CHECKSUM);
                assertThat(last.firstOffset()).isEqualTo(4L * (LogWriter.CHECKSUM_EVERY_BYTES / 2));
                assertThat(last.payload().getLong()).isEqualTo(expected.value());
            }
        }
        assertThat(log.read(0, Integer.MAX_VALUE))
                .filteredOn(entry -> entry.kind() == EntryKind.CHECKSUM)
                .hasSize(2);
    }
}
