package dev.keepsake.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.core.Term;

/// The committed end of a log, as one consistent picture.
///
/// @param index the last committed entry, -1 in an empty log
/// @param term the newest leadership, [Term#NONE] in an empty log
/// @param leader the node that holds or held that leadership, "" in an empty log
/// @param leaseIndex the newest LEADER or LEASE entry, -1 in an empty log; a reader that sees it
///   grow has seen a sign of life from the leader
/// @param endOffset how many data bytes the log holds or held, trimmed ones included
public record Tail(long index, Term term, String leader, long leaseIndex, long endOffset) {
    /// The tail of a log without entries.
    public static final Tail EMPTY = new Tail(-1, Term.NONE, "", -1, 0);

    /// How the log stands when `entry` follows what stands here.
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
