package dev.keepsake.log.bookkeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepsake.core.Term;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogPartTest {
    private static final Term TERM = new Term(3);
    private static final LedgerRef LEDGER =
            new LedgerRef(1, TERM, "a", new Tail(9, new Term(2), "b", 8, 100), 4);

    @Test
    void aBlockOfEntriesReadsAsItWasWritten() throws CorruptLogException {
        var first = part(10, EntryKind.LEADER, 100, "a");
        var second = part(11, EntryKind.DATA, 100, "12345");
        var block = Unpooled.buffer();
        first.appendTo(block);
        second.appendTo(block);
        assertThat(LogPart.decode(LEDGER, 0, bytes(block))).containsExactly(first, second);
        assertThat(second.tail(LEDGER)).isEqualTo(new Tail(11, TERM, "a", 10, 105));
        assertThat(second.lastId(7)).isEqualTo(7);
    }

    @Test
    void anEntryInPartsCountsOnceItIsComplete() {
        var parts = parts(10, EntryKind.DATA, 100, "1234567", 3);
        assertThat(parts).extracting(part -> part.payload().remaining()).containsExactly(3, 3, 1);
        assertThat(parts).extracting(part -> part.lastId(20 + part.number())).contains(19L, 22L);
        assertThat(parts.get(1).tail(LEDGER)).isEqualTo(LEDGER.before());
        assertThat(parts.get(2).tail(LEDGER)).isEqualTo(new Tail(10, TERM, "a", 10, 107));

        var later = parts(12, EntryKind.DATA, 107, "1234", 3);
        assertThat(later.getFirst().tail(LEDGER)).isEqualTo(new Tail(11, TERM, "a", 10, 107));
    }

    @Test
    void aBlockThatIsCutOrBelongsElsewhereIsRefused() {
        var block = Unpooled.buffer();
        part(10, EntryKind.DATA, 100, "12345").appendTo(block);
        var whole = bytes(block);
        for (int cut = 0; cut < whole.limit(); cut++) {
            assertRefused(LEDGER, whole.duplicate().limit(cut));
        }
        var other = new LedgerRef(2, TERM.next(), "a", LEDGER.before(), 4);
        assertRefused(other, whole);
        var behind = new LedgerRef(2, TERM, "a", new Tail(10, TERM, "a", 10, 100), 4);
        assertRefused(behind, whole);
    }

    private static void assertRefused(LedgerRef ledger, ByteBuffer block) {
        assertThatExceptionOfType(CorruptLogException.class)
                .isThrownBy(() -> LogPart.decode(ledger, 6, block))
                .withMessageContaining("entry 6 of ledger");
    }

    private static LogPart part(long index, EntryKind kind, long offset, String payload) {
        return parts(index, kind, offset, payload, 1_000).getFirst();
    }

    private static List<LogPart> parts(
            long index, EntryKind kind, long offset, String payload, int partBytes) {
        var entry =
                new LogEntry(index, TERM, kind, offset, ByteBuffer.wrap(payload.getBytes(UTF_8)));
        var after = new Tail(index, TERM, "a", 10, entry.endOffset());
        return LogPart.of(entry, after, partBytes);
    }

    private static ByteBuffer bytes(ByteBuf block) {
        return block.nioBuffer().slice();
    }
}
