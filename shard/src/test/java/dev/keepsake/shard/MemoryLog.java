package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/// A transaction log in memory. Keeps the rules of the contract, decides in the order of the calls,
/// and never forgets. Decides at once, or while it [#hold]s only when told to. Any thread.
class MemoryLog implements TransactionLog {
    private final List<LogEntry> entries = new ArrayList<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final ArrayDeque<Runnable> undecided = new ArrayDeque<>();
    private volatile Tail tail = Tail.EMPTY;
    private boolean holding;
    private long roomBytes = Long.MAX_VALUE;

    // ---- what a test makes happen

    /// From now on decides only in [#decide].
    synchronized void hold() {
        holding = true;
    }

    /// Decides the oldest calls that are held.
    synchronized void decide(int calls) {
        for (int i = 0; i < calls; i++) {
            undecided.removeFirst().run();
        }
    }

    /// How many calls are held.
    synchronized int undecidedCalls() {
        return undecided.size();
    }

    /// Has room for so many more bytes of data, and no more.
    synchronized void room(long bytes) {
        roomBytes = bytes;
    }

    /// Lets a node lead that has seen everything.
    Term elect(String node) {
        if (claimNow(node, tail.index()) instanceof ClaimOutcome.Won(Term term, long _)) {
            return term;
        }
        throw new AssertionError("nobody else is there to be first");
    }

    /// All data, as text.
    synchronized String text() {
        var text = new StringBuilder();
        for (var entry : entries) {
            if (entry.kind() == EntryKind.DATA) {
                text.append(US_ASCII.decode(entry.payload()));
            }
        }
        return text.toString();
    }

    // ---- the contract

    @Override
    public CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex) {
        return whenDecided(() -> claimNow(node, expectedTailIndex));
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        return whenDecided(() -> appendNow(term, expectedOffset, bytes));
    }

    @Override
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        return whenDecided(() -> {
            if (!term.equals(tail.term())) {
                return new AppendOutcome.Fenced(tail.term(), tail.leader());
            }
            if (expectedOffset != tail.endOffset()) {
                return new AppendOutcome.Misplaced(tail.endOffset());
            }
            commit(term, kind, payload, tail.leader());
            return new AppendOutcome.Appended(tail.index(), tail.endOffset());
        });
    }

    @Override
    public CompletionStage<AppendOutcome> renew(Term term) {
        return whenDecided(() -> {
            if (!term.equals(tail.term())) {
                return new AppendOutcome.Fenced(tail.term(), tail.leader());
            }
            commit(term, EntryKind.LEASE, ByteBuffer.allocate(0), tail.leader());
            return new AppendOutcome.Appended(tail.index(), tail.endOffset());
        });
    }

    @Override
    public Tail tail() {
        return tail;
    }

    @Override
    public synchronized long pendingBytes() {
        return undecided.size();
    }

    @Override
    public synchronized List<LogEntry> read(long fromIndex, int maxBytes) {
        var read = new ArrayList<LogEntry>();
        int bytes = 0;
        for (int i = Math.toIntExact(fromIndex); i < entries.size(); i++) {
            bytes += entries.get(i).payload().remaining();
            if (bytes > maxBytes && !read.isEmpty()) {
                break;
            }
            read.add(entries.get(i));
        }
        return read;
    }

    @Override
    public synchronized long indexOf(long offset) {
        if (offset > tail.endOffset()) {
            throw new IllegalArgumentException("offset %d is not there".formatted(offset));
        }
        for (var entry : entries) {
            if (offset < entry.endOffset()) {
                return entry.index();
            }
        }
        return entries.size();
    }

    @Override
    public Subscription follow(Listener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public long firstIndex() {
        return 0;
    }

    @Override
    public long firstOffset() {
        return 0;
    }

    @Override
    public boolean trim(Term term, long firstKeptIndex) {
        throw new UnsupportedOperationException("this log never forgets");
    }

    @Override
    public void close() {}

    private synchronized <T> CompletionStage<T> whenDecided(Supplier<T> decision) {
        var outcome = new CompletableFuture<T>();
        if (holding) {
            undecided.addLast(() -> outcome.complete(decision.get()));
        } else {
            outcome.complete(decision.get());
        }
        return outcome;
    }

    private synchronized ClaimOutcome claimNow(String node, long expectedTailIndex) {
        if (expectedTailIndex != tail.index()) {
            return new ClaimOutcome.Behind(tail);
        }
        commit(tail.term().next(), EntryKind.LEADER, ByteBuffer.wrap(node.getBytes(UTF_8)), node);
        return new ClaimOutcome.Won(tail.term(), tail.index());
    }

    private AppendOutcome appendNow(Term term, long expectedOffset, ByteBuffer bytes) {
        if (!term.equals(tail.term())) {
            return new AppendOutcome.Fenced(tail.term(), tail.leader());
        }
        if (expectedOffset != tail.endOffset()) {
            return new AppendOutcome.Misplaced(tail.endOffset());
        }
        if (bytes.remaining() > roomBytes) {
            return new AppendOutcome.Full("room for %d bytes".formatted(roomBytes));
        }
        roomBytes -= bytes.remaining();
        commit(term, EntryKind.DATA, bytes, tail.leader());
        return new AppendOutcome.Appended(tail.index(), tail.endOffset());
    }

    private void commit(Term term, EntryKind kind, ByteBuffer payload, String leader) {
        var entry = new LogEntry(entries.size(), term, kind, tail.endOffset(), payload);
        entries.add(entry);
        long leaseIndex = kind == EntryKind.DATA ? tail.leaseIndex() : entry.index();
        tail = new Tail(entry.index(), term, leader, leaseIndex, entry.endOffset());
        for (var listener : listeners) {
            listener.committed(tail);
        }
    }
}
