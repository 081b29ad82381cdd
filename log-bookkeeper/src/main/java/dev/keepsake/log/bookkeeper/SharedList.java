package dev.keepsake.log.bookkeeper;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A log's list of ledgers in ZooKeeper, which other processes change, too. Each list that is read
/// or written here goes into the log's view. Any thread; every wait is bounded.
final class SharedList {
    private static final Logger LOG = LoggerFactory.getLogger(SharedList.class);
    static final int SWAP_TRIES = 100;

    /// How an attempt to add a ledger ended.
    sealed interface Added {
        /// The ledger is in the list.
        record Done() implements Added {}

        /// Another process has added a ledger before, so this one never comes into the list.
        ///
        /// @param list the list that contains the other ledger
        record Beaten(LedgerList list) implements Added {}

        /// The ledger may be in the list, or may still come into it.
        record Unknown() implements Added {}
    }

    private final String path;
    private final LedgerLists lists;
    private final Duration within;
    private final Waits waits;
    private final AtomicReference<View> view;

    /// @param within how long one access may take
    SharedList(
            String path,
            LedgerLists lists,
            Duration within,
            Waits waits,
            AtomicReference<View> view) {
        this.path = path;
        this.lists = lists;
        this.within = within;
        this.waits = waits;
        this.view = view;
    }

    /// The list with all changes that were made before this call. The view does not change.
    LedgerList readNewest() throws IOException {
        return waits.get(lists.readNewest(path), within, "reading the list at " + path);
    }

    /// Replaces the list, if its version is the one that `list` was made from.
    ///
    /// @return false when another list came before
    /// @throws IOException when the outcome is unknown
    boolean swap(LedgerList list) throws IOException {
        var what = "changing the list at " + path;
        return switch (waits.get(lists.swap(path, list), within, what)) {
            case YES -> {
                see(list.at(list.version() + 1));
                yield true;
            }
            case NO -> false;
            case UNKNOWN -> throw new IOException(what + " failed: ZooKeeper cannot be reached");
        };
    }

    /// Adds a ledger to the end of the list, if the newest ledger is still that of `list`.
    Added add(LedgerList list, LedgerRef ledger) {
        var current = list;
        for (int tries = 0; tries < SWAP_TRIES; tries++) {
            try {
                if (swap(current.plus(ledger))) {
                    return new Added.Done();
                }
            } catch (IOException e) {
                LOG.warn("log={} may have changed reason={}", path, e.getMessage());
            }
            // The other change was a trim, another leader's ledger, or our own attempt whose answer
            // was lost.
            try {
                current = readNewest();
            } catch (IOException e) {
                return new Added.Unknown();
            }
            if (current.contains(ledger.ledgerId())) {
                see(current);
                return new Added.Done();
            }
            if (current.newestId() != list.newestId()) {
                return new Added.Beaten(current);
            }
        }
        return new Added.Unknown();
    }

    /// Adopts a list in the view, if it is newer than the view's.
    void see(LedgerList list) {
        view.updateAndGet(old -> old.with(list));
    }
}
