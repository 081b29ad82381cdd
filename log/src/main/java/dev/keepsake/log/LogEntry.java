package dev.keepsake.log;

import dev.keepsake.core.Term;
import java.nio.ByteBuffer;

/// One committed entry of a log.
///
/// @param index its place, dense from 0
/// @param term the leadership that wrote it
/// @param kind what the payload is
/// @param firstOffset how many data bytes are ordered before it
/// @param payload its bytes, read-only, from position 0; every call of `payload()` gives a view
///   with its own position
public record LogEntry(
        long index, Term term, EntryKind kind, long firstOffset, ByteBuffer payload) {
    public LogEntry {
        payload = payload.slice().asReadOnlyBuffer();
    }

    @Override
    public ByteBuffer payload() {
        return payload.duplicate();
    }

    /// The same entry with a payload that nobody else has.
    LogEntry ofItsOwn() {
        var copy = ByteBuffer.allocate(payload.remaining()).put(payload.duplicate()).flip();
        return new LogEntry(index, term, kind, firstOffset, copy);
    }

    /// How many data bytes are ordered before the entry that follows this one.
    public long endOffset() {
        return kind == EntryKind.DATA ? firstOffset + payload.remaining() : firstOffset;
    }
}
