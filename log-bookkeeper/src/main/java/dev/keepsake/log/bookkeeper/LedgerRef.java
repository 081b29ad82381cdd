package dev.keepsake.log.bookkeeper;

import dev.keepsake.core.Term;
import dev.keepsake.log.Tail;

/// A reference to one ledger of a log, and the tail of the log before it.
///
/// @param ledgerId BookKeeper's id
/// @param term the leadership whose entries the ledger holds
/// @param leader the node that holds or held that leadership
/// @param before the end of the previous ledger. It is final when the reference is in the list,
///   because the previous ledger was fenced, or its writer had stopped writing
/// @param previousLastId the last entry id of the previous ledger that counts, -1 when none counts.
///   BookKeeper may hold the torn end of a divided entry behind it
record LedgerRef(long ledgerId, Term term, String leader, Tail before, long previousLastId) {
    long firstIndex() {
        return before.index() + 1;
    }
}
