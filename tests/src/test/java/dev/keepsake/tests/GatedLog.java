package dev.keepsake.tests;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.ForwardingLog;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.TransactionLog;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/// A log whose appends of data can be held back, so that a test can look at the moment between
/// execution and durability for as long as it likes; and whose reads can be, so that a node is
/// loading for as long.
final class GatedLog extends ForwardingLog {
    private record Held(CompletableFuture<AppendOutcome> outcome, Runnable append) {}

    private final ArrayDeque<Held> held = new ArrayDeque<>(); // guarded by this
    private boolean holding; // guarded by this
    private boolean holdingReads; // guarded by this

    GatedLog(TransactionLog log) {
        super(log);
    }

    /// Appends wait from now on.
    synchronized void hold() {
        holding = true;
    }

    /// What has waited goes on, in order, and nothing waits any more.
    synchronized void letGo() {
        holding = false;
        held.forEach(append -> append.append().run());
        held.clear();
    }

    /// What has waited is lost on its way; nobody can know whether it has arrived.
    synchronized void loseHeld() {
        holding = false;
        var unknown = new AppendOutcome.Unknown(new IOException("the network is gone"));
        held.forEach(append -> append.outcome().complete(unknown));
        held.clear();
    }

    /// Reads wait from now on.
    synchronized void holdReads() {
        holdingReads = true;
    }

    synchronized void letReadsGo() {
        holdingReads = false;
        notifyAll();
    }

    synchronized int heldAppends() {
        return held.size();
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        return gated(() -> super.append(term, expectedOffset, bytes));
    }

    private synchronized CompletionStage<AppendOutcome> gated(
            Supplier<CompletionStage<AppendOutcome>> append) {
        if (!holding) {
            return append.get();
        }
        var outcome = new CompletableFuture<AppendOutcome>();
        held.addLast(
                new Held(
                        outcome,
                        () ->
                                append.get()
                                        .whenComplete((done, failure) -> {
                                            if (failure == null) {
                                                outcome.complete(done);
                                            } else {
                                                outcome.completeExceptionally(failure);
                                            }
                                        })));
        return outcome;
    }

    @Override
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        return gated(() -> super.note(term, kind, expectedOffset, payload));
    }

    @Override
    public List<LogEntry> read(long fromIndex, int maxBytes) throws IOException {
        awaitReads();
        return super.read(fromIndex, maxBytes);
    }

    private synchronized void awaitReads() throws InterruptedIOException {
        try {
            while (holdingReads) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reads are held");
        }
    }
}
