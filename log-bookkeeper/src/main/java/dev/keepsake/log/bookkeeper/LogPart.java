package dev.keepsake.log.bookkeeper;

import dev.keepsake.core.Term;
import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An entry of the log as a ledger stores it, or a part of an entry that is too large for a bookie.
/// Each part contains the tail of the log behind it, so a reader needs no other part.
///
/// @param kind the meaning of the entry's payload
/// @param number the position of this part in its entry, from 0
/// @param following how many parts of the entry come after this one; with 0 the entry is complete
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
     * An entry of a ledger is a block: several entries of the log, one after the other, or a single
     * part of an entry. Each is big-endian, with the offsets of the whole entry:
     *
     *   0         1      2        6           10      18     26            34          42           50       54
     *   | version | kind | number | following | index | term | firstOffset | endOffset | leaseIndex | length | payload
     *
     * BookKeeper's CRC32C covers the block, together with the ledger and the entry id.
     */
    static final int HEADER_BYTES = 54;
    private static final int LENGTH_AT = 50;
    private static final byte VERSION = 1;

    /// Divides an entry into parts: one part, unless the entry is too large.
    ///
    /// @param after the tail behind the entry
    static List<LogPart> of(LogEntry entry, Tail after, int partBytes) {
        var payload = entry.payload();
        int count = Math.max(1, Math.ceilDiv(payload.remaining(), partBytes));
        var parts = new ArrayList<LogPart>(count);
        for (int number = 0; number < count; number++) {
            int length = Math.min(partBytes, payload.remaining());
            parts.add(
                    new LogPart(
                            entry.kind(),
                            number,
                            count - 1 - number,
                            entry.index(),
                            entry.term(),
                            entry.firstOffset(),
                            entry.endOffset(),
                            after.leaseIndex(),
                            payload.slice().limit(length)));
            payload.position(payload.position() + length);
        }
        return parts;
    }

    int storedBytes() {
        return HEADER_BYTES + payload.remaining();
    }

    /// Appends a copy of the part to a block.
    void appendTo(ByteBuf block) {
        block.writeByte(VERSION)
                .writeByte(kind.code())
                .writeInt(number)
                .writeInt(following)
                .writeLong(index)
                .writeLong(term.number())
                .writeLong(firstOffset)
                .writeLong(endOffset)
                .writeLong(leaseIndex)
                .writeInt(payload.remaining())
                .writeBytes(payload.duplicate());
    }

    /// Reads a block.
    ///
    /// @return at least one part
    /// @throws CorruptLogException when a part does not belong to this ledger and term
    static List<LogPart> decode(LedgerRef ledger, long entryId, ByteBuffer block)
            throws CorruptLogException {
        var parts = new ArrayList<LogPart>();
        int at = 0;
        do {
            var part = at + HEADER_BYTES <= block.limit() ? decode(block, at) : null;
            if (part == null || !part.fits(ledger)) {
                throw new CorruptLogException(
                        "entry %d of ledger %d is not what term %d wrote there; nothing was changed"
                                .formatted(entryId, ledger.ledgerId(), ledger.term().number()));
            }
            parts.add(part);
            at += part.storedBytes();
        } while (at < block.limit());
        return parts;
    }

    private static @Nullable LogPart decode(ByteBuffer block, int at) {
        int length = block.getInt(at + LENGTH_AT);
        if (block.get(at) != VERSION
                || length < 0
                || length > block.limit() - at - HEADER_BYTES
                || block.getLong(at + 18) < 0) {
            return null;
        }
        var payload = ByteBuffer.allocate(length);
        payload.put(0, block, at + HEADER_BYTES, length);
        try {
            return new LogPart(
                    EntryKind.ofCode(block.get(at + 1)),
                    block.getInt(at + 2),
                    block.getInt(at + 6),
                    block.getLong(at + 10),
                    new Term(block.getLong(at + 18)),
                    block.getLong(at + 26),
                    block.getLong(at + 34),
                    block.getLong(at + 42),
                    payload);
        } catch (IllegalArgumentException e) {
            return null; // an unknown kind
        }
    }

    private boolean fits(LedgerRef ledger) {
        return term.equals(ledger.term())
                && number >= 0
                && following >= 0
                && index >= ledger.firstIndex()
                && firstOffset >= ledger.before().endOffset()
                && endOffset >= firstOffset;
    }

    /// The tail when this is the last part in `ledger`. An incomplete entry does not count.
    Tail tail(LedgerRef ledger) {
        if (following == 0) {
            return new Tail(index, term, ledger.leader(), leaseIndex, endOffset);
        }
        return index == ledger.firstIndex()
                ? ledger.before()
                : new Tail(index - 1, term, ledger.leader(), leaseIndex, firstOffset);
    }

    /// The last entry id that counts when this is the last part, in the block `entryId`.
    long lastId(long entryId) {
        return following == 0 ? entryId : entryId - number - 1;
    }
}
