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
import org.apache.bookkeeper.client.api.BKException.Code;
import org.apache.bookkeeper.client.api.LedgerEntries;
import org.apache.bookkeeper.client.api.ReadHandle;
import org.jspecify.annotations.Nullable;

/// Reads a log's ledgers. Any thread.
///
/// Which entries are committed is the caller's to know: it names the last id, and nothing behind it
/// is looked at. So BookKeeper's "unconfirmed" reads are safe here, and a reader in the writer's
/// process need not wait until the bookies know what the writer knows.
final class LedgerReader {
    /// The committed end of a ledger.
    ///
    /// @param lastId the last entry id that counts, -1 for none
    record End(Tail tail, long lastId) {}

    /// Where an entry of the log begins, so that whoever reads on need not search.
    private record Mark(long ledgerId, long index, long id) {}

    private static final int MAX_PARTS_AT_ONCE = 256;
    private static final Duration READ_WITHIN = Duration.ofSeconds(10);

    private final Ledgers ledgers;
    private final Waits waits;
    private final ConcurrentMap<Long, CompletableFuture<ReadHandle>> handles =
            new ConcurrentHashMap<>();
    private volatile @Nullable Mark next;
    private volatile int usualPartBytes = 4096;

    LedgerReader(Ledgers ledgers, Waits waits) {
        this.ledgers = ledgers;
        this.waits = waits;
    }

    /// Entries from `fromIndex` on, as many as fit, at least one.
    ///
    /// @param lastIndex the last committed entry of the ledger, not before `fromIndex`
    /// @param lastId the id of its last part
    List<LogEntry> read(LedgerRef ledger, long fromIndex, long lastIndex, long lastId, int maxBytes)
            throws IOException {
        var entries = new ArrayList<LogEntry>();
        long bytes = 0;
        long id = idOf(ledger, fromIndex, lastId);
        LogPart first = null;
        var payload = ByteBuffer.allocate(0);
        while (true) {
            for (var part : parts(ledger, id, lastId, maxBytes - bytes)) {
                if (part.number() == 0) {
                    int length = lengthOf(ledger, id, part);
                    bytes += length;
                    if (!entries.isEmpty() && bytes > maxBytes) {
                        next = new Mark(ledger.ledgerId(), part.index(), id);
                        return entries;
                    }
                    first = part;
                    payload = ByteBuffer.allocate(length);
                }
                if (first == null
                        || part.index() != first.index()
                        || part.payload().remaining() > payload.remaining()) {
                    throw damaged(ledger, id);
                }
                payload.put(part.payload());
                id++;
                if (part.following() == 0) {
                    if (part.kind() == EntryKind.DATA && payload.hasRemaining()) {
                        throw damaged(ledger, id);
                    }
                    entries.add(
                            new LogEntry(
                                    part.index(),
                                    part.term(),
                                    part.kind(),
                                    part.firstOffset(),
                                    payload.flip()));
                    if (part.index() >= lastIndex) {
                        next = new Mark(ledger.ledgerId(), part.index() + 1, id);
                        return entries;
                    }
                }
            }
        }
    }

    /// The DATA entry that holds the byte at `offset`.
    ///
    /// @param lastId the last entry id of the ledger that counts; the byte lies not behind it
    long indexOf(LedgerRef ledger, long offset, long lastId) throws IOException {
        long low = 0;
        long high = lastId;
        while (low < high) { // the first part that ends behind the offset is at low to high
            long middle = (low + high) >>> 1;
            if (part(ledger, middle).endOffset() > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        var found = part(ledger, low);
        if (found.kind() != EntryKind.DATA
                || found.firstOffset() > offset
                || found.endOffset() <= offset) {
            throw damaged(ledger, low);
        }
        return found.index();
    }

    /// What the bookies know to be committed in a ledger that somebody else writes.
    ///
    /// @param knownId what is known already
    /// @return empty when there is no more than that
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
                        forget(ledger.ledgerId()); // it is opened anew next time
                    }
                });
    }

    private CompletableFuture<Optional<End>> endAt(
            LedgerRef ledger, ReadHandle handle, long lastId) {
        return handle.readUnconfirmedAsync(lastId, lastId)
                .thenCompose(entries -> {
                    try {
                        var part = decode(ledger, lastId, entries).getFirst();
                        return CompletableFuture.completedFuture(
                                Optional.of(new End(part.tail(ledger), part.lastId(lastId))));
                    } catch (CorruptLogException e) {
                        return CompletableFuture.failedFuture(e);
                    }
                });
    }

    /// Ends a ledger, whoever writes it, and finds out where.
    ///
    /// @return how the log stands behind the ledger, for good
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

    /// Closes what is open of a ledger.
    void forget(long ledgerId) {
        var handle = handles.remove(ledgerId);
        if (handle != null) {
            handle.thenAccept(ReadHandle::closeAsync);
        }
    }

    void close() {
        handles.keySet().forEach(this::forget);
    }

    /// Where entry `index` begins.
    private long idOf(LedgerRef ledger, long index, long lastId) throws IOException {
        var mark = next;
        if (mark != null && mark.ledgerId() == ledger.ledgerId() && mark.index() == index) {
            return mark.id();
        }
        long id = index - ledger.firstIndex();
        while (id <= lastId) {
            var part = part(ledger, id);
            if (part.index() == index) {
                return id - part.number();
            }
            // Entries in parts lie before it. So it stands further on, and never nearer than this,
            // since each entry has at least one part.
            id += index - part.index();
        }
        throw damaged(ledger, lastId);
    }

    private LogPart part(LedgerRef ledger, long id) throws IOException {
        return parts(ledger, id, id, 0).getFirst();
    }

    /// Parts from `id` on, about `bytes` of them, at least one.
    private List<LogPart> parts(LedgerRef ledger, long id, long lastId, long bytes)
            throws IOException {
        if (id < 0 || id > lastId) {
            throw damaged(ledger, lastId);
        }
        long count = Math.clamp(bytes / Math.max(1, usualPartBytes) + 1, 1, MAX_PARTS_AT_ONCE);
        long toId = Math.min(lastId, id + count - 1);
        var what = "reading ledger %d from entry %d on".formatted(ledger.ledgerId(), id);
        LedgerEntries entries;
        try {
            entries = waits.get(fetch(ledger.ledgerId(), id, toId), READ_WITHIN, what);
        } catch (IOException e) {
            if (Waits.isBecause(causeOf(e), Code.DigestMatchException)) {
                throw damaged(ledger, id);
            }
            // The handle may be older than the ledger's latest change of bookies.
            forget(ledger.ledgerId());
            entries = waits.get(fetch(ledger.ledgerId(), id, toId), READ_WITHIN, what);
        }
        var parts = decode(ledger, id, entries);
        long total = 0;
        for (var part : parts) {
            total += LogPart.HEADER_BYTES + part.payload().remaining();
        }
        usualPartBytes = (int) (total / parts.size());
        return parts;
    }

    private static Throwable causeOf(IOException e) {
        return e.getCause() == null ? e : e.getCause();
    }

    private CompletableFuture<LedgerEntries> fetch(long ledgerId, long fromId, long toId) {
        return handle(ledgerId).thenCompose(handle -> handle.readUnconfirmedAsync(fromId, toId));
    }

    private static List<LogPart> decode(LedgerRef ledger, long fromId, LedgerEntries entries)
            throws CorruptLogException {
        try (entries) {
            var parts = new ArrayList<LogPart>();
            long id = fromId;
            for (var entry : entries) {
                if (entry.getEntryId() != id) {
                    throw damaged(ledger, id);
                }
                parts.add(LogPart.decode(ledger, id, entry.getEntryNioBuffer().slice()));
                id++;
            }
            if (parts.isEmpty()) {
                throw damaged(ledger, fromId);
            }
            return parts;
        }
    }

    private CompletableFuture<ReadHandle> handle(long ledgerId) {
        var handle = handles.computeIfAbsent(ledgerId, ledgers::open);
        if (handle.isCompletedExceptionally()) {
            handles.remove(ledgerId, handle); // the next one tries again
        }
        return handle;
    }

    private static int lengthOf(LedgerRef ledger, long id, LogPart part)
            throws CorruptLogException {
        long length =
                part.kind() == EntryKind.DATA
                        ? part.endOffset() - part.firstOffset()
                        : part.payload().remaining() * (1L + part.following());
        if (length > Integer.MAX_VALUE) {
            throw damaged(ledger, id);
        }
        return (int) length;
    }

    private static CorruptLogException damaged(LedgerRef ledger, long entryId) {
        return new CorruptLogException(
                "ledger %d is damaged at entry %d, though it was valid when it was written; restore"
                                .formatted(ledger.ledgerId(), entryId)
                        + " a bookie that holds it, nothing was changed");
    }
}
