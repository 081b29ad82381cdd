package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.core.Clock;
import dev.keepsake.core.FaultHandler;
import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.LogQueue;
import dev.keepsake.log.RecentEntries;
import dev.keepsake.log.Retries;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.log.TrimmedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A transaction log in ledgers of BookKeeper. [TransactionLog] says what it guarantees.
///
/// One thread decides all requests in the order of the calls. It sends appends without waiting, and
/// answers each of them when BookKeeper has acknowledged it. Claims, and other changes of the list
/// of ledgers, wait until no append is under way. Then they keep the thread until they are done or
/// have failed; every wait is bounded. [LedgerTerm] explains why no acknowledged entry is lost, and
/// why no two leaders write.
final class BookKeeperLog implements TransactionLog {
    /// A request that has been decided and waits for the answers to earlier requests.
    private sealed interface Waiting {
        LogQueue.Request request();
    }

    /// A request whose entry is on its way to the bookies.
    private record Sent(
            LogQueue.AppendRequest request,
            LogEntry entry,
            Tail after,
            long lastId,
            long deadlineNs)
            implements Waiting {}

    /// A request without a new entry. Its answer depends on the outcome of the earlier ones.
    private record Plain(LogQueue.Request request) implements Waiting {}

    private static final Duration RECOVER_WITHIN = Duration.ofSeconds(10);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(4);
    private static final Duration FREE_WITHIN = Duration.ofSeconds(1);

    private final String path;
    private final BookKeeperOptions options;
    private final Clock clock;
    private final FaultHandler faults;
    private final Runnable onClosed;
    private final Thread thread;
    private final Waits waits = new Waits();
    private final LedgerReader reader;
    private final Trimming trimming;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicReference<View> view;
    private volatile RecentEntries recent;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final LogQueue queue; // shares the lock
    private final ArrayDeque<Runnable> events = new ArrayDeque<>(); // guarded by lock

    // Owned by the log's thread.
    private final ArrayDeque<LogQueue.Request> asked = new ArrayDeque<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final Following following;
    private final LedgerTerm term;
    private Tail reportedTail;
    private long recentIndex = -1;

    private BookKeeperLog(
            String path,
            Ledgers ledgers,
            LedgerLists lists,
            BookKeeperOptions options,
            Clock clock,
            ThreadFactory threads,
            FaultHandler faults,
            Runnable onClosed,
            View view) {
        this.path = path;
        this.options = options;
        this.clock = clock;
        this.faults = faults;
        this.onClosed = onClosed;
        this.queue = new LogQueue(path, options.maxPendingBytes(), lock, changed);
        this.reader = new LedgerReader(ledgers, waits);
        this.view = new AtomicReference<>(view);
        this.reportedTail = view.tail();
        this.recent = new RecentEntries(options.recentBytes());
        var shared = new SharedList(path, lists, options.metadataWithin(), waits, this.view);
        this.trimming =
                new Trimming(
                        path,
                        shared,
                        ledgers,
                        reader,
                        options.metadataWithin(),
                        waits,
                        queue,
                        this.view);
        this.following =
                new Following(
                        path, lists, reader, options.pollEvery(), clock, this::post, follower());
        this.term =
                new LedgerTerm(
                        path,
                        this.view,
                        shared,
                        ledgers,
                        reader,
                        new SpareLedger(path, ledgers, clock, this::post, this::isWriting),
                        following,
                        options,
                        clock,
                        waits,
                        this::post,
                        owner());
        this.thread = threads.newThread(this::run);
    }

    /// Opens the log whose list is the ZooKeeper node at `path`. Creates the node if it is missing.
    ///
    /// An entry that a present leader has just committed may not be visible yet. Entries of a dead
    /// leader that were never acknowledged may become visible when another node claims.
    ///
    /// @param onClosed called once, when the log has been closed
    static BookKeeperLog open(
            String path,
            Ledgers ledgers,
            LedgerLists lists,
            BookKeeperOptions options,
            Clock clock,
            ThreadFactory threads,
            FaultHandler faults,
            Runnable onClosed)
            throws IOException {
        var waits = new Waits();
        waits.get(lists.make(path), options.metadataWithin(), "opening " + path);
        var list = waits.get(lists.readNewest(path), options.metadataWithin(), "opening " + path);
        var view = new View(LedgerList.empty(-1), Tail.EMPTY, -1).with(list);
        var newest = list.newest();
        if (newest != null) {
            var reader = new LedgerReader(ledgers, waits);
            try {
                var end = waits.get(reader.newEnd(newest, -1), RECOVER_WITHIN, "opening " + path);
                view = end.isPresent() ? view.with(newest, end.get()) : view;
            } finally {
                reader.close();
            }
        }
        var log =
                new BookKeeperLog(
                        path, ledgers, lists, options, clock, threads, faults, onClosed, view);
        log.thread.start();
        return log;
    }

    @Override
    public CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex) {
        return queue.claim(node, expectedTailIndex);
    }

    @Override
    public CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes) {
        return queue.append(term, expectedOffset, bytes);
    }

    @Override
    public CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload) {
        return queue.note(term, kind, expectedOffset, payload);
    }

    @Override
    public CompletionStage<AppendOutcome> renew(Term term) {
        return queue.renew(term);
    }

    @Override
    public Tail tail() {
        return view.get().tail();
    }

    @Override
    public long pendingBytes() {
        return queue.pendingBytes();
    }

    @Override
    public List<LogEntry> read(long fromIndex, int maxBytes) throws IOException {
        var seen = view.get();
        if (fromIndex > seen.tail().index()) {
            return List.of();
        }
        var all = seen.list().ledgers();
        int at = all.size() - 1;
        while (at >= 0 && all.get(at).firstIndex() > fromIndex) {
            at--;
        }
        if (at < 0) {
            throw trimmed("entry %d".formatted(fromIndex), seen);
        }
        var kept = recent.read(fromIndex, maxBytes);
        if (kept != null && !kept.isEmpty()) {
            return kept;
        }
        var ledger = all.get(at);
        boolean isNewest = at == all.size() - 1;
        try {
            return reader.read(
                    ledger,
                    fromIndex,
                    isNewest ? seen.tail().index() : all.get(at + 1).before().index(),
                    isNewest ? seen.lastId() : all.get(at + 1).previousLastId(),
                    maxBytes);
        } catch (IOException e) {
            throw explained(e, ledger, "entry %d".formatted(fromIndex));
        }
    }

    @Override
    public long indexOf(long offset) throws IOException {
        var seen = view.get();
        checkArgument(
                offset >= 0 && offset <= seen.tail().endOffset(),
                "offset %d lies beyond the log's end at %d",
                offset,
                seen.tail().endOffset());
        if (offset == seen.tail().endOffset()) {
            return seen.tail().index() + 1;
        }
        var all = seen.list().ledgers();
        int at = all.size() - 1;
        while (at >= 0 && all.get(at).before().endOffset() > offset) {
            at--;
        }
        if (at < 0) {
            throw trimmed("offset %d".formatted(offset), seen);
        }
        var ledger = all.get(at);
        boolean isNewest = at == all.size() - 1;
        try {
            return reader.indexOf(
                    ledger, offset, isNewest ? seen.lastId() : all.get(at + 1).previousLastId());
        } catch (IOException e) {
            throw explained(e, ledger, "offset %d".formatted(offset));
        }
    }

    /// The error to report for a failed read. A trim meanwhile explains the failure better.
    private IOException explained(IOException failure, LedgerRef ledger, String what) {
        var seen = view.get();
        return seen.list().contains(ledger.ledgerId()) ? failure : trimmed(what, seen);
    }

    private TrimmedException trimmed(String what, View seen) {
        return new TrimmedException(
                "%s of %s has been trimmed; the oldest entry is %d"
                        .formatted(what, path, firstIndex(seen)));
    }

    @Override
    public long firstIndex() {
        return firstIndex(view.get());
    }

    @Override
    public long firstOffset() {
        var seen = view.get();
        var all = seen.list().ledgers();
        return all.isEmpty() ? seen.tail().endOffset() : all.getFirst().before().endOffset();
    }

    private static long firstIndex(View seen) {
        var all = seen.list().ledgers();
        return all.isEmpty() ? seen.tail().index() + 1 : all.getFirst().firstIndex();
    }

    @Override
    public Subscription follow(Listener listener) {
        listeners.add(listener);
        var open = new AtomicBoolean(true);
        return () -> {
            if (open.getAndSet(false)) {
                listeners.remove(listener);
            }
        };
    }

    // ---- trimming

    @Override
    public boolean trim(Term term, long firstKeptIndex) throws IOException {
        return trimming.trim(term, firstKeptIndex);
    }

    // ---- closing

    @Override
    public void close() {
        if (!queue.close()) {
            return;
        }
        waits.endWithin(CLOSE_WITHIN);
        try {
            thread.join(CLOSE_WITHIN.plus(FREE_WITHIN));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        reader.close();
        onClosed.run();
    }

    // ---- the log's thread

    private void run() {
        try {
            while (takeWork()) {
                decide();
                answerSafe();
                failLate();
                following.look();
            }
        } catch (InterruptedException | RuntimeException | Error e) {
            breakDown(e);
        } finally {
            free();
        }
    }

    /// Waits until there is work, and runs the events that have arrived.
    ///
    /// @return false when the log is closed and there is no work left, or the time for closing is
    ///   over
    private boolean takeWork() throws InterruptedException {
        List<Runnable> happened;
        lock.lock();
        try {
            long dueNs = nextDueNs();
            while (!hasWork() && !isOver() && clock.nowNs() - dueNs < 0) {
                long leftNs = dueNs - clock.nowNs();
                changed.awaitNanos(
                        queue.isClosing() ? Math.min(leftNs, LOOK_AGAIN.toNanos()) : leftNs);
            }
            if (isOver()) {
                return false;
            }
            queue.takeInto(asked, Integer.MAX_VALUE, Long.MAX_VALUE);
            happened = List.copyOf(events);
            events.clear();
        } finally {
            lock.unlock();
        }
        happened.forEach(Runnable::run);
        return true;
    }

    private boolean hasWork() {
        return !queue.isEmpty() || !events.isEmpty();
    }

    private boolean isOver() {
        boolean isIdle = !hasWork() && asked.isEmpty() && waiting.isEmpty();
        return queue.isClosing() && (isIdle || waits.hasEnded());
    }

    private long nextDueNs() {
        long dueNs = following.nextDueNs();
        if (waiting.peekFirst() instanceof Sent sent) {
            dueNs = Math.min(dueNs, sent.deadlineNs());
        }
        return dueNs;
    }

    /// Runs `event` on the log's thread.
    private void post(Runnable event) {
        lock.lock();
        try {
            events.addLast(event);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// Decides requests in order, until one has to wait.
    private void decide() {
        while (!asked.isEmpty()) {
            boolean decided =
                    switch (asked.getFirst()) {
                        case LogQueue.ClaimRequest claim -> decide(claim);
                        case LogQueue.AppendRequest append -> decide(append);
                    };
            if (!decided) {
                return;
            }
            asked.removeFirst();
        }
    }

    /// @return false when the claim has to wait until no append is under way
    private boolean decide(LogQueue.ClaimRequest claim) {
        if (claim.expectedTailIndex() != term.sentTail().index()) {
            waiting.addLast(new Plain(claim));
            return true;
        }
        answerSafe();
        if (!waiting.isEmpty()) {
            return false;
        }
        var outcome = term.claim(claim.node(), claim.expectedTailIndex());
        notifyListeners();
        claim.outcome().complete(outcome);
        return true;
    }

    /// @return false when the append has to wait until no append is under way
    private boolean decide(LogQueue.AppendRequest append) {
        if (term.refusal(append.term()) != null) {
            waiting.addLast(new Plain(append));
            return true;
        }
        if (!term.isWritable()) {
            answerSafe();
            if (!waiting.isEmpty()) {
                return false;
            }
            var refusal = term.makeWritable(append.term());
            if (refusal != null) {
                answer(append, refusal);
                return true;
            }
        }
        var before = term.sentTail();
        if (append.isMisplaced(before.endOffset())) {
            waiting.addLast(new Plain(append));
            return true;
        }
        var entry =
                new LogEntry(
                        before.index() + 1,
                        append.term(),
                        append.kind(),
                        before.endOffset(),
                        append.bytes().duplicate());
        var after = before.after(entry);
        long lastId = term.send(entry, after);
        long deadlineNs = clock.nowNs() + options.appendWithin().toNanos();
        waiting.addLast(new Sent(append, entry, after, lastId, deadlineNs));
        return true;
    }

    /// Answers the requests whose entries are safe, in order, up to the first one that is not.
    private void answerSafe() {
        while (!waiting.isEmpty()) {
            var first = waiting.getFirst();
            if (first instanceof Sent sent && !term.isSafe(sent.lastId())) {
                break;
            }
            waiting.removeFirst();
            switch (first) {
                case Sent sent -> commit(sent);
                case Plain plain -> answer(plain);
            }
        }
        notifyListeners();
    }

    private void commit(Sent sent) {
        commit(sent.entry(), sent.after(), sent.lastId());
        answer(
                sent.request(),
                new AppendOutcome.Appended(sent.entry().index(), sent.entry().endOffset()));
    }

    private void commit(LogEntry entry, Tail after, long lastId) {
        if (entry.index() != recentIndex + 1) {
            recent = new RecentEntries(options.recentBytes()); // the kept entries have no gap
        }
        recent.add(List.of(entry));
        recentIndex = entry.index();
        view.updateAndGet(old -> new View(old.list(), after, lastId));
    }

    private void answer(Plain plain) {
        switch (plain.request()) {
            case LogQueue.ClaimRequest claim ->
                    claim.outcome().complete(new ClaimOutcome.Behind(tail()));
            case LogQueue.AppendRequest append -> {
                var refusal = term.refusal(append.term());
                answer(append, refusal != null ? refusal : Retries.outcomeOf(append, this));
            }
        }
    }

    /// Answers an append. Its bytes stop counting as pending first, so that a caller who reacts to
    /// the answer finds room.
    private void answer(LogQueue.AppendRequest append, AppendOutcome outcome) {
        queue.decided(append);
        append.outcome().complete(outcome);
    }

    private void notifyListeners() {
        var committed = tail();
        if (committed.index() > reportedTail.index()) {
            reportedTail = committed;
            listeners.forEach(listener -> listener.committed(committed));
        }
    }

    // ---- the callbacks of LedgerTerm and Following

    private boolean isWriting() {
        return term.isWriting();
    }

    private LedgerTerm.Owner owner() {
        return new LedgerTerm.Owner() {
            @Override
            public void answerSafe() {
                BookKeeperLog.this.answerSafe();
            }

            @Override
            public void commit(LogEntry entry, Tail after, long lastId) {
                BookKeeperLog.this.commit(entry, after, lastId);
            }

            @Override
            public void onLost(Throwable cause, @Nullable LedgerRef successor) {
                answerLost(cause, successor);
            }

            @Override
            public boolean runEvents(long deadlineNs) throws IOException {
                return BookKeeperLog.this.runEvents(deadlineNs);
            }
        };
    }

    /// Waits for events and runs them.
    ///
    /// @return false when no event came in time
    private boolean runEvents(long deadlineNs) throws IOException {
        List<Runnable> happened;
        lock.lock();
        try {
            while (events.isEmpty() && !waits.hasEnded() && clock.nowNs() - deadlineNs < 0) {
                changed.awaitNanos(LOOK_AGAIN.toNanos());
            }
            happened = List.copyOf(events);
            events.clear();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            lock.unlock();
        }
        happened.forEach(Runnable::run);
        return !happened.isEmpty();
    }

    /// Answers the requests under way when a term is lost: as fenced where that is certain,
    /// otherwise as unknown.
    private void answerLost(Throwable cause, @Nullable LedgerRef successor) {
        while (!waiting.isEmpty()) {
            switch (waiting.removeFirst()) {
                case Sent sent -> {
                    boolean isCertain =
                            successor != null && successor.before().index() < sent.entry().index();
                    var list = view.get().list();
                    answer(
                            sent.request(),
                            isCertain
                                    ? new AppendOutcome.Fenced(list.term(), list.leader())
                                    : new AppendOutcome.Unknown(cause));
                }
                case Plain plain -> answer(plain);
            }
        }
        notifyListeners();
    }

    private Following.Follower follower() {
        return new Following.Follower() {
            @Override
            public boolean isWriting() {
                return BookKeeperLog.this.isWriting();
            }

            @Override
            public View view() {
                return view.get();
            }

            @Override
            public void onList(LedgerList list) {
                term.learn(list);
                notifyListeners();
            }

            @Override
            public void onEnd(LedgerRef ledger, LedgerReader.End end) {
                term.commitSeen(ledger, end);
                notifyListeners();
            }
        };
    }

    // ---- failing and closing

    /// Ends the term when the oldest append has been under way for longer than the bound.
    private void failLate() {
        if (waiting.peekFirst() instanceof Sent sent && clock.nowNs() - sent.deadlineNs() >= 0) {
            term.lose(
                    new IOException(
                            "entry %d was not acknowledged within %s"
                                    .formatted(sent.entry().index(), options.appendWithin())));
        }
    }

    private void breakDown(Throwable cause) {
        var why = "the log %s failed: %s".formatted(path, cause);
        asked.addAll(queue.breakDown(why));
        faults.fatal(why, cause);
    }

    private void free() {
        var cause = queue.over();
        asked.addAll(queue.end());
        waiting.forEach(late -> late.request().unknown(cause));
        waiting.clear();
        asked.forEach(late -> late.unknown(cause));
        asked.clear();
        term.close(FREE_WITHIN);
    }
}
