package dev.keepsake.log;

import dev.keepsake.core.Term;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// A shard's transaction log: durability, order and leadership in one sequence of entries.
///
/// An offset is a position in the log's data, in bytes. The log uses the engine's replication
/// offsets, so an offset means the same here and in `ROLE`. Only the holder of the newest term can
/// write entries; see [#claim].
///
/// Threading: any thread may call any method. `claim`, `append`, `note` and `renew` never block.
/// Their stages complete on a thread of the log, in the order of the calls, and actions that are
/// attached to them must not block either. A request that is refused at once, because too much is
/// pending or the log is closed, is answered before earlier ones. `read`, `indexOf` and `trim` may
/// use the disk and therefore block.
///
/// Durability: [AppendOutcome.Appended] and [ClaimOutcome.Won] are returned only after the entry
/// has been forced to stable storage. Readers and [#tail] see committed entries only.
public interface TransactionLog extends AutoCloseable {
    int SCAN_BYTES = 1 << 20; // payload per read, when a whole log is read

    /// Claims the leadership: appends a LEADER entry that must directly follow the entry
    /// `expectedTailIndex`. So only a claimant that has seen every entry can win, and of several
    /// claimants with the same tail exactly one wins. A won claim fences all appends of older
    /// terms, those under way included.
    ///
    /// @param node the claimant's name, which is stored in the entry; at most 255 bytes of UTF-8
    /// @param expectedTailIndex the last entry that the claimant has seen, -1 for an empty log
    CompletionStage<ClaimOutcome> claim(String node, long expectedTailIndex);

    /// Appends bytes of the replication stream, as one entry. A caller need not wait for earlier
    /// appends. After a refusal, later appends are refused as well, as [AppendOutcome.Misplaced],
    /// until one begins at the end of the log. Bytes that the log already holds at that offset and
    /// in that term are a retry, and are acknowledged again.
    ///
    /// @param term the caller's term, won by a claim
    /// @param expectedOffset the offset of the first byte: the end of the log after all earlier
    ///   appends of this caller
    /// @param bytes at least one byte, between position and limit; the caller must not change them
    ///   until the stage completes
    CompletionStage<AppendOutcome> append(Term term, long expectedOffset, ByteBuffer bytes);

    /// Appends an entry that is not data, such as a checksum, at a given offset.
    ///
    /// @param kind any kind but DATA, LEADER and LEASE
    /// @param expectedOffset the end of the log after all earlier appends of this caller
    CompletionStage<AppendOutcome> note(
            Term term, EntryKind kind, long expectedOffset, ByteBuffer payload);

    /// Appends a LEASE entry. The caller's lease runs from the moment of this call, not from the
    /// answer.
    CompletionStage<AppendOutcome> renew(Term term);

    /// The committed end of the log. Reads memory only.
    Tail tail();

    /// The index of the oldest entry that the log still holds, or of the first one to come when it
    /// holds none. Reads memory only.
    long firstIndex();

    /// The offset of the oldest data byte that the log still holds, or of the first one to come
    /// when it holds none. Reads memory only.
    long firstOffset();

    /// How many bytes have been passed to [#append] and are not decided yet. The implementation
    /// refuses appends beyond its own bound as [AppendOutcome.Full]; callers stop accepting data
    /// well before.
    long pendingBytes();

    /// Committed entries from `fromIndex` on, in order: as many as fit into `maxBytes` of payload,
    /// but at least one if there is one. Empty at the end of the log.
    ///
    /// @throws TrimmedException when `fromIndex` is older than the oldest entry that the log still
    ///   holds
    /// @throws CorruptLogException when an entry's checksum does not match
    List<LogEntry> read(long fromIndex, int maxBytes) throws IOException;

    /// The index of the DATA entry that holds the byte at `offset`, or the index after the tail
    /// when `offset` is the end of the log.
    ///
    /// @throws TrimmedException when the log no longer holds that entry
    /// @throws IllegalArgumentException when `offset` lies beyond the end of the log
    long indexOf(long offset) throws IOException;

    /// The newest ENGINE entry, which names the engine that wrote the entries after it. Searches
    /// the entries that the log holds, or held when it was opened. Empty when there is none. May
    /// read the whole log, and therefore block.
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

    /// Calls `listener` after each commit, until the returned subscription is closed.
    Subscription follow(Listener listener);

    /// Deletes entries before `firstKeptIndex`, in whole units of storage (segments or ledgers).
    /// Like an append, it is refused to all terms but the newest. May block.
    ///
    /// @return false when the term is fenced; nothing was deleted then
    /// @throws IOException when not all could be deleted, or the log is closed; a later call may
    ///   delete the rest
    boolean trim(Term term, long firstKeptIndex) throws IOException;

    /// Stops accepting requests, decides those under way, and releases all resources. Idempotent.
    @Override
    void close();

    /// Receives commits, on the log's thread. It must not block, so it reads entries on another
    /// thread.
    interface Listener {
        void committed(Tail tail);
    }

    /// A subscription of [#follow]. Closing it is idempotent.
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
