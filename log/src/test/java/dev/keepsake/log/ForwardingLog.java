package dev.keepsake.log;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;

/// A log that passes everything on to another: for tests that change one thing.
public abstract class ForwardingLog implements TransactionLog {
    private final TransactionLog log;

    protected ForwardingLog(TransactionLog log) {
        this.log = log;
    }

    @Override
    public CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex) {
        return log.claim(node, expectedTailIndex);
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        return log.append(term, expectedOffset, bytes);
    }

    @Override
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        return log.note(term, kind, expectedOffset, payload);
    }

    @Override
    public CompletionStage<AppendOutcome> renew(Term term) {
        return log.renew(term);
    }

    @Override
    public Tail tail() {
        return log.tail();
    }

    @Override
    public long firstIndex() {
        return log.firstIndex();
    }

    @Override
    public long pendingBytes() {
        return log.pendingBytes();
    }

    @Override
    public List<LogEntry> read(long fromIndex, int maxBytes) throws IOException {
        return log.read(fromIndex, maxBytes);
    }

    @Override
    public long indexOf(long offset) throws IOException {
        return log.indexOf(offset);
    }

    @Override
    public Subscription follow(Listener listener) {
        return log.follow(listener);
    }

    @Override
    public boolean trim(Term term, long firstKeptIndex) throws IOException {
        return log.trim(term, firstKeptIndex);
    }

    @Override
    public void close() {
        log.close();
    }
}
