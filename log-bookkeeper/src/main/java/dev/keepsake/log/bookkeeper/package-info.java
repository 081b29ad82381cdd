/// The transaction log on Apache BookKeeper, for clusters on several machines.
///
/// A log is a list of ledgers. The list is one node of ZooKeeper and is changed only by
/// compare-and-set. The entries are in the ledgers, each on several bookies. `docs/bookkeeper.md`
/// says how to set up the bookies.
@NullMarked
package dev.keepsake.log.bookkeeper;

import org.jspecify.annotations.NullMarked;
