package dev.keepsake.server;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/// A log behind a slow network: an append reaches it late, and only while its sender lives, since
/// what a machine has not sent yet dies with it. Every call of the leader sends what is due, and a
/// leader that lives calls at least as often as it renews its lease.
final class SlowLog implements TransactionLog {
    private record Unsent(
            Term term,
            long expectedOffset,
            ByteBuffer bytes,
            CompletableFuture<AppendOutcome> outcome,
            long dueNs) {}

    private final TransactionLog log;
    private final long delayNs;
    private final ArrayDeque<Unsent> unsent = new ArrayDeque<>(); // guarded by this

    SlowLog(TransactionLog log, int delayMs) {
        this.log = log;
        this.delayNs = TimeUnit.MILLISECONDS.toNanos(delayMs);
    }

    @Override
    public CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex) {
        return log.claim(node, expectedTailIndex);
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        var outcome = new CompletableFuture<AppendOutcome>();
        synchronized (this) {
            unsent.addLast(
                    new Unsent(term, expectedOffset, bytes, outcome, System.nanoTime() + delayNs));
            sendDue();
        }
        return outcome;
    }

    @Override
    public CompletionStage<AppendOutcome> renew(Term term) {
        sendDue();
        return log.renew(term);
    }

    private synchronized void sendDue() {
        while (!unsent.isEmpty() && unsent.getFirst().dueNs() - System.nanoTime() <= 0) {
            var due = unsent.removeFirst();
            log.append(due.term(), due.expectedOffset(), due.bytes())
                    .whenComplete((done, failure) -> {
                        if (failure == null) {
                            due.outcome().complete(done);
                        } else {
                            due.outcome().completeExceptionally(failure);
                        }
                    });
        }
    }

    @Override
    public Tail tail() {
        return log.tail();
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
