package dev.keepsake.log.bookkeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Clock;
import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.bookkeeper.client.api.BKException.Code;
import org.apache.bookkeeper.client.api.WriteAdvHandle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The leadership of a log as this process has it: how it is won, which ledger it writes, and how
/// it is lost. Owned by the log's thread. Winning a term and changing its ledger keep that thread
/// until they are done or have failed; every wait is bounded.
///
/// | state | `writer` | `lost` | left by |
/// | --- | --- | --- | --- |
/// | follows | none | none | [#claim] won, [#makeWritable] with the term of the list |
/// | writes | the newest ledger | none | [#lose] |
/// | has lost a term | none | that term | [#claim] won, [#makeWritable] with another term |
///
/// Decision 6 (docs/decisions) says why a log is a list of ledgers.
final class LedgerTerm {
    /*
     * Why no acknowledged entry is lost, and no two leaders write.
     *
     * Only the newest ledger of a log is written, and only through the handle that created it.
     * Before a new ledger comes into the list, the end of the old ledger is determined, in one of
     * two ways:
     *
     *   - Another process recovers the old ledger. From then on BookKeeper acknowledges no entry of
     *     its writer any more. It determines one end, which includes every acknowledged entry.
     *   - The old ledger's own writer replaces it, with nothing under way. The end is the last
     *     acknowledged entry.
     *
     * The new list replaces only the version that was read before the end was determined. So
     * `before` in the list is the final end of the old ledger, and a process that loses the race
     * for the list has written nothing. When the outcome of the race is unknown, the writer must
     * not write to the old ledger again (it may have been replaced), so its term is over.
     *
     * A failed append is certainly not in the log only if the list has a newer term whose `before`
     * lies before the append. In every other case another process may still find the entry on one
     * bookie, and recover it. Then the outcome is Unknown.
     */

    /// The parts of the log that its leadership needs. Called on the log's thread.
    interface Owner {
        /// Answers the requests whose entries are safe, in order.
        void answerSafe();

        /// Commits an entry that is safe and belongs to no append.
        void commit(LogEntry entry, Tail after, long lastId);

        /// The term is over for this process. Answers all requests that are under way.
        ///
        /// @param successor the first ledger of a newer term, if one is known
        void onLost(Throwable cause, @Nullable LedgerRef successor);

        /// Waits for events of the log's thread, and runs them.
        ///
        /// @return false when none came in time
        boolean runEvents(long deadlineNs) throws IOException;
    }

    /// A term that this process has lost, and the reason.
    private record Loss(Term term, Throwable cause) {}

    private static final Logger LOG = LoggerFactory.getLogger(LedgerTerm.class);
    private static final Duration RECOVER_WITHIN = Duration.ofSeconds(10);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    private final String path;
    private final AtomicReference<View> view;
    private final SharedList shared;
    private final Ledgers ledgers;
    private final LedgerReader reader;
    private final SpareLedger spare;
    private final Following following;
    private final BookKeeperOptions options;
    private final Clock clock;
    private final Waits waits;
    private final Executor loop;
    private final Owner owner;
    private @Nullable LedgerWriter writer;
    private @Nullable Loss lost;
    private Tail sentTail;

    /// @param loop runs its tasks on the log's thread
    LedgerTerm(
            String path,
            AtomicReference<View> view,
            SharedList shared,
            Ledgers ledgers,
            LedgerReader reader,
            SpareLedger spare,
            Following following,
            BookKeeperOptions options,
            Clock clock,
            Waits waits,
            Executor loop,
            Owner owner) {
        this.path = path;
        this.view = view;
        this.shared = shared;
        this.ledgers = ledgers;
        this.reader = reader;
        this.spare = spare;
        this.following = following;
        this.options = options;
        this.clock = clock;
        this.waits = waits;
        this.loop = loop;
        this.owner = owner;
        this.sentTail = view.get().tail();
    }

    /// Whether this process writes the newest ledger.
    boolean isWriting() {
        return writer != null;
    }

    /// The tail behind all entries that were sent, safe or not.
    Tail sentTail() {
        return sentTail;
    }

    private Tail tail() {
        return view.get().tail();
    }

    // ---- appending

    /// The refusal of an append of `term`, or null when it may be appended.
    @Nullable AppendOutcome refusal(Term term) {
        var list = view.get().list();
        if (!list.term().equals(term)) {
            return new AppendOutcome.Fenced(list.term(), list.leader());
        }
        var loss = lost;
        return loss != null && loss.term().equals(term)
                ? new AppendOutcome.Unknown(loss.cause())
                : null;
    }

    /// Whether there is a ledger that accepts another entry.
    boolean isWritable() {
        var current = writer;
        return current != null && !isFull(current);
    }

    private boolean isFull(LedgerWriter current) {
        return spare.isReady()
                && current.bytes() >= options.ledgerBytes()
                && !view.get().list().isFull(); // when the list is full, the ledger grows
    }

    /// Continues a term in a ledger that accepts another entry. Nothing may be under way.
    ///
    /// @return null when there is such a ledger, otherwise the answer for the append that needed it
    @Nullable AppendOutcome makeWritable(Term term) {
        var current = writer;
        return current == null ? resume(term) : roll(current);
    }

    /// Sends an entry that follows [#sentTail].
    ///
    /// @return the id of the block that completes the entry: the entry is safe when that block is
    long send(LogEntry entry, Tail after) {
        var current = writer;
        if (current == null) {
            throw new IllegalStateException("the log %s has no ledger to write".formatted(path));
        }
        long lastId = current.send(entry, after);
        sentTail = after;
        if (current.bytes() >= options.ledgerBytes()) {
            spare.prepare();
        }
        return lastId;
    }

    /// Whether the block with that id is safe: acknowledged by the bookies, as all blocks before
    /// it.
    boolean isSafe(long lastId) {
        var current = writer;
        return current != null && current.ackedId() >= lastId;
    }

    /// Continues a term in which this process has not written since it opened the log.
    private @Nullable AppendOutcome resume(Term term) {
        LedgerRef ledger;
        LedgerList list;
        WriteAdvHandle handle = null;
        try {
            list = shared.readNewest();
            learn(list);
            var newest = list.newest();
            if (newest == null || !newest.term().equals(term)) {
                return certainRefusal(term);
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
            return new AppendOutcome.Full(reasonOf(e));
        }
        return switch (putIntoList(list, ledger)) {
            case YES -> {
                writeTo(ledger, handle);
                yield null;
            }
            case NO -> {
                ledgers.discard(handle);
                var refusal = refusal(term);
                yield refusal != null
                        ? refusal
                        : new AppendOutcome.Full(
                                "another process continues term %d of %s"
                                        .formatted(term.number(), path));
            }
            case UNKNOWN -> {
                var cause = new IOException("whether a new ledger came into the list is unknown");
                lost = new Loss(term, cause);
                handle.closeAsync();
                yield new AppendOutcome.Unknown(cause);
            }
        };
    }

    /// Continues the term in the spare ledger, because the present one has reached its size.
    private @Nullable AppendOutcome roll(LedgerWriter current) {
        var handle = spare.take();
        if (handle == null) {
            return null;
        }
        var old = current.ledger();
        var ledger =
                new LedgerRef(
                        handle.getId(), old.term(), old.leader(), tail(), view.get().lastId());
        return switch (putIntoList(view.get().list(), ledger)) {
            case YES -> {
                writeTo(ledger, handle);
                yield null;
            }
            case NO -> {
                ledgers.discard(handle);
                yield certainRefusal(old.term());
            }
            case UNKNOWN -> {
                lose(new IOException("whether a new ledger came into the list is unknown"));
                handle.closeAsync();
                yield certainRefusal(old.term());
            }
        };
    }

    /// The refusal of appends of a term that is over or lost.
    private AppendOutcome certainRefusal(Term term) {
        var refusal = refusal(term);
        return refusal != null
                ? refusal
                : new AppendOutcome.Unknown(
                        new IllegalStateException(
                                "term %d of %s is over, but no later term and no reason is known"
                                        .formatted(term.number(), path)));
    }

    // ---- winning

    /// Claims the leadership. Nothing may be under way.
    ClaimOutcome claim(String node, long expectedTailIndex) {
        LedgerWriter mine = writer;
        LedgerList list;
        LedgerReader.End end;
        WriteAdvHandle handle = null;
        try {
            list = shared.readNewest();
            learn(list);
            if (mine != null && writer == mine && list.newestId() == mine.ledger().ledgerId()) {
                // All sent entries are acknowledged, and no other process writes this ledger.
                end = new LedgerReader.End(tail(), view.get().lastId());
            } else {
                end = endedFor(expectedTailIndex, list);
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
            LOG.info("log={} cannot be claimed by={} reason={}", path, node, e.getMessage());
            return new ClaimOutcome.Full(reasonOf(e));
        }
        var ledger =
                new LedgerRef(handle.getId(), list.term().next(), node, end.tail(), end.lastId());
        return switch (putIntoList(list, ledger)) {
            case NO -> {
                ledgers.discard(handle);
                yield new ClaimOutcome.Behind(tail());
            }
            case UNKNOWN -> {
                var cause = new IOException("whether the claim came into the list is unknown");
                lose(cause);
                handle.closeAsync();
                yield new ClaimOutcome.Unknown(cause);
            }
            case YES -> begin(ledger, handle);
        };
    }

    private ClaimOutcome begin(LedgerRef ledger, WriteAdvHandle handle) {
        try {
            writeLeader(writeTo(ledger, handle));
        } catch (IOException e) {
            lose(e);
            return new ClaimOutcome.Unknown(e);
        }
        LOG.info(
                "log={} leader={} term={} ledger={} index={}",
                path,
                ledger.leader(),
                ledger.term().number(),
                ledger.ledgerId(),
                ledger.firstIndex());
        return new ClaimOutcome.Won(ledger.term(), ledger.firstIndex());
    }

    /// Ends the newest ledger, which another process writes or wrote, if the claimant has seen all
    /// its entries.
    ///
    /// Ending a ledger ends its writer's term, even if the claimant then turns out to be behind. So
    /// a claim that is bound to fail must not get that far: the committed end is read from the
    /// bookies first, and a rival that has just won gets time to show its LEADER entry.
    ///
    /// @return null when the claimant is behind
    private LedgerReader.@Nullable End endedFor(long expectedTailIndex, LedgerList list)
            throws IOException {
        var newest = list.newest();
        if (newest == null) {
            return expectedTailIndex == -1 ? new LedgerReader.End(Tail.EMPTY, -1) : null;
        }
        do {
            if (expectedTailIndex != tail().index()) {
                return null;
            }
            var found =
                    waits.get(
                            reader.newEnd(newest, view.get().lastId()),
                            RECOVER_WITHIN,
                            "looking at ledger %d".formatted(newest.ledgerId()));
            found.ifPresent(end -> commitSeen(newest, end));
            if (expectedTailIndex != tail().index()) {
                return null;
            }
        } while (isRivalNew(newest) && waits.pass(LOOK_AGAIN));
        var end = reader.recover(newest, RECOVER_WITHIN);
        commitSeen(newest, end);
        return expectedTailIndex == tail().index() ? end : null;
    }

    /// Whether the newest ledger's term has no visible entry yet and has not had enough time to
    /// write one.
    private boolean isRivalNew(LedgerRef newest) {
        return newest.term().isNewerThan(tail().term())
                && following.isNewestTermYoungerThan(options.patience());
    }

    /// Adds a ledger to the end of the list, if the newest ledger is still that of `list`.
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
            old.close(); // nothing is under way, and its end is in the list
        }
        var fresh =
                new LedgerWriter(
                        ledger,
                        handle,
                        options.partBytes(),
                        loop,
                        new LedgerWriter.Listener() {
                            @Override
                            public void onAcked(LedgerWriter acking) {
                                if (acking == writer) {
                                    owner.answerSafe();
                                }
                            }

                            @Override
                            public void onFailed(LedgerWriter failing, Throwable cause) {
                                if (failing == writer) {
                                    lose(cause);
                                }
                            }
                        });
        writer = fresh;
        lost = null;
        sentTail = ledger.before();
        return fresh;
    }

    /// Begins a term. No entries of another writer can precede its LEADER entry in the ledger.
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
            if (!owner.runEvents(deadlineNs)) {
                throw new IOException(
                        "the LEADER entry of term %d was not acknowledged within %s"
                                .formatted(ledger.term().number(), options.appendWithin()));
            }
        }
        sentTail = after;
        owner.commit(entry, after, lastId);
    }

    // ---- losing

    /// Ends the term in this process. Requests under way are answered as fenced where that is
    /// certain, otherwise as unknown.
    void lose(Throwable cause) {
        var failed = writer;
        if (failed == null) {
            return;
        }
        owner.answerSafe();
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
        sentTail = tail();
        owner.onLost(cause, successor);
        following.lookSoon();
    }

    /// The first ledger of a newer term. Waits a short time for it, because the process that has
    /// fenced a ledger is about to add its own to the list.
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

    /// Stops writing, and waits until BookKeeper knows the end of the ledger, so that the next
    /// process that opens the log sees its end at once.
    ///
    /// @param within how long it waits
    void close(Duration within) {
        spare.drop();
        var last = writer;
        if (last != null) {
            try {
                new Waits().get(last.close(), within, "closing a ledger of " + path);
            } catch (IOException e) {
                LOG.info("log={} was left open reason={}", path, e.getMessage());
            }
        }
    }

    // ---- changes by other processes

    /// Adopts a list that was read.
    void learn(LedgerList list) {
        shared.see(list);
        following.noteTerm(list.term());
        var mine = writer;
        if (mine == null) {
            sentTail = tail();
        } else if (view.get().list().newestId() != mine.ledger().ledgerId()) {
            lose(
                    new IOException(
                            "%s took over in term %d"
                                    .formatted(list.leader(), list.term().number())));
        }
    }

    /// Adopts a committed end that was seen in a ledger.
    void commitSeen(LedgerRef ledger, LedgerReader.End end) {
        view.updateAndGet(old -> old.with(ledger, end));
        if (writer == null) {
            sentTail = tail();
        }
    }
}
