package dev.keepsake.log;

import dev.keepsake.core.Term;
import java.nio.ByteBuffer;

/// One committed entry of a log.
///
/// @param index the entry's position among all entries, counted from 0 without gaps
/// @param term the leadership that wrote the entry
/// @param kind the meaning of the payload
/// @param firstOffset how many data bytes of the log are ordered before the entry
/// @param payload the entry's bytes, read-only, from position 0; every call of `payload()` returns
///   a view with its own position
public record LogEntry(
        long index, Term term, EntryKind kind, long firstOffset, ByteBuffer payload) {
    public LogEntry {
        payload = payload.slice().asReadOnlyBuffer();
    }

    @Override
    public ByteBuffer payload() {
        return payload.duplicate();
    }

    /// The same entry with its own copy of the payload.
    LogEntry ofItsOwn() {
        var copy = ByteBuffer.allocate(payload.remaining()).put(payload.duplicate()).flip();
        return new LogEntry(index, term, kind, firstOffset, copy);
    }

    /// How many data bytes of the log are ordered before the next entry.
    public long endOffset() {
        return kind == EntryKind.DATA ? firstOffset + payload.remaining() : firstOffset;
    }
}
