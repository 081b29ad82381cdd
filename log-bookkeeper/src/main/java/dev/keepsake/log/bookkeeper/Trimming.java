package dev.keepsake.log.bookkeeper;

import dev.keepsake.core.Term;
import dev.keepsake.log.LogQueue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;

/// Deletes the oldest ledgers of a log. Any thread; blocks.
///
/// A ledger is taken out of the list before it is deleted, and is listed as doomed until then. So
/// the next trim deletes the ledgers that an interrupted trim has left.
final class Trimming {
    private final String path;
    private final SharedList shared;
    private final Ledgers ledgers;
    private final LedgerReader reader;
    private final Duration within;
    private final Waits waits;
    private final LogQueue queue;
    private final AtomicReference<View> view;

    /// @param within how long one access may take
    /// @param queue says when the log is closed
    Trimming(
            String path,
            SharedList shared,
            Ledgers ledgers,
            LedgerReader reader,
            Duration within,
            Waits waits,
            LogQueue queue,
            AtomicReference<View> view) {
        this.path = path;
        this.shared = shared;
        this.ledgers = ledgers;
        this.reader = reader;
        this.within = within;
        this.waits = waits;
        this.queue = queue;
        this.view = view;
    }

    /// See [dev.keepsake.log.TransactionLog#trim].
    boolean trim(Term term, long firstKeptIndex) throws IOException {
        queue.checkOpen();
        LedgerList list;
        int tries = 0;
        do {
            if (tries++ == SharedList.SWAP_TRIES) {
                throw new IOException(
                        "the list at %s changes too often to be trimmed; try again"
                                .formatted(path));
            }
            list = shared.readNewest();
            if (!list.term().equals(term)) {
                return false;
            }
            long end = view.get().tail().index() + 1;
            var trimmed = list.trimmed(Math.min(firstKeptIndex, end));
            if (trimmed.doomed().isEmpty()) {
                return true; // no ledger lies before it as a whole
            }
            list = trimmed;
        } while (!shared.swap(list));
        delete(list);
        return true;
    }

    private void delete(LedgerList list) throws IOException {
        var deleted = new ArrayList<Long>();
        for (long doomed : list.doomed()) {
            queue.checkOpen();
            reader.forget(doomed);
            waits.get(ledgers.delete(doomed), within, "deleting ledger %d".formatted(doomed));
            deleted.add(doomed);
        }
        if (!deleted.isEmpty()) {
            shared.swap(shared.readNewest().withoutDoomed(deleted)); // or the next trim
        }
    }
}
