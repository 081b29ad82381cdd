package dev.keepsake.log.bookkeeper;

import dev.keepsake.core.Term;
import dev.keepsake.log.Tail;

/// One ledger of a log, and how the log stood before it.
///
/// @param ledgerId BookKeeper's id
/// @param term the leadership whose entries it holds
/// @param leader the node that holds or held that leadership
/// @param before the end of the ledger before this one: true once and for all when the reference is
///   in the list, because that ledger was fenced, or its writer had stopped writing
/// @param previousLastId the last entry id of the ledger before this one that counts; what
///   BookKeeper may hold behind it is the torn end of an entry in parts. -1 when none counts
record LedgerRef(long ledgerId, Term term, String leader, Tail before, long previousLastId) {
    long firstIndex() {
        return before.index() + 1;
    }
}
