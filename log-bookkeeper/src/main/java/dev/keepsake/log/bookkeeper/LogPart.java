package dev.keepsake.log.bookkeeper;

import dev.keepsake.core.Term;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/// What one entry of a ledger holds: an entry of the log, or a part of one that is too large for a
/// bookie. Each says enough to know the log's tail behind it, so a reader needs no other.
///
/// @param number which part of the entry, from 0
/// @param following how many parts come behind it; with 0 the entry is complete
/// @param leaseIndex the newest LEADER or LEASE entry, this one included
/// @param payload this part's bytes
record LogPart(
        EntryKind kind,
        int number,
        int following,
        long index,
        Term term,
        long firstOffset,
        long endOffset,
        long leaseIndex,
        ByteBuffer payload) {
    /*
     * Big-endian; firstOffset and endOffset are those of the whole entry:
     *
     *   0         1      2        6           10      18     26            34          42           50
     *   | version | kind | number | following | index | term | firstOffset | endOffset | leaseIndex | payload
     *
     * BookKeeper's CRC32C covers all of it, together with the ledger and the entry id.
     */
    static final int HEADER_BYTES = 50;
    private static final byte VERSION = 1;

    /// Cuts an entry into parts.
    ///
    /// @param after the tail behind the entry
    /// @return the ledger's entries, in order, each with bytes of its own: BookKeeper may still be
    ///   sending them to the slowest bookie when the caller has its buffer back
    static ByteBuf[] encode(LogEntry entry, Tail after, int partBytes) {
        var payload = entry.payload();
        int count = Math.max(1, Math.ceilDiv(payload.remaining(), partBytes));
        var parts = new ByteBuf[count];
        for (int number = 0; number < count; number++) {
            int length = Math.min(partBytes, payload.remaining());
            var bytes = ByteBuffer.allocate(HEADER_BYTES + length);
            bytes.put(VERSION)
                    .put(entry.kind().code())
                    .putInt(number)
                    .putInt(count - 1 - number)
                    .putLong(entry.index())
                    .putLong(entry.term().number())
                    .putLong(entry.firstOffset())
                    .putLong(entry.endOffset())
                    .putLong(after.leaseIndex())
                    .put(payload.slice().limit(length));
            payload.position(payload.position() + length);
            parts[number] = Unpooled.wrappedBuffer(bytes.flip());
        }
        return parts;
    }

    /// Reads what [#encode] has written.
    ///
    /// @throws CorruptLogException when it does not belong where it stands
    static LogPart decode(LedgerRef ledger, long entryId, ByteBuffer bytes)
            throws CorruptLogException {
        if (bytes.remaining() < HEADER_BYTES || bytes.get(0) != VERSION) {
            throw damaged(ledger, entryId);
        }
        var payload = ByteBuffer.allocate(bytes.remaining() - HEADER_BYTES);
        payload.put(0, bytes, HEADER_BYTES, payload.capacity());
        EntryKind kind;
        try {
            kind = EntryKind.ofCode(bytes.get(1));
        } catch (IllegalArgumentException e) {
            throw damaged(ledger, entryId);
        }
        var part =
                new LogPart(
                        kind,
                        bytes.getInt(2),
                        bytes.getInt(6),
                        bytes.getLong(10),
                        new Term(bytes.getLong(18)),
                        bytes.getLong(26),
                        bytes.getLong(34),
                        bytes.getLong(42),
                        payload.asReadOnlyBuffer());
        boolean fits =
                part.term.equals(ledger.term())
                        && part.number >= 0
                        && part.following >= 0
                        && part.index >= ledger.firstIndex()
                        && part.index <= ledger.firstIndex() + entryId - part.number
                        && part.firstOffset >= ledger.before().endOffset()
                        && part.endOffset >= part.firstOffset;
        if (!fits) {
            throw damaged(ledger, entryId);
        }
        return part;
    }

    /// The tail when this is the last entry of `ledger`. An incomplete entry does not count.
    Tail tail(LedgerRef ledger) {
        if (following == 0) {
            return new Tail(index, term, ledger.leader(), leaseIndex, endOffset);
        }
        return index == ledger.firstIndex()
                ? ledger.before()
                : new Tail(index - 1, term, ledger.leader(), leaseIndex, firstOffset);
    }

    /// The last entry id that counts when this part is the last one, at `entryId`.
    long lastId(long entryId) {
        return following == 0 ? entryId : entryId - number - 1;
    }

    private static CorruptLogException damaged(LedgerRef ledger, long entryId) {
        return new CorruptLogException(
                "entry %d of ledger %d is not what term %d wrote there; nothing was changed"
                        .formatted(entryId, ledger.ledgerId(), ledger.term().number()));
    }
}
