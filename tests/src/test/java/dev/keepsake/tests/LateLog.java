package dev.keepsake.tests;

import dev.keepsake.core.Term;
import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.front.HoldRule;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.server.ServerParts;
import dev.keepsake.shard.LeaseTimings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// A log behind a slow network: an append reaches it late, and only while its sender lives, since
/// what a machine has not sent yet dies with it. Every call of the leader sends what is due, and a
/// leader that lives calls at least as often as it renews its lease.
final class LateLog implements TransactionLog {
    private record Unsent(
            Supplier<CompletionStage<AppendOutcome>> append,
            CompletableFuture<AppendOutcome> outcome,
            long dueNs) {}

    private final TransactionLog log;
    private final long delayNs;
    private final ArrayDeque<Unsent> unsent = new ArrayDeque<>(); // guarded by this

    LateLog(TransactionLog log, int delayMs) {
        this.log = log;
        this.delayNs = TimeUnit.MILLISECONDS.toNanos(delayMs);
    }

    /// The parts of a server whose shards have such logs.
    static ServerParts parts(int delayMs, HoldRule hold) {
        var real = ServerParts.standard().logs();
        return new ServerParts(
                path -> {
                    var log = real.open(path);
                    return path.endsWith("control") ? log : new LateLog(log, delayMs);
                },
                hold);
    }

    /// With leaders that renew their leases often, and so do not keep what is due waiting.
    static FleetTuning tuning() {
        var standard = LeaseTimings.standard();
        return FleetTuning.standard()
                .withTimings(
                        new LeaseTimings(
                                TimeUnit.MILLISECONDS.toNanos(50),
                                standard.leaseNs(),
                                standard.silenceNs()));
    }

    @Override
    public CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex) {
        return log.claim(node, expectedTailIndex);
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        return sendLater(() -> log.append(term, expectedOffset, bytes));
    }

    @Override
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        return sendLater(() -> log.note(term, kind, expectedOffset, payload));
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
        return log.renew(term);
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
    public long firstIndex() {
        return log.firstIndex();
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
