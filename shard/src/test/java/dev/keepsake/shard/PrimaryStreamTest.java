package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Term;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.RunningChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The stream of a primary without an engine: bytes come from the test, and the event loop, pauses
/// and other threads run when it says so.
class PrimaryStreamTest {
    private static final String SET = "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nv\r\n";
    private static final int SET_BYTES = SET.length();
    private static final int UNDECIDED_MAX_BYTES = 4 * SET_BYTES;
    private static final int LARGE_BYTES = StreamFramer.LARGE_UNIT_BYTES + 1;

    private final MemoryLog log = new MemoryLog();
    private final Term term = log.elect("n1");
    private final ArrayDeque<Runnable> loop = new ArrayDeque<>();
    private final ArrayDeque<Runnable> pauses = new ArrayDeque<>();
    private final ArrayDeque<Runnable> beside = new ArrayDeque<>();
    private final UnitRoom unitRoom = new UnitRoom(1);
    private final Told told = new Told();
    private final PrimaryStream stream =
            new PrimaryStream(
                    log,
                    term,
                    0,
                    new RunningChecksum(0),
                    new PrimaryStream.Bounds(64 << 20, UNDECIDED_MAX_BYTES),
                    unitRoom,
                    loop::addLast,
                    (pauseMs, action) -> {
                        assertThat(pauseMs).isEqualTo(PrimaryStream.FULL_RETRY_MS);
                        pauses.addLast(action);
                    },
                    task -> {
                        beside.addLast(task);
                        return Thread.ofVirtual().unstarted(() -> {});
                    },
                    told);

    /// Writes down what the node hears.
    private static final class Told implements PrimaryStream.Owner {
        final List<String> events = new ArrayList<>();
        boolean reads = true;

        @Override
        public void onAttached() {
            events.add("attached");
        }

        @Override
        public void onDurable(long endOffset, List<Publication> published) {
            events.add("durable " + endOffset);
            for (var each : published) {
                events.add("published " + new String(each.message(), US_ASCII));
            }
        }

        @Override
        public void onLogFull(@Nullable String reason) {
            events.add(reason == null ? "room" : "full");
        }

        @Override
        public void onLost(AppendOutcome outcome) {
            events.add("lost");
        }

        @Override
        public void onBroken(String reason) {
            events.add("broken: " + reason);
        }

        @Override
        public void read(boolean wanted) {
            reads = wanted;
        }
    }

    @AfterEach
    void close() {
        stream.close();
    }

    private static String publish(String message) {
        return "*3\r\n$7\r\nPUBLISH\r\n$2\r\nch\r\n$%d\r\n%s\r\n"
                .formatted(message.length(), message);
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    private void arrives(String text) {
        stream.onStream(bytes(text));
    }

    private void decide(int calls) {
        log.decide(calls);
        runLoop();
    }

    private void runLoop() {
        while (!loop.isEmpty()) {
            loop.removeFirst().run();
        }
    }

    private List<String> toldNow() {
        runLoop();
        var events = List.copyOf(told.events);
        told.events.clear();
        return events;
    }

    @Test
    void wholeUnitsAreLoggedAndToldWhenTheyAreDurable() {
        stream.onAttached();
        assertThat(toldNow()).containsExactly("attached");
        log.hold();
        arrives(SET.substring(0, 9));
        assertThat(log.undecidedCalls()).as("half a command").isZero();
        arrives(SET.substring(9) + SET);
        assertThat(log.undecidedCalls()).as("two commands in one piece").isOne();
        assertThat(stream.endOffset()).isEqualTo(2L * SET_BYTES);
        assertThat(stream.durableOffset()).isZero();
        assertThat(toldNow()).isEmpty();

        decide(1);
        assertThat(toldNow()).containsExactly("durable " + 2 * SET_BYTES);
        assertThat(stream.durableOffset()).isEqualTo(2L * SET_BYTES);
        assertThat(log.text()).isEqualTo(SET + SET);
    }

    @Test
    void aPublicationIsToldOnceWhatItIsPartOfIsDurable() {
        log.hold();
        arrives(publish("one"));
        arrives(SET + publish("two") + publish("three"));
        arrives(SET);
        assertThat(toldNow()).isEmpty();
        int first = publish("one").length();
        int second = first + SET_BYTES + publish("two").length() + publish("three").length();
        decide(1);
        assertThat(toldNow()).containsExactly("durable " + first, "published one");
        decide(1);
        assertThat(toldNow())
                .containsExactly("durable " + second, "published two", "published three");
        decide(1);
        assertThat(toldNow()).containsExactly("durable " + (second + SET_BYTES));
    }

    @Test
    void theEngineIsNamedBeforeAnythingOfItsStream() {
        log.hold();
        stream.begin(EngineStamp.ofRelease("valkey", "8.0.1"));
        arrives(SET);
        assertThat(log.undecidedCalls()).isOne();
        decide(1);
        decide(1);
        assertThat(log.read(0, Integer.MAX_VALUE))
                .extracting(entry -> entry.kind())
                .containsExactly(EntryKind.LEADER, EntryKind.ENGINE, EntryKind.DATA);
    }

    @Test
    void theTapIsNotReadWhileMuchIsUndecided() {
        log.hold();
        for (int i = 0; i < 4; i++) {
            arrives(SET);
            assertThat(told.reads).as("as much as may be").isTrue();
        }
        arrives(SET);
        assertThat(told.reads).isFalse();
        decide(2);
        assertThat(told.reads).as("three are undecided").isFalse();
        decide(1);
        assertThat(told.reads).as("two are").isTrue();
        arrives(SET);
        assertThat(told.reads).as("three again").isTrue();
    }

    @Test
    void aLogThatIsFullIsOfferedTheSameAgain() {
        log.room(0);
        arrives(SET);
        assertThat(toldNow()).containsExactly("full");
        arrives(SET);
        pauses.removeFirst().run();
        assertThat(toldNow()).as("it has been told").isEmpty();
        assertThat(pauses).hasSize(1);

        log.room(SET_BYTES);
        pauses.removeFirst().run();
        assertThat(toldNow()).containsExactly("durable " + SET_BYTES);
        log.room(Long.MAX_VALUE);
        pauses.removeFirst().run();
        assertThat(toldNow()).containsExactly("durable " + 2 * SET_BYTES, "room");
        assertThat(pauses).isEmpty();
        assertThat(log.text()).isEqualTo(SET + SET);

        log.room(0);
        arrives(SET);
        assertThat(toldNow()).as("it is told each time").containsExactly("full");
    }

    /// Outcomes of what was offered come one by one; in between it would be offered twice.
    @Test
    void whatIsStillBeingRefusedIsOfferedAgainLater() {
        log.hold();
        log.room(0);
        arrives(SET);
        arrives(SET);
        decide(1);
        assertThat(toldNow()).containsExactly("full");
        pauses.removeFirst().run();
        assertThat(log.undecidedCalls()).as("only what was").isOne();
        assertThat(pauses).hasSize(1);
        decide(1);
        log.room(Long.MAX_VALUE);
        pauses.removeFirst().run();
        decide(2);
        assertThat(toldNow())
                .containsExactly("durable " + SET_BYTES, "durable " + 2 * SET_BYTES, "room");
    }

    @Test
    void aFullLogIsOfferedNothingOnceTheStreamIsClosed() {
        log.room(0);
        arrives(SET);
        assertThat(toldNow()).containsExactly("full");
        stream.close();
        log.room(Long.MAX_VALUE);
        pauses.removeFirst().run();
        assertThat(toldNow()).isEmpty();
        assertThat(pauses).isEmpty();
        assertThat(log.text()).isEmpty();
    }

    @Test
    void aClosedStreamDoesNotWaitForWhatIsStillBeingRefused() {
        log.hold();
        log.room(0);
        arrives(SET);
        arrives(SET);
        decide(1);
        assertThat(toldNow()).containsExactly("full");
        stream.close();
        pauses.removeFirst().run();
        assertThat(pauses).isEmpty();
    }

    private static String largeUnit() {
        return "*2\r\n$4\r\necho\r\n$%d\r\n".formatted(LARGE_BYTES);
    }

    /// The memory of one large unit that begins to arrive is made, and room for no other is left.
    private void makeMemory() {
        arrives(largeUnit());
        assertThat(told.reads).as("until there is memory").isFalse();
        runLoop();
        beside.removeFirst().run();
        runLoop();
        assertThat(told.reads).isTrue();
    }

    /// Whether there may be one more large unit in memory now.
    private boolean isRoomFree() {
        var granted = new boolean[1];
        unitRoom.ask(() -> granted[0] = true);
        if (granted[0]) {
            unitRoom.giveBack();
        }
        return granted[0];
    }

    @Test
    void aLargeUnitWaitsForRoomAndKeepsItUntilTheLogHasIt() {
        unitRoom.ask(() -> {}); // another node's
        arrives(largeUnit());
        arrives("a");
        runLoop();
        assertThat(beside).as("memory that is made").isEmpty();
        assertThat(told.reads).isFalse();
        unitRoom.giveBack();
        runLoop();
        beside.removeFirst().run();
        assertThat(told.reads).isFalse();
        runLoop();
        assertThat(told.reads).isTrue();

        log.hold();
        arrives("a".repeat(LARGE_BYTES - 1) + "\r\n");
        assertThat(log.undecidedCalls()).as("it and a checksum").isEqualTo(2);
        var next = new ArrayList<String>();
        unitRoom.ask(() -> next.add("the next one"));
        assertThat(next).isEmpty();
        decide(1);
        assertThat(next).containsExactly("the next one");
        assertThat(stream.durableOffset()).isEqualTo(largeUnit().length() + LARGE_BYTES + 2L);
    }

    @Test
    void anUnitThatDoesNotComeGivesItsRoomBackWhenTheStreamIsClosed() {
        makeMemory();
        stream.close();
        assertThat(isRoomFree()).isTrue();
        stream.close();
        assertThat(isRoomFree()).as("once").isTrue();
    }

    @Test
    void memoryThatComesTooLateIsGivenBack() {
        arrives(largeUnit());
        stream.close();
        runLoop(); // the room was granted
        assertThat(beside).isEmpty();
        assertThat(isRoomFree()).isTrue();
    }

    @Test
    void memoryThatIsBeingMadeWhenTheStreamIsClosedIsGivenBack() {
        arrives(largeUnit());
        runLoop();
        stream.close();
        beside.removeFirst().run();
        runLoop();
        assertThat(isRoomFree()).isTrue();
        assertThat(told.reads).isFalse();
    }

    @Test
    void whatIsNoCommandCannotBeLogged() {
        arrives("*1\r\n:1\r\n");
        assertThat(toldNow())
                .singleElement()
                .asString()
                .startsWith("broken: its stream cannot be logged: ");
    }

    @Test
    void theEndOfTheTapIsToldUnlessTheStreamIsClosed() {
        stream.onDetached("the engine closed its replication stream");
        assertThat(toldNow()).containsExactly("broken: the engine closed its replication stream");
        stream.onDetached("again");
        assertThat(toldNow()).isEmpty();
    }

    @Test
    void aClosedStreamTakesNothingAndTellsWhatTheLogStillDecides() {
        log.hold();
        arrives(SET);
        stream.close();
        var late = bytes(SET);
        stream.onStream(late);
        assertThat(late.refCnt()).isZero();
        stream.onDetached("the engine ended");
        decide(1);
        assertThat(toldNow()).containsExactly("durable " + SET_BYTES);
        assertThat(log.undecidedCalls()).isZero();
    }

    @Test
    void itIsToldWhenAnotherLeads() {
        log.elect("n2");
        arrives(SET);
        assertThat(toldNow()).containsExactly("lost");
    }
}
