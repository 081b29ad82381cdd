package dev.keepsake.log;

import dev.keepsake.core.Term;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// A log behind a slow network: an append reaches it late, and only while its sender lives, since
/// what a machine has not sent yet dies with it. Every call of the leader sends what is due, and a
/// leader that lives calls at least as often as it renews its lease.
public final class LateLog extends ForwardingLog {
    private record Unsent(
            Supplier<CompletionStage<AppendOutcome>> append,
            CompletableFuture<AppendOutcome> outcome,
            long dueNs) {}

    private final long delayNs;
    private final ArrayDeque<Unsent> unsent = new ArrayDeque<>(); // guarded by this

    public LateLog(TransactionLog log, int delayMs) {
        super(log);
        this.delayNs = TimeUnit.MILLISECONDS.toNanos(delayMs);
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        return sendLater(() -> super.append(term, expectedOffset, bytes));
    }

    @Override
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        return sendLater(() -> super.note(term, kind, expectedOffset, payload));
    }

    private synchronized CompletionStage<AppendOutcome> sendLater(
            Supplier<CompletionStage<AppendOutcome>> append) {
        var outcome = new CompletableFuture<AppendOutcome>();
        unsent.addLast(new Unsent(append, outcome, System.nanoTime() + delayNs));
        sendDue();
        return outcome;
    }

    @Override
    public CompletionStage<AppendOutcome> renew(Term term) {
        sendDue();
        return super.renew(term);
    }

    private synchronized void sendDue() {
        while (!unsent.isEmpty() && unsent.getFirst().dueNs() - System.nanoTime() <= 0) {
            var due = unsent.removeFirst();
            due.append()
                    .get()
                    .whenComplete((done, failure) -> {
                        if (failure == null) {
                            due.outcome().complete(done);
                        } else {
                            due.outcome().completeExceptionally(failure);
                        }
                    });
        }
    }
}
