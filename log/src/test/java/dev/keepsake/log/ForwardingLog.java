package dev.keepsake.log;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/// A log that passes everything on to another: for tests that change one thing.
public abstract class ForwardingLog implements TransactionLog {
    private final Supplier<TransactionLog> log;

    protected ForwardingLog(TransactionLog log) {
        this(() -> log);
    }

    /// To whichever log is the present one at each call.
    protected ForwardingLog(Supplier<TransactionLog> log) {
        this.log = log;
    }

    @Override
    public CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex) {
        return log.get().claim(node, expectedTailIndex);
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        return log.get().append(term, expectedOffset, bytes);
    }

    @Override
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        return log.get().note(term, kind, expectedOffset, payload);
    }

    @Override
    public CompletionStage<AppendOutcome> renew(Term term) {
        return log.get().renew(term);
    }

    @Override
    public Tail tail() {
        return log.get().tail();
    }

    @Override
    public long firstIndex() {
        return log.get().firstIndex();
    }

    @Override
    public long firstOffset() {
        return log.get().firstOffset();
    }

    @Override
    public long pendingBytes() {
        return log.get().pendingBytes();
    }

    @Override
    public List<LogEntry> read(long fromIndex, int maxBytes) throws IOException {
        return log.get().read(fromIndex, maxBytes);
    }

    @Override
    public long indexOf(long offset) throws IOException {
        return log.get().indexOf(offset);
    }

    @Override
    public Optional<LogEntry> newestEngine() throws IOException {
        return log.get().newestEngine();
    }

    @Override
    public Subscription follow(Listener listener) {
        return log.get().follow(listener);
    }

    @Override
    public boolean trim(Term term, long firstKeptIndex) throws IOException {
        return log.get().trim(term, firstKeptIndex);
    }

    @Override
    public void close() {
        log.get().close();
    }
}
