package dev.keepsake.log.bookkeeper;

import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.bookkeeper.client.api.WriteAdvHandle;
import org.jspecify.annotations.Nullable;

/// The writing end of a log's newest ledger. Owned by the log's thread.
///
/// Entries are sent without waiting for those before them. BookKeeper acknowledges them in order,
/// an entry only once all before it are safe; this is checked here, because all rests on it.
final class LedgerWriter {
    /// Told on the log's thread.
    interface Listener {
        /// More entries are safe; see [#ackedId].
        void onAcked(LedgerWriter writer);

        /// An entry failed, and all behind it do. Told once.
        void onFailed(LedgerWriter writer, Throwable cause);
    }

    private final LedgerRef ledger;
    private final WriteAdvHandle handle;
    private final int partBytes;
    private final Executor loop;
    private final Listener listener;
    private long nextId;
    private long ackedId = -1;
    private long bytes;
    private boolean failed;

    LedgerWriter(
            LedgerRef ledger,
            WriteAdvHandle handle,
            int partBytes,
            Executor loop,
            Listener listener) {
        this.ledger = ledger;
        this.handle = handle;
        this.partBytes = partBytes;
        this.loop = loop;
        this.listener = listener;
    }

    LedgerRef ledger() {
        return ledger;
    }

    /// The last id that is safe, as are all before it; -1 when none is.
    long ackedId() {
        return ackedId;
    }

    /// How many bytes have been sent.
    long bytes() {
        return bytes;
    }

    /// Sends an entry.
    ///
    /// @param after the tail behind it
    /// @return the id of its last part: once that is safe, the entry is
    long send(LogEntry entry, Tail after) {
        for (var part : LogPart.encode(entry, after, partBytes)) {
            long id = nextId++;
            bytes += part.readableBytes();
            handle.writeAsync(id, part)
                    .whenComplete(
                            (acked, failure) -> loop.execute(() -> onDone(id, acked, failure)));
        }
        return nextId - 1;
    }

    private void onDone(long id, @Nullable Long acked, @Nullable Throwable failure) {
        if (failed) {
            return;
        }
        if (failure != null) {
            fail(Waits.cause(failure));
        } else if (acked == null || acked != id || id != ackedId + 1) {
            fail(
                    new IllegalStateException(
                            "ledger %d acknowledged entry %s behind entry %d"
                                    .formatted(ledger.ledgerId(), acked, ackedId)));
        } else {
            ackedId = id;
            listener.onAcked(this);
        }
    }

    private void fail(Throwable cause) {
        failed = true;
        listener.onFailed(this, cause);
    }

    /// Writes no more. What was sent and is not acknowledged is nobody's business any more.
    ///
    /// @return completes when BookKeeper knows that the ledger ends here, or does not want to know
    CompletableFuture<Boolean> close() {
        failed = true;
        return handle.closeAsync().handle((_, failure) -> failure == null);
    }
}
