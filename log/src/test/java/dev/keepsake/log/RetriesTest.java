package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {
    private static final Term FIRST = Term.NONE.next();
    private static final Term SECOND = FIRST.next();

    private final Held log = new Held();

    RetriesTest() {
        log.add(FIRST, EntryKind.LEADER, "a");
        log.add(FIRST, EntryKind.DATA, "abc"); // entry 1
        log.add(FIRST, EntryKind.LEASE, "");
        log.add(FIRST, EntryKind.CHECKSUM, "abcdef"); // looks like data
        log.add(FIRST, EntryKind.DATA, "def"); // entry 4
        log.add(FIRST, EntryKind.DATA, "ghi"); // entry 5
        log.add(SECOND, EntryKind.LEADER, "b");
        log.add(SECOND, EntryKind.DATA, "jkl"); // entry 7, offsets 9 to 11
    }

    @Test
    void bytesThatTheLogHoldsAreAcknowledgedWithTheEntryThatHoldsTheLastOfThem() {
        assertThat(retry(FIRST, 0, "abc")).isEqualTo(appended(1, 3));
        assertThat(retry(FIRST, 3, "def")).isEqualTo(appended(4, 6));
        assertThat(retry(SECOND, 9, "jkl")).isEqualTo(appended(7, 12));
    }

    @Test
    void theyMayBeCutOtherwiseThanTheyWereWritten() {
        assertThat(retry(FIRST, 0, "abcdef")).isEqualTo(appended(4, 6));
        assertThat(retry(FIRST, 1, "bcdefgh")).isEqualTo(appended(5, 8));
        assertThat(retry(FIRST, 1, "b")).isEqualTo(appended(1, 2));
        assertThat(retry(FIRST, 5, "fghi")).isEqualTo(appended(5, 9));
    }

    @Test
    void theyMayComeFromTheMiddleOfABuffer() {
        var bytes = bytes("--bcdefg--").position(2).limit(8);
        assertThat(Retries.outcomeOf(request(EntryKind.DATA, FIRST, 1, bytes), log))
                .isEqualTo(appended(5, 7));
        assertThat(bytes.position()).as("the caller's buffer is as it was").isEqualTo(2);
        assertThat(bytes.limit()).isEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Abc", "abC", "abcdeX", "abcdefghX", "bcd"})
    void otherBytesAreMisplacedWhereverTheyDiffer(String text) {
        assertThat(retry(FIRST, 0, text)).isEqualTo(misplaced());
    }

    @Test
    void theSameBytesOfAnotherTermAreMisplaced() {
        assertThat(retry(SECOND, 0, "abc")).isEqualTo(misplaced());
        assertThat(retry(FIRST, 9, "jkl")).isEqualTo(misplaced());
        assertThat(retry(FIRST, 6, "ghijkl")).as("in part").isEqualTo(misplaced());
    }

    @Test
    void bytesThatReachBehindTheEndAreNoRetryAndNothingIsReadForThem() {
        log.failing = true;
        assertThat(retry(SECOND, 9, "jklm")).isEqualTo(misplaced());
        assertThat(retry(SECOND, 12, "m")).isEqualTo(misplaced());
        assertThat(retry(SECOND, 99, "m")).isEqualTo(misplaced());
        assertThat(retry(SECOND, Long.MAX_VALUE, "m")).isEqualTo(misplaced());
    }

    @ParameterizedTest
    @ValueSource(strings = {"CHECKSUM", "ENGINE"})
    void aNoteIsNeverTakenForARetry(EntryKind kind) {
        assertThat(Retries.outcomeOf(request(kind, FIRST, 0, bytes("abc")), log))
                .isEqualTo(misplaced());
    }

    /// Neither "it is there" nor "it is not" is known then.
    @Test
    void aLogThatCannotBeReadMakesTheOutcomeUnknown() {
        log.failing = true;
        assertThat(retry(FIRST, 0, "abc"))
                .isInstanceOfSatisfying(
                        AppendOutcome.Unknown.class,
                        unknown -> assertThat(unknown.cause()).hasMessage("it cannot be read"));
    }

    private AppendOutcome retry(Term term, long offset, String text) {
        return Retries.outcomeOf(request(EntryKind.DATA, term, offset, bytes(text)), log);
    }

    private static LogQueue.AppendRequest request(
            EntryKind kind, Term term, long offset, ByteBuffer bytes) {
        return new LogQueue.AppendRequest(kind, term, offset, bytes, new CompletableFuture<>());
    }

    private static AppendOutcome appended(long index, long endOffset) {
        return new AppendOutcome.Appended(index, endOffset);
    }

    private AppendOutcome misplaced() {
        return new AppendOutcome.Misplaced(log.tail().endOffset());
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    /// A log that is only read, two entries at a time.
    private static final class Held extends ForwardingLog {
        private final List<LogEntry> entries = new ArrayList<>();
        private Tail tail = Tail.EMPTY;
        boolean failing;

        Held() {
            super(() -> {
                throw new AssertionError("a retry changes nothing");
            });
        }

        void add(Term term, EntryKind kind, String text) {
            var entry = new LogEntry(entries.size(), term, kind, tail.endOffset(), bytes(text));
            entries.add(entry);
            tail = tail.after(entry);
        }

        @Override
        public Tail tail() {
            return tail;
        }

        @Override
        public long indexOf(long offset) throws IOException {
            checkReadable();
            return entries.stream()
                    .filter(entry -> entry.firstOffset() <= offset && offset < entry.endOffset())
                    .findFirst()
                    .orElseThrow()
                    .index();
        }

        @Override
        public List<LogEntry> read(long fromIndex, int maxBytes) throws IOException {
            checkReadable();
            int from = Math.toIntExact(fromIndex);
            return entries.subList(from, Math.min(from + 2, entries.size()));
        }

        private void checkReadable() throws IOException {
            if (failing) {
                throw new IOException("it cannot be read");
            }
        }
    }
}
