/// The transaction log on Apache BookKeeper, for many machines.
///
/// A log is a list of ledgers. The list is one node of ZooKeeper and is changed by compare-and-set
/// only; the entries are in the ledgers, on several bookies each. See `docs/bookkeeper.md` for how
/// bookies are to be set up.
@NullMarked
package dev.keepsake.log.bookkeeper;

import org.jspecify.annotations.NullMarked;
