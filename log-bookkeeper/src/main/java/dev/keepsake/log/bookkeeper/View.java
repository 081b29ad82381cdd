package dev.keepsake.log.bookkeeper;

import dev.keepsake.log.Tail;

/// The known state of a log, as one consistent view.
///
/// @param list the newest list of ledgers that was seen
/// @param tail the committed end that is known, in the newest ledger or directly before it
/// @param lastId the last id in the newest ledger that counts, -1 while the ledger is empty
record View(LedgerList list, Tail tail, long lastId) {
    /// This view with a list that was read or written.
    View with(LedgerList newer) {
        if (newer.version() <= list.version()) {
            return this;
        }
        var newest = newer.newest();
        if (newest == null || newest.ledgerId() == list.newestId()) {
            return new View(newer, tail, lastId);
        }
        boolean isFurther = newest.before().index() > tail.index();
        return new View(newer, isFurther ? newest.before() : tail, -1);
    }

    /// This view with a committed end that was seen in a ledger.
    View with(LedgerRef ledger, LedgerReader.End end) {
        boolean isNews = ledger.ledgerId() == list.newestId() && end.tail().index() > tail.index();
        return isNews ? new View(list, end.tail(), end.lastId()) : this;
    }
}
