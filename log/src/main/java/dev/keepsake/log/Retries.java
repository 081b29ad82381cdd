package dev.keepsake.log;

import java.io.IOException;

/// The rule by which a log acknowledges a retry: bytes that do not follow the end of the log are
/// acknowledged only if the log holds the same bytes, of the same term, at the same offset. So a
/// caller that lost the answer to an append may repeat it.
public final class Retries {
    private static final int COMPARE_BYTES = 1 << 20;

    private Retries() {}

    /// The outcome of an append whose offset is not the end of the log. Reads the log, and may
    /// therefore block.
    ///
    /// @param append belongs to the log's newest term
    /// @param log has committed all earlier requests
    public static AppendOutcome outcomeOf(LogQueue.AppendRequest append, TransactionLog log) {
        long endOffset = log.tail().endOffset();
        int bytes = append.bytes().remaining();
        if (append.kind() == EntryKind.DATA && append.expectedOffset() <= endOffset - bytes) {
            try {
                long index = indexOfSame(append, log);
                if (index >= 0) {
                    return new AppendOutcome.Appended(index, append.expectedOffset() + bytes);
                }
            } catch (IOException e) {
                return new AppendOutcome.Unknown(e);
            }
        }
        return new AppendOutcome.Misplaced(endOffset);
    }

    /// The entry that ends the retried bytes, or -1 when the log holds other bytes or another term
    /// there.
    private static long indexOfSame(LogQueue.AppendRequest append, TransactionLog log)
            throws IOException {
        var bytes = append.bytes().duplicate();
        long offset = append.expectedOffset();
        long index = log.indexOf(offset);
        while (true) {
            for (var entry : log.read(index, COMPARE_BYTES)) {
                index = entry.index() + 1;
                if (entry.kind() != EntryKind.DATA) {
                    continue;
                }
                var held = entry.payload();
                held.position(Math.toIntExact(offset - entry.firstOffset()));
                int length = Math.min(held.remaining(), bytes.remaining());
                var wanted = bytes.duplicate().limit(bytes.position() + length);
                if (!entry.term().equals(append.term())
                        || !held.limit(held.position() + length).equals(wanted)) {
                    return -1;
                }
                bytes.position(bytes.position() + length);
                offset += length;
                if (!bytes.hasRemaining()) {
                    return entry.index();
                }
            }
        }
    }
}
