package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

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
import org.apache.bookkeeper.client.api.BKException.Code;
import org.apache.bookkeeper.client.api.WriteAdvHandle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A transaction log in ledgers of BookKeeper. See [TransactionLog] for what it promises.
///
/// One thread decides everything in the order of the calls. Appends are sent without waiting and
/// answered when BookKeeper has acknowledged them. Claims, and what else changes the list of
/// ledgers, wait until nothing is under way, and then keep the thread until they are done or have
/// failed; every wait is bounded.
final class BookKeeperLog implements TransactionLog {
    /*
     * Why no acknowledged entry is lost, and no two leaders write.
     *
     * Only a log's newest ledger is written, and only by the handle that made it. A new ledger comes
     * into the list by replacing the version of the list that was read before the old ledger's end was
     * settled, in one of two ways:
     *
     *   - by somebody else: it is recovered. BookKeeper then lets none of its writer's entries be
     *     acknowledged any more, and settles one end that holds every entry that ever was.
     *   - by its own writer, with nothing under way: what was acknowledged is its end.
     *
     * Either way `before` in the list is where the old ledger ends for good, and whoever loses the race
     * for the list has written nothing. When the outcome of the race is unknown, the writer must not
     * write to the old ledger again (it may have been replaced), so its term is over.
     *
     * An append that failed is certainly not in the log only if a newer term stands in the list whose
     * `before` lies before it. In every other case somebody may yet find it on one bookie, and recover
     * it: Unknown.
     */

    /// A request that has been looked at and waits for those before it.
    private sealed interface Waiting {
        LogQueue.Request request();
    }

    /// An entry that is on its way to the bookies.
    private record Sent(
            LogQueue.AppendRequest request,
            LogEntry entry,
            Tail after,
            long lastId,
            long deadlineNs)
            implements Waiting {}

    /// Needs no new entry: what it is told depends on how those before it end.
    private record Plain(LogQueue.Request request) implements Waiting {}

    /// The term cannot go on, and why.
    private record Loss(Term term, Throwable cause) {}

    private static final Logger LOG = LoggerFactory.getLogger(BookKeeperLog.class);
    private static final Duration RECOVER_WITHIN = Duration.ofSeconds(10);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(4);
    private static final Duration FREE_WITHIN = Duration.ofSeconds(1);

    private final String path;
    private final Ledgers ledgers;
    private final BookKeeperOptions options;
    private final Clock clock;
    private final FaultHandler faults;
    private final Runnable onClosed;
    private final Thread thread;
    private final Waits waits = new Waits();
    private final LedgerReader reader;
    private final SharedList shared;
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
    private @Nullable LedgerWriter writer;
    private @Nullable Loss lost;
    private final SpareLedger spare;
    private final Following following;
    private Tail sentTail;
    private Tail toldTail;
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
        this.ledgers = ledgers;
        this.options = options;
        this.clock = clock;
        this.faults = faults;
        this.onClosed = onClosed;
        this.queue = new LogQueue(path, options.maxPendingBytes(), lock, changed);
        this.reader = new LedgerReader(ledgers, waits);
        this.view = new AtomicReference<>(view);
        this.sentTail = view.tail();
        this.toldTail = view.tail();
        this.recent = new RecentEntries(options.recentBytes());
        this.shared = new SharedList(path, lists, options.metadataWithin(), waits, this.view);
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
        this.spare = new SpareLedger(path, ledgers, clock, this::post, () -> writer != null);
        this.following =
                new Following(
                        path, lists, reader, options.pollEvery(), clock, this::post, follower());
        this.thread = threads.newThread(this::run);
    }

    /// Opens the log whose list is the node at `path`, and makes that if it is missing.
    ///
    /// What a leader that still writes has committed just now may not be visible yet. What one that
    /// has died had not told anybody of becomes visible when somebody claims.
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

    /// The ledger may have been trimmed meanwhile, which explains the failure.
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
                settle();
                failLate();
                following.look();
            }
        } catch (InterruptedException | RuntimeException | Error e) {
            breakDown(e);
        } finally {
            free();
        }
    }

    /// Waits until there is something to do, and lets happen what has happened.
    ///
    /// @return false when the log is closed and nothing is left to do, or no time
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

    /// Looks at what has been asked, in order, until something has to wait.
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

    /// @return false when it has to wait until nothing is under way
    private boolean decide(LogQueue.ClaimRequest claim) {
        if (claim.expectedTailIndex() != sentTail.index()) {
            waiting.addLast(new Plain(claim));
            return true;
        }
        settle();
        if (!waiting.isEmpty()) {
            return false;
        }
        var outcome = claimNow(claim);
        tellListeners();
        claim.outcome().complete(outcome);
        return true;
    }

    /// @return false when it has to wait until nothing is under way
    private boolean decide(LogQueue.AppendRequest append) {
        if (refusal(append.term()) != null) {
            waiting.addLast(new Plain(append));
            return true;
        }
        var current = writer;
        if (current == null || isFull(current)) {
            settle();
            if (!waiting.isEmpty()) {
                return false;
            }
            current = current == null ? resume(append) : rolled(current, append);
            if (current == null) {
                return true; // and answered
            }
        }
        if (append.isMisplaced(sentTail.endOffset())) {
            waiting.addLast(new Plain(append));
            return true;
        }
        var entry =
                new LogEntry(
                        sentTail.index() + 1,
                        append.term(),
                        append.kind(),
                        sentTail.endOffset(),
                        append.bytes().duplicate());
        var after = sentTail.after(entry);
        long lastId = current.send(entry, after);
        long deadlineNs = clock.nowNs() + options.appendWithin().toNanos();
        waiting.addLast(new Sent(append, entry, after, lastId, deadlineNs));
        sentTail = after;
        if (current.bytes() >= options.ledgerBytes()) {
            spare.prepare();
        }
        return true;
    }

    private boolean isFull(LedgerWriter current) {
        return spare.isReady()
                && current.bytes() >= options.ledgerBytes()
                && !view.get().list().isFull(); // or else it simply grows
    }

    /// Why nothing of `term` may be appended, or null when it may.
    private @Nullable AppendOutcome refusal(Term term) {
        var list = view.get().list();
        if (!list.term().equals(term)) {
            return new AppendOutcome.Fenced(list.term(), list.leader());
        }
        var loss = lost;
        return loss != null && loss.term().equals(term)
                ? new AppendOutcome.Unknown(loss.cause())
                : null;
    }

    /// Tells everybody whose turn it is.
    private void settle() {
        while (!waiting.isEmpty()) {
            var first = waiting.getFirst();
            if (first instanceof Sent sent && !isSafe(sent)) {
                break;
            }
            waiting.removeFirst();
            switch (first) {
                case Sent sent -> commit(sent);
                case Plain(LogQueue.ClaimRequest claim) ->
                        claim.outcome().complete(new ClaimOutcome.Behind(tail()));
                case Plain(LogQueue.AppendRequest append) -> answer(append, outcomeOf(append));
            }
        }
        tellListeners();
    }

    private boolean isSafe(Sent sent) {
        var current = writer;
        return current != null && current.ackedId() >= sent.lastId();
    }

    private void commit(Sent sent) {
        keepInMemory(sent.entry());
        commitAt(sent.after(), sent.lastId());
        answer(
                sent.request(),
                new AppendOutcome.Appended(sent.entry().index(), sent.entry().endOffset()));
    }

    private void keepInMemory(LogEntry entry) {
        if (entry.index() != recentIndex + 1) {
            recent = new RecentEntries(options.recentBytes()); // it must have no gap
        }
        recent.add(List.of(entry));
        recentIndex = entry.index();
    }

    private void commitAt(Tail tail, long lastId) {
        view.updateAndGet(old -> new View(old.list(), tail, lastId));
    }

    private AppendOutcome outcomeOf(LogQueue.AppendRequest append) {
        var refusal = refusal(append.term());
        if (refusal != null) {
            return refusal;
        }
        return Retries.outcomeOf(append, this);
    }

    /// Its bytes are no longer pending when it is told, so that it finds room.
    private void answer(LogQueue.AppendRequest append, AppendOutcome outcome) {
        queue.decided(append);
        append.outcome().complete(outcome);
    }

    private void tellListeners() {
        var committed = tail();
        if (committed.index() > toldTail.index()) {
            toldTail = committed;
            listeners.forEach(listener -> listener.committed(committed));
        }
    }

    // ---- the leadership, and new ledgers

    private ClaimOutcome claimNow(LogQueue.ClaimRequest claim) {
        LedgerWriter mine = writer;
        LedgerList list;
        LedgerReader.End end;
        WriteAdvHandle handle = null;
        try {
            list = shared.readNewest();
            learn(list);
            if (mine != null && writer == mine && list.newestId() == mine.ledger().ledgerId()) {
                // All that was ever sent is acknowledged, and nobody else writes this ledger.
                end = new LedgerReader.End(tail(), view.get().lastId());
            } else {
                end = endedFor(claim, list);
                if (end == null) {
                    return new ClaimOutcome.Behind(tail());
                }
                list = view.get().list();
            }
            if (list.isFull()) {
                return new ClaimOutcome.Full(
                        "the list at %s has no room for more than its %d ledgers; trim the log"
                                .formatted(path, list.ledgers().size()));
            }
            handle = spare.takeOrMake(waits);
        } catch (IOException e) {
            LOG.info(
                    "log={} cannot be claimed by={} reason={}", path, claim.node(), e.getMessage());
            return new ClaimOutcome.Full(reasonOf(e));
        }
        var ledger =
                new LedgerRef(
                        handle.getId(), list.term().next(), claim.node(), end.tail(), end.lastId());
        switch (putIntoList(list, ledger)) {
            case NO -> {
                ledgers.discard(handle);
                return new ClaimOutcome.Behind(tail());
            }
            case UNKNOWN -> {
                var cause = new IOException("whether the claim came into the list is unknown");
                loseTerm(cause);
                handle.closeAsync();
                return new ClaimOutcome.Unknown(cause);
            }
            case YES -> {}
        }
        var fresh = writeTo(ledger, handle);
        try {
            writeLeader(fresh);
        } catch (IOException e) {
            loseTerm(e);
            return new ClaimOutcome.Unknown(e);
        }
        LOG.info(
                "log={} leader={} term={} ledger={} index={}",
                path,
                claim.node(),
                ledger.term().number(),
                ledger.ledgerId(),
                ledger.firstIndex());
        return new ClaimOutcome.Won(ledger.term(), ledger.firstIndex());
    }

    /// Ends the newest ledger, which somebody else writes or wrote, if the claimant has seen
    /// everything.
    ///
    /// Ending it is the end of its writer's term even when the claim is then found to be behind. So
    /// nobody whose claim is bound to fail may get that far: what the bookies say is committed is
    /// looked at first, and a rival that has just won gets the time to show it.
    ///
    /// @return null when the claimant is behind
    private LedgerReader.@Nullable End endedFor(LogQueue.ClaimRequest claim, LedgerList list)
            throws IOException {
        var newest = list.newest();
        if (newest == null) {
            return claim.expectedTailIndex() == -1 ? new LedgerReader.End(Tail.EMPTY, -1) : null;
        }
        do {
            if (isBehind(claim)) {
                return null;
            }
            var found =
                    waits.get(
                            reader.newEnd(newest, view.get().lastId()),
                            RECOVER_WITHIN,
                            "looking at ledger %d".formatted(newest.ledgerId()));
            found.ifPresent(end -> commitSeen(newest, end));
            if (isBehind(claim)) {
                return null;
            }
        } while (isRivalNew(newest) && waits.pass(LOOK_AGAIN));
        var end = reader.recover(newest, RECOVER_WITHIN);
        commitSeen(newest, end);
        return isBehind(claim) ? null : end;
    }

    private boolean isBehind(LogQueue.ClaimRequest claim) {
        return claim.expectedTailIndex() != tail().index();
    }

    /// Whether the newest ledger's term has written nothing that can be seen, and has not had long
    /// enough for it.
    private boolean isRivalNew(LedgerRef newest) {
        return newest.term().isNewerThan(tail().term())
                && following.isNewestTermYoungerThan(options.patience());
    }

    /// Goes on with a term that this process has not written in since it opened the log.
    ///
    /// @return null when it cannot; the append has been answered then
    private @Nullable LedgerWriter resume(LogQueue.AppendRequest append) {
        LedgerRef ledger;
        LedgerList list;
        WriteAdvHandle handle = null;
        try {
            list = shared.readNewest();
            learn(list);
            var newest = list.newest();
            if (newest == null || !newest.term().equals(append.term())) {
                answer(append, outcomeOf(append));
                return null;
            }
            var end = reader.recover(newest, RECOVER_WITHIN);
            commitSeen(newest, end);
            handle = spare.takeOrMake(waits);
            ledger =
                    new LedgerRef(
                            handle.getId(),
                            newest.term(),
                            newest.leader(),
                            end.tail(),
                            end.lastId());
        } catch (IOException e) {
            answer(append, new AppendOutcome.Full(reasonOf(e)));
            return null;
        }
        return switch (putIntoList(list, ledger)) {
            case YES -> writeTo(ledger, handle);
            case NO -> {
                ledgers.discard(handle);
                var refusal = refusal(append.term());
                answer(
                        append,
                        refusal != null
                                ? refusal
                                : new AppendOutcome.Full(
                                        "another process goes on with term %d of %s"
                                                .formatted(append.term().number(), path)));
                yield null;
            }
            case UNKNOWN -> {
                var cause = new IOException("whether a new ledger came into the list is unknown");
                lost = new Loss(append.term(), cause);
                handle.closeAsync();
                answer(append, new AppendOutcome.Unknown(cause));
                yield null;
            }
        };
    }

    /// Goes on with the term in the spare ledger, since the current one is large enough.
    ///
    /// @return null when the term is over; the append has been answered then
    private @Nullable LedgerWriter rolled(LedgerWriter current, LogQueue.AppendRequest append) {
        var handle = spare.take();
        if (handle == null) {
            return current;
        }
        var old = current.ledger();
        var ledger =
                new LedgerRef(
                        handle.getId(), old.term(), old.leader(), tail(), view.get().lastId());
        return switch (putIntoList(view.get().list(), ledger)) {
            case YES -> writeTo(ledger, handle);
            case NO -> {
                ledgers.discard(handle);
                answer(append, outcomeOf(append));
                yield null;
            }
            case UNKNOWN -> {
                loseTerm(new IOException("whether a new ledger came into the list is unknown"));
                handle.closeAsync();
                answer(append, outcomeOf(append));
                yield null;
            }
        };
    }

    /// Puts a ledger at the end of the list, if its newest ledger is still that of `list`.
    private LedgerLists.Swapped putIntoList(LedgerList list, LedgerRef ledger) {
        return switch (shared.add(list, ledger)) {
            case SharedList.Added.Done _ -> LedgerLists.Swapped.YES;
            case SharedList.Added.Beaten(var newer) -> {
                learn(newer);
                yield LedgerLists.Swapped.NO;
            }
            case SharedList.Added.Unknown _ -> LedgerLists.Swapped.UNKNOWN;
        };
    }

    private LedgerWriter writeTo(LedgerRef ledger, WriteAdvHandle handle) {
        var old = writer;
        if (old != null) {
            old.close(); // nothing is under way; its end stands in the list
        }
        var fresh =
                new LedgerWriter(
                        ledger,
                        handle,
                        options.partBytes(),
                        this::post,
                        new LedgerWriter.Listener() {
                            @Override
                            public void onAcked(LedgerWriter acking) {
                                if (acking == writer) {
                                    settle();
                                }
                            }

                            @Override
                            public void onFailed(LedgerWriter failing, Throwable cause) {
                                if (failing == writer) {
                                    loseTerm(cause);
                                }
                            }
                        });
        writer = fresh;
        lost = null;
        sentTail = ledger.before();
        return fresh;
    }

    /// Begins a term. Nobody else's entries can come before it.
    private void writeLeader(LedgerWriter fresh) throws IOException {
        var ledger = fresh.ledger();
        var entry =
                new LogEntry(
                        ledger.firstIndex(),
                        ledger.term(),
                        EntryKind.LEADER,
                        ledger.before().endOffset(),
                        ByteBuffer.wrap(ledger.leader().getBytes(UTF_8)));
        var after = ledger.before().after(entry);
        long lastId = fresh.send(entry, after);
        long deadlineNs = clock.nowNs() + options.appendWithin().toNanos();
        while (fresh.ackedId() < lastId) {
            if (writer != fresh) {
                var loss = lost;
                throw new IOException(
                        "the LEADER entry of term %d cannot be written"
                                .formatted(ledger.term().number()),
                        loss == null ? null : loss.cause());
            }
            if (!runEvents(deadlineNs)) {
                throw new IOException(
                        "the LEADER entry of term %d was not acknowledged within %s"
                                .formatted(ledger.term().number(), options.appendWithin()));
            }
        }
        keepInMemory(entry);
        sentTail = after;
        commitAt(after, lastId);
    }

    /// Waits for events and lets them happen.
    ///
    /// @return false when none came in time
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

    /// The term cannot go on here. What is under way is fenced if that is certain, or unknown.
    private void loseTerm(Throwable cause) {
        var failed = writer;
        if (failed == null) {
            return;
        }
        settle();
        var term = failed.ledger().term();
        writer = null;
        lost = new Loss(term, cause);
        failed.close();
        spare.drop();
        LOG.warn(
                "log={} loses term={} ledger={} reason={}",
                path,
                term.number(),
                failed.ledger().ledgerId(),
                String.valueOf(cause.getMessage()));
        boolean isFenced = Waits.isBecause(cause, Code.LedgerFencedException);
        var successor = successorOf(term, isFenced ? options.patience() : Duration.ZERO);
        while (!waiting.isEmpty()) {
            var next = waiting.removeFirst();
            switch (next) {
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
                case Plain(LogQueue.ClaimRequest claim) ->
                        claim.outcome().complete(new ClaimOutcome.Behind(tail()));
                case Plain(LogQueue.AppendRequest append) -> answer(append, outcomeOf(append));
            }
        }
        sentTail = tail();
        tellListeners();
        following.lookSoon();
    }

    /// The first ledger of a newer term. Whoever fenced a ledger is about to put its own into the
    /// list, so that is worth a short wait.
    private @Nullable LedgerRef successorOf(Term term, Duration patience) {
        long deadlineNs = clock.nowNs() + patience.toNanos();
        while (true) {
            var known = firstAfter(term);
            if (known != null) {
                return known;
            }
            try {
                shared.see(shared.readNewest());
            } catch (IOException e) {
                return null;
            }
            known = firstAfter(term);
            if (known != null || clock.nowNs() >= deadlineNs || !waits.pass(LOOK_AGAIN)) {
                return known;
            }
        }
    }

    private @Nullable LedgerRef firstAfter(Term term) {
        for (var ledger : view.get().list().ledgers()) {
            if (ledger.term().isNewerThan(term)) {
                return ledger;
            }
        }
        return null;
    }

    private static String reasonOf(IOException failure) {
        var message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    // ---- following

    /// Takes in a list that was read.
    private void learn(LedgerList list) {
        shared.see(list);
        following.noteTerm(list.term());
        var mine = writer;
        if (mine == null) {
            sentTail = tail();
        } else if (view.get().list().newestId() != mine.ledger().ledgerId()) {
            loseTerm(
                    new IOException(
                            "%s took over in term %d"
                                    .formatted(list.leader(), list.term().number())));
        }
    }

    private void commitSeen(LedgerRef ledger, LedgerReader.End end) {
        view.updateAndGet(old -> old.with(ledger, end));
        if (writer == null) {
            sentTail = tail();
        }
    }

    private Following.Follower follower() {
        return new Following.Follower() {
            @Override
            public boolean isWriting() {
                return writer != null;
            }

            @Override
            public View view() {
                return view.get();
            }

            @Override
            public void onList(LedgerList list) {
                learn(list);
                tellListeners();
            }

            @Override
            public void onEnd(LedgerRef ledger, LedgerReader.End end) {
                commitSeen(ledger, end);
                tellListeners();
            }
        };
    }

    // ---- endings

    /// Ends the term when the oldest append has been under way for too long.
    private void failLate() {
        if (waiting.peekFirst() instanceof Sent sent && clock.nowNs() - sent.deadlineNs() >= 0) {
            loseTerm(
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
        spare.drop();
        var last = writer;
        if (last != null) {
            // So that whoever opens the log next sees its end at once.
            try {
                new Waits().get(last.close(), FREE_WITHIN, "closing a ledger of " + path);
            } catch (IOException e) {
                LOG.info("log={} was left open reason={}", path, e.getMessage());
            }
        }
    }
}
