package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Term;

/// The committed end of a log, as one consistent view.
///
/// @param index the last committed entry, -1 in an empty log
/// @param term the newest term, [Term#NONE] in an empty log
/// @param leader the node that holds or held this term, "" in an empty log
/// @param leaseIndex the newest LEADER or LEASE entry, -1 in an empty log; a reader that sees it
///   grow knows that the leader was alive
/// @param endOffset how many data bytes the log holds or held, trimmed ones included
public record Tail(long index, Term term, String leader, long leaseIndex, long endOffset) {
    /// The tail of an empty log.
    public static final Tail EMPTY = new Tail(-1, Term.NONE, "", -1, 0);

    /// The tail after `entry`, which follows this tail.
    public Tail after(LogEntry entry) {
        boolean isLeader = entry.kind() == EntryKind.LEADER;
        return new Tail(
                entry.index(),
                entry.term(),
                isLeader ? UTF_8.decode(entry.payload()).toString() : leader,
                entry.kind().isSignOfLife() ? entry.index() : leaseIndex,
                entry.endOffset());
    }
}
