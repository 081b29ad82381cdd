package dev.keepsake.log.bookkeeper;

import dev.keepsake.log.CorruptLogException;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import org.apache.bookkeeper.client.api.BKException.Code;
import org.apache.bookkeeper.client.api.LedgerEntries;
import org.apache.bookkeeper.client.api.ReadHandle;
import org.jspecify.annotations.Nullable;

/// Reads a log's ledgers. Any thread.
///
/// The caller knows which entries are committed: it gives the last id, and the reader looks at
/// nothing behind it. So BookKeeper's "unconfirmed" reads are safe here, and a reader in the
/// writer's process need not wait until the bookies know the committed end.
final class LedgerReader {
    /// The committed end of a ledger.
    ///
    /// @param tail the tail of the log at this end
    /// @param lastId the last entry id that counts, -1 for none
    record End(Tail tail, long lastId) {}

    /// The block in which an entry of the log begins, so that a reader that continues need not
    /// search.
    private record Mark(long ledgerId, long index, long id) {}

    private static final int MAX_BLOCKS_AT_ONCE = 256;
    private static final Duration READ_WITHIN = Duration.ofSeconds(10);

    private final Ledgers ledgers;
    private final Waits waits;
    private final ConcurrentMap<Long, CompletableFuture<ReadHandle>> handles =
            new ConcurrentHashMap<>();
    private volatile @Nullable Mark next;
    private volatile long usualBlockBytes = 4096;

    LedgerReader(Ledgers ledgers, Waits waits) {
        this.ledgers = ledgers;
        this.waits = waits;
    }

    /// Entries from `fromIndex` on: as many as fit into `maxBytes` of payload, but at least one.
    ///
    /// @param lastIndex the last committed entry of the ledger, not before `fromIndex`
    /// @param lastId the id of the block that completes it
    List<LogEntry> read(LedgerRef ledger, long fromIndex, long lastIndex, long lastId, int maxBytes)
            throws IOException {
        var entries = new ArrayList<LogEntry>();
        long bytes = 0;
        long id = idOf(ledger, fromIndex, lastId);
        var begun = new ArrayList<LogPart>();
        while (true) {
            for (var block : blocks(ledger, id, lastId, maxBytes - bytes)) {
                for (var part : block) {
                    if (part.index() < fromIndex) {
                        continue;
                    }
                    if (part.index() != fromIndex + entries.size()
                            || part.number() != begun.size()) {
                        throw damaged(ledger, id);
                    }
                    bytes += part.payload().remaining();
                    if (bytes > maxBytes && !entries.isEmpty()) {
                        next = new Mark(ledger.ledgerId(), part.index(), id - begun.size());
                        return entries;
                    }
                    begun.add(part);
                    if (part.following() == 0) {
                        entries.add(joined(ledger, id, begun));
                        begun.clear();
                        if (part.index() >= lastIndex) {
                            next = new Mark(ledger.ledgerId(), part.index() + 1, id + 1);
                            return entries;
                        }
                    }
                }
                id++;
            }
        }
    }

    private static LogEntry joined(LedgerRef ledger, long id, List<LogPart> parts)
            throws CorruptLogException {
        var last = parts.getLast();
        ByteBuffer payload = last.payload();
        if (parts.size() > 1) {
            long length = 0;
            for (var part : parts) {
                length += part.payload().remaining();
            }
            if (length > Integer.MAX_VALUE) {
                throw damaged(ledger, id);
            }
            payload = ByteBuffer.allocateDirect((int) length); // the heap may be too small
            for (var part : parts) {
                payload.put(part.payload());
            }
            payload.flip();
        }
        var entry =
                new LogEntry(last.index(), last.term(), last.kind(), last.firstOffset(), payload);
        if (entry.endOffset() != last.endOffset()) {
            throw damaged(ledger, id);
        }
        return entry;
    }

    /// The index of the DATA entry that holds the byte at `offset`.
    ///
    /// @param lastId the last block of the ledger that counts; the byte is not behind it
    long indexOf(LedgerRef ledger, long offset, long lastId) throws IOException {
        long id = firstBlock(ledger, lastId, last -> last.endOffset() > offset);
        for (var part : block(ledger, id)) {
            if (part.kind() == EntryKind.DATA
                    && part.firstOffset() <= offset
                    && offset < part.endOffset()) {
                return part.index();
            }
        }
        throw damaged(ledger, id);
    }

    /// The committed end of a ledger that another process writes, according to the bookies.
    ///
    /// @param knownId the last id that the caller knows already
    /// @return empty when nothing more is committed
    CompletableFuture<Optional<End>> newEnd(LedgerRef ledger, long knownId) {
        return handle(ledger.ledgerId())
                .thenCompose(handle ->
                        handle.readLastAddConfirmedAsync()
                                .thenCompose(last ->
                                        last <= knownId
                                                ? CompletableFuture.completedFuture(
                                                        Optional.<End>empty())
                                                : endAt(ledger, handle, last)))
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        forget(ledger.ledgerId()); // the next call opens it again
                    }
                });
    }

    private CompletableFuture<Optional<End>> endAt(
            LedgerRef ledger, ReadHandle handle, long lastId) {
        return handle.readUnconfirmedAsync(lastId, lastId)
                .thenCompose(entries -> {
                    try {
                        var last = decode(ledger, lastId, entries).getFirst().getLast();
                        return CompletableFuture.completedFuture(
                                Optional.of(new End(last.tail(ledger), last.lastId(lastId))));
                    } catch (CorruptLogException e) {
                        return CompletableFuture.failedFuture(e);
                    }
                });
    }

    /// Ends a ledger, whichever process writes it, and finds its end.
    ///
    /// @param within how long this may take
    /// @return the tail of the log behind the ledger, which is final
    End recover(LedgerRef ledger, Duration within) throws IOException {
        var what = "ending ledger %d".formatted(ledger.ledgerId());
        var handle = waits.get(ledgers.recover(ledger.ledgerId()), within, what);
        try {
            long last = handle.getLastAddConfirmed();
            return last < 0
                    ? new End(ledger.before(), -1)
                    : waits.get(endAt(ledger, handle, last), within, what).orElseThrow();
        } finally {
            handle.closeAsync();
            forget(ledger.ledgerId());
        }
    }

    /// Closes the handles of a ledger.
    void forget(long ledgerId) {
        var handle = handles.remove(ledgerId);
        if (handle != null) {
            handle.thenAccept(ReadHandle::closeAsync);
        }
    }

    void close() {
        handles.keySet().forEach(this::forget);
    }

    /// The block in which entry `index` begins.
    private long idOf(LedgerRef ledger, long index, long lastId) throws IOException {
        var mark = next;
        return mark != null && mark.ledgerId() == ledger.ledgerId() && mark.index() == index
                ? mark.id()
                : firstBlock(ledger, lastId, last -> last.index() >= index);
    }

    /// The first block whose last part satisfies `isWanted`. All blocks behind that one satisfy it,
    /// too.
    private long firstBlock(LedgerRef ledger, long lastId, Predicate<LogPart> isWanted)
            throws IOException {
        long low = 0;
        long high = lastId;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (isWanted.test(block(ledger, middle).getLast())) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private List<LogPart> block(LedgerRef ledger, long id) throws IOException {
        return blocks(ledger, id, id, 0).getFirst();
    }

    /// Blocks from `id` on: about `bytes` of them, but at least one.
    private List<List<LogPart>> blocks(LedgerRef ledger, long id, long lastId, long bytes)
            throws IOException {
        if (id < 0 || id > lastId) {
            throw damaged(ledger, lastId);
        }
        long count = Math.clamp(bytes / usualBlockBytes + 1, 1, MAX_BLOCKS_AT_ONCE);
        long toId = Math.min(lastId, id + count - 1);
        var what = "reading ledger %d from entry %d on".formatted(ledger.ledgerId(), id);
        LedgerEntries entries;
        try {
            entries = waits.get(fetch(ledger.ledgerId(), id, toId), READ_WITHIN, what);
        } catch (IOException e) {
            if (Waits.isBecause(causeOf(e), Code.DigestMatchException)) {
                throw damaged(ledger, id);
            }
            // The handle may be older than the latest change of the ledger's bookies.
            forget(ledger.ledgerId());
            entries = waits.get(fetch(ledger.ledgerId(), id, toId), READ_WITHIN, what);
        }
        var blocks = decode(ledger, id, entries);
        long total = 0;
        for (var block : blocks) {
            for (var part : block) {
                total += part.storedBytes();
            }
        }
        usualBlockBytes = total / blocks.size();
        return blocks;
    }

    private static Throwable causeOf(IOException e) {
        return e.getCause() == null ? e : e.getCause();
    }

    private CompletableFuture<LedgerEntries> fetch(long ledgerId, long fromId, long toId) {
        return handle(ledgerId).thenCompose(handle -> handle.readUnconfirmedAsync(fromId, toId));
    }

    private static List<List<LogPart>> decode(LedgerRef ledger, long fromId, LedgerEntries entries)
            throws CorruptLogException {
        try (entries) {
            var blocks = new ArrayList<List<LogPart>>();
            for (var entry : entries) {
                long id = fromId + blocks.size();
                if (entry.getEntryId() != id) {
                    throw damaged(ledger, id);
                }
                blocks.add(LogPart.decode(ledger, id, entry.getEntryNioBuffer().slice()));
            }
            if (blocks.isEmpty()) {
                throw damaged(ledger, fromId);
            }
            return blocks;
        }
    }

    private CompletableFuture<ReadHandle> handle(long ledgerId) {
        var handle = handles.computeIfAbsent(ledgerId, ledgers::open);
        if (handle.isCompletedExceptionally()) {
            handles.remove(ledgerId, handle); // the next call tries again
        }
        return handle;
    }

    private static CorruptLogException damaged(LedgerRef ledger, long entryId) {
        return new CorruptLogException(
                "ledger %d is damaged at entry %d, though it was valid when it was written; restore"
                                .formatted(ledger.ledgerId(), entryId)
                        + " a bookie that holds it, nothing was changed");
    }
}
