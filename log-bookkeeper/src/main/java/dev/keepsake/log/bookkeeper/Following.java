package dev.keepsake.log.bookkeeper;

import dev.keepsake.core.Clock;
import dev.keepsake.core.Term;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;

/// Notices when other processes change a log's list of ledgers or write to its newest ledger. Owned
/// by the log's thread; never waits.
///
/// It reads the list when ZooKeeper reports a change, and from time to time without a report. It
/// looks at the newest ledger while this process does not write that ledger itself.
final class Following {
    /// Receives what is found, on the log's thread.
    interface Follower {
        /// Whether this process writes the newest ledger.
        boolean isWriting();

        /// The present view of the log.
        View view();

        /// A list has been read.
        void onList(LedgerList list);

        /// More of a ledger is committed than was known before.
        void onEnd(LedgerRef ledger, LedgerReader.End end);
    }

    private static final Duration LIST_EVERY = Duration.ofSeconds(2);

    private final String path;
    private final LedgerLists lists;
    private final LedgerReader reader;
    private final Duration pollEvery;
    private final Clock clock;
    private final Executor loop;
    private final Follower follower;
    private final Watcher watcher = this::onListChanged; // one object, registered once
    private boolean lookUnderWay;
    private long lookDueNs;
    private boolean listUnderWay;
    private long listDueNs;
    private Term seenTerm = Term.NONE;
    private long seenTermNs;

    /// @param pollEvery how often the newest ledger is looked at
    /// @param loop runs its tasks on the log's thread
    Following(
            String path,
            LedgerLists lists,
            LedgerReader reader,
            Duration pollEvery,
            Clock clock,
            Executor loop,
            Follower follower) {
        this.path = path;
        this.lists = lists;
        this.reader = reader;
        this.pollEvery = pollEvery;
        this.clock = clock;
        this.loop = loop;
        this.follower = follower;
        this.lookDueNs = clock.nowNs();
        this.listDueNs = clock.nowNs();
    }

    /// When [#look] has work again, unless an event comes before.
    long nextDueNs() {
        long latestNs = clock.nowNs() + LIST_EVERY.toNanos();
        long dueNs = listUnderWay ? latestNs : Math.min(listDueNs, latestNs);
        return follower.isWriting() || lookUnderWay ? dueNs : Math.min(dueNs, lookDueNs);
    }

    /// Starts the reads that are due.
    void look() {
        long nowNs = clock.nowNs();
        if (!listUnderWay && nowNs - listDueNs >= 0) {
            readList();
        }
        if (!follower.isWriting() && !lookUnderWay && nowNs - lookDueNs >= 0) {
            var view = follower.view();
            var newest = view.list().newest();
            if (newest != null) {
                lookAt(newest, view.lastId());
            }
        }
    }

    private void readList() {
        listUnderWay = true;
        lists.read(path, watcher)
                .whenComplete((list, failure) ->
                        loop.execute(() -> {
                            listUnderWay = false;
                            listDueNs = clock.nowNs() + LIST_EVERY.toNanos();
                            if (failure == null) {
                                follower.onList(list);
                            }
                        }));
    }

    private void lookAt(LedgerRef newest, long knownId) {
        lookUnderWay = true;
        reader.newEnd(newest, knownId)
                .whenComplete((found, failure) ->
                        loop.execute(() -> {
                            lookUnderWay = false;
                            lookDueNs = clock.nowNs() + pollEvery.toNanos();
                            if (failure == null && !follower.isWriting()) {
                                found.ifPresent(end -> follower.onEnd(newest, end));
                            }
                        }));
    }

    /// Makes a look at the newest ledger due as soon as possible.
    void lookSoon() {
        lookDueNs = clock.nowNs();
    }

    private void onListChanged(WatchedEvent event) {
        if (event.getType() != Watcher.Event.EventType.None) {
            loop.execute(() -> listDueNs = clock.nowNs());
        }
    }

    /// Records when a term is seen for the first time.
    void noteTerm(Term term) {
        if (term.isNewerThan(seenTerm)) {
            seenTerm = term;
            seenTermNs = clock.nowNs();
        }
    }

    /// Whether the newest term has been known for less than `age`.
    boolean isNewestTermYoungerThan(Duration age) {
        return clock.nowNs() - seenTermNs < age.toNanos();
    }
}
