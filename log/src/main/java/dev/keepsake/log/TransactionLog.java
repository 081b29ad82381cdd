package dev.keepsake.log;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// A shard's transaction log: durability, order and leadership in one sequence of entries.
///
/// The data positions of the log are the engine's replication offsets, so "offset" means the same
/// here and in `ROLE`. Entries are written by the holder of the newest term only; see [#claim].
///
/// Threading: every method may be called from any thread. `claim`, `append` and `renew` never
/// block; their stages complete on a thread of the log, in the order of the calls, and what is
/// attached to them must not block either. Only what is refused at once, because too much is
/// pending or the log is closed, overtakes the calls before it. `read` and `indexOf` may read from
/// disk and therefore block.
///
/// Durability: an outcome that says [AppendOutcome.Appended] or [ClaimOutcome.Won] is given only
/// after the entry has been forced to stable storage. Readers and [#tail] see committed entries
/// only.
public interface TransactionLog extends AutoCloseable {
    int SCAN_BYTES = 1 << 20; // of payload at a time, where all is read

    /// Claims the leadership: appends a LEADER entry that must directly follow the entry
    /// `expectedTailIndex`. So only a claimant that has seen every entry can win, and of several
    /// exactly one does. Winning fences all appends of older terms, those under way included.
    ///
    /// @param node the claimant's name, stored in the entry; at most 255 bytes of UTF-8
    /// @param expectedTailIndex the last entry that the claimant has seen, -1 for an empty log
    CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex);

    /// Appends bytes of the replication stream, as one entry. Appends may be pipelined; after one
    /// refusal every later one of the term is refused too. A retry of bytes that the log already
    /// holds at that offset and in that term is acknowledged from the log.
    ///
    /// @param term the caller's leadership, won by a claim
    /// @param expectedOffset the offset of the first byte: the end of the log once all appends
    ///   before this one have been applied
    /// @param bytes at least one byte, between position and limit; not to be changed until the
    ///   stage completes
    CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes);

    /// Appends an entry that is not data, such as a checksum, at a certain place in the stream.
    ///
    /// @param kind any kind but DATA, LEADER and LEASE
    /// @param expectedOffset the end of the log once all appends before this one have been applied
    CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload);

    /// Appends a LEASE entry: the caller's lease counts from the moment of this *call*.
    CompletionStage<AppendOutcome> renew(Term term);

    /// The committed end. Reads memory only.
    Tail tail();

    /// The oldest entry that is still held, or the one that will be the first. Reads memory only.
    long firstIndex();

    /// How many bytes have been handed to [#append] and are not decided yet. Callers stop taking in
    /// more well before the implementation's own bound, at which appends are [AppendOutcome.Full].
    long pendingBytes();

    /// Committed entries from `fromIndex` on, in order: no more than fit `maxBytes` of payload, but
    /// at least one if there is one; empty at the end of the log.
    ///
    /// @throws TrimmedException when `fromIndex` lies before the oldest entry still held
    /// @throws CorruptLogException when an entry's checksum does not match
    List<LogEntry> read(long fromIndex, int maxBytes) throws IOException;

    /// The DATA entry that holds the byte at `offset`, or the index after the tail when `offset` is
    /// the end of the log.
    ///
    /// @throws TrimmedException when that entry is no longer held
    /// @throws IllegalArgumentException when `offset` lies beyond the end of the log
    long indexOf(long offset) throws IOException;

    /// The newest ENGINE entry of those that are held, or that were when the log was opened: who
    /// wrote what follows it. Empty when there is none. May read everything that is held, and
    /// therefore block.
    default Optional<LogEntry> newestEngine() throws IOException {
        Optional<LogEntry> newest = Optional.empty();
        long next = firstIndex();
        for (var entries = read(next, SCAN_BYTES);
                !entries.isEmpty();
                entries = read(next, SCAN_BYTES)) {
            for (var entry : entries) {
                next = entry.index() + 1;
                newest = entry.kind() == EntryKind.ENGINE ? Optional.of(entry) : newest;
            }
        }
        return newest;
    }

    /// Calls `listener` after each commit, until the subscription is closed.
    Subscription follow(Listener listener);

    /// Gives up entries before `firstKeptIndex`, as far as whole units of storage allow. Refused to
    /// any but the newest term, like an append.
    ///
    /// @return false when the term is fenced; nothing was given up then
    /// @throws IOException when not all could be given up, or the log is closed; what is left can
    ///   be trimmed later
    boolean trim(Term term, long firstKeptIndex) throws IOException;

    /// Stops taking appends, decides those under way, and frees everything. Idempotent.
    @Override
    void close();

    /// Told of commits on the log's thread; must not block, and reads entries elsewhere.
    interface Listener {
        void committed(Tail tail);
    }

    /// Ends a [#follow]. Closing is idempotent.
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
