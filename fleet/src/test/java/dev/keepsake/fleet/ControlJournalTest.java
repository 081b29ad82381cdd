package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.Access;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlRecord;
import dev.keepsake.control.ControlRecordCodec;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Create;
import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.ForwardingLog;
import dev.keepsake.log.MemoryDisk;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlJournalTest {
    private static final Path DIRECTORY = Path.of("/control");
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private final MemoryDisk disk = new MemoryDisk();
    private final List<String> faults = new ArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private int changes;

    @AfterEach
    void closeAll() throws Exception {
        for (var each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void whatWasDecidedIsThereAfterARestart() throws Exception {
        var journal = open();
        create(journal, "one");
        create(journal, "two");
        assertThat(changes).isEqualTo(2);
        journal.close();

        assertThat(names(open())).containsExactly("one", "two");
    }

    @Test
    void aRefusedCallChangesNothing() throws Exception {
        var journal = open();
        create(journal, "one");
        assertThatThrownBy(() -> create(journal, "one")).hasMessageContaining("already exists");
        assertThat(changes).isEqualTo(1);
        assertThat(names(journal)).containsExactly("one");
    }

    @Test
    void withoutRoomNothingIsDecidedAndLaterEverythingIsAgain() throws Exception {
        var journal = open();
        create(journal, "one");
        disk.capacityBytes(0);
        assertThatThrownBy(() -> create(journal, "two"))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageContaining("nothing was changed")
                .hasMessageContaining(DIRECTORY.toString());
        assertThat(names(journal)).containsExactly("one");
        disk.capacityBytes(Long.MAX_VALUE);
        create(journal, "two");
        assertThat(names(journal)).containsExactly("one", "two");
        assertThat(faults).isEmpty();
    }

    @Test
    void anUnknownOutcomeStopsTheControlPlaneUntilARestart() throws Exception {
        var journal = open();
        create(journal, "one");
        disk.failForces(true);
        assertThatThrownBy(() -> create(journal, "two"))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageContaining("unknown");
        assertThatThrownBy(() -> create(journal, "three"))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageContaining("has to be restarted");
        assertThat(names(journal)).containsExactly("one");
        assertThat(faults).isNotEmpty();
        journal.close();
        disk.failForces(false);

        assertThat(names(open())).contains("one").doesNotContain("three");
    }

    @Test
    void aJournalThatIsTakenOverDecidesNothingMore() throws Exception {
        var log = log();
        var journal = open(log);
        create(journal, "one");
        log.claim("another", log.tail().index()).toCompletableFuture().get();
        assertThatThrownBy(() -> create(journal, "two"))
                .isInstanceOf(ControlUnavailableException.class)
                .hasMessageContaining("another took over in term " + new Term(2).number());
        assertThat(names(journal)).containsExactly("one");
    }

    private EmbeddedLog log() throws IOException {
        return log(EmbeddedLogOptions.standard().segmentBytes());
    }

    private EmbeddedLog log(long segmentBytes) throws IOException {
        var log =
                EmbeddedLog.open(
                        DIRECTORY,
                        disk.mount(),
                        new EmbeddedLogOptions(segmentBytes, 256L << 20, 16 << 20),
                        Thread.ofPlatform().daemon().factory(),
                        (what, cause) -> faults.add(what));
        opened.add(log);
        return log;
    }

    private ControlJournal open() throws IOException {
        return open(log());
    }

    private ControlJournal open(TransactionLog log) throws IOException {
        return open(log, Long.MAX_VALUE);
    }

    private ControlJournal open(TransactionLog log, long rewriteAfterBytes) throws IOException {
        var state = new ControlState();
        return ControlJournal.open(
                "control",
                log,
                state,
                new ControlPlane(state),
                (what, cause) -> faults.add(what),
                () -> changes++,
                rewriteAfterBytes);
    }

    // ---- the state in the place of decisions

    @Test
    void aLongHistoryIsReplacedByTheStateAndTheLogStaysSmall() throws Exception {
        var journal = open(log(SEGMENT_BYTES), REWRITE_AFTER_BYTES);
        for (int i = 0; i < 400; i++) {
            churn(journal, i);
        }
        var expected = Set.copyOf(journal.read(ControlState::records));
        long events = journal.read(state -> (long) state.records().size());
        assertThat(events).isGreaterThan(400);
        journal.close();
        assertThat(bytesOnDisk())
                .as("the whole history is %d bytes long", 400 * 1_500)
                .isLessThan(2 * stateBytes(expected) + 2 * REWRITE_AFTER_BYTES + 2 * SEGMENT_BYTES);

        var log = log(SEGMENT_BYTES);
        assertThat(log.firstIndex()).isPositive();
        assertThat(Set.copyOf(open(log, REWRITE_AFTER_BYTES).read(ControlState::records)))
                .isEqualTo(expected);
        assertThat(faults).isEmpty();
    }

    @Test
    void aCrashAtAnyPointOfARewriteLosesNothing() throws Exception {
        var failing = new FailingLog(log(SEGMENT_BYTES));
        var journal = open(failing, Long.MAX_VALUE);
        for (int i = 0; i < 1_500; i++) {
            churn(journal, i);
        }
        var expected = Set.copyOf(journal.read(ControlState::records));
        failing.close();
        int parts = 0;
        for (int survivors = 0; parts == 0; survivors++) {
            // Opening rewrites at once; the process is gone after so many appends.
            var dying = new FailingLog(log(SEGMENT_BYTES));
            dying.appendsLeft = survivors;
            var state = open(dying, 1).read(ControlState::records);
            assertThat(Set.copyOf(state)).as("with %d appends", survivors).isEqualTo(expected);
            parts = dying.appendsLeft > 0 ? survivors : 0;
            dying.close();
        }
        assertThat(parts).as("parts of the state").isGreaterThan(2);
        assertThat(Set.copyOf(open(log(SEGMENT_BYTES)).read(ControlState::records)))
                .isEqualTo(expected);
    }

    @Test
    void withoutRoomForTheStateDecisionsGoOnAsLongAsThereIsRoomForThem() throws Exception {
        var failing = new FailingLog(log());
        var journal = open(failing, 10_000);
        create(journal, "one");
        failing.appendsLeft = 3;
        failing.refusesParts = true;
        for (int i = 0; i < 20; i++) {
            churn(journal, i);
        }
        assertThat(names(journal)).contains("one");
        var expected = Set.copyOf(journal.read(ControlState::records));
        journal.close();
        assertThat(Set.copyOf(open().read(ControlState::records))).isEqualTo(expected);
    }

    private static final int SEGMENT_BYTES = 256 << 10;
    private static final int REWRITE_AFTER_BYTES = 64 << 10;

    /// A user is made, changed and removed; its events and one of twenty users stay.
    private static void churn(ControlJournal journal, int i) {
        String name = "user-" + i;
        var iam = new Access.AuthenticationMode("iam", null);
        var now = NOW.plusSeconds(i);
        journal.decide(plane ->
                plane.access().createUser("us-east-1", name, iam, "on ~* +@all", null, now));
        journal.decide(plane -> plane.access().updateUser("us-east-1", name, null, "on +get", now));
        journal.decide(plane -> plane.access().settle(Map.of(), Set.of(), now));
        if (i % 20 > 0) {
            journal.decide(plane -> plane.access().deleteUser("us-east-1", name, now));
            journal.decide(plane -> plane.access().settle(Map.of(), Set.of(), now));
        }
    }

    private long bytesOnDisk() throws IOException {
        long bytes = 0;
        for (var file : disk.picture().keySet()) {
            bytes += disk.bytes(file).length;
        }
        return bytes;
    }

    private static long stateBytes(Set<ControlRecord> records) {
        return ControlRecordCodec.encode(List.copyOf(records)).length;
    }

    /// A log that takes no more after some appends, as if the process had ended there.
    private static final class FailingLog extends ForwardingLog {
        private int appendsLeft = Integer.MAX_VALUE;
        private boolean refusesParts;

        FailingLog(TransactionLog log) {
            super(log);
        }

        @Override
        public CompletionStage<AppendOutcome> append(
                Term term, long expectedOffset, ByteBuffer bytes) {
            var text = StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
            boolean counts = !refusesParts || text.contains("StatePart");
            if (counts && appendsLeft == 0) {
                return CompletableFuture.completedFuture(new AppendOutcome.Full("it ended"));
            }
            appendsLeft -= counts ? 1 : 0;
            return super.append(term, expectedOffset, bytes);
        }
    }

    private static void create(ControlJournal journal, String name) {
        journal.decide(plane ->
                plane.createCluster(
                        Create.named(name), "us-east-1", NOW, RandomGenerator.getDefault()));
    }

    private static List<String> names(ControlJournal journal) {
        return journal.read(ControlState::clusters).stream()
                .map(cluster -> cluster.spec().id().name())
                .toList();
    }
}
