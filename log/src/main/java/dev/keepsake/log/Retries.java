package dev.keepsake.log;

import java.io.IOException;

/// The rule by which a retry is acknowledged: bytes that do not follow the end of a log are
/// acknowledged when the log holds the same bytes at that very offset, of the same term, and not
/// otherwise. Whoever lost the answer to an append may so ask again.
public final class Retries {
    private static final int COMPARE_BYTES = 1 << 20;

    private Retries() {}

    /// What an append is told that does not follow the end of the log. Reads the log, and may
    /// therefore block.
    ///
    /// @param append is of the log's newest term
    /// @param log has committed everything that was asked for before
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

    /// The last entry that holds the retried bytes, or -1 when the log holds others.
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
