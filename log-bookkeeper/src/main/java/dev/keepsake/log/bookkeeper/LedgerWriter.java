package dev.keepsake.log.bookkeeper;

import dev.keepsake.log.LogEntry;
import dev.keepsake.log.Tail;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.bookkeeper.client.api.WriteAdvHandle;
import org.jspecify.annotations.Nullable;

/// The writing end of a log's newest ledger. Owned by the log's thread.
///
/// It sends entries without waiting for those before them. BookKeeper acknowledges them in order,
/// and an entry only once all entries before it are safe. The writer checks this, because the whole
/// log depends on it.
final class LedgerWriter {
    /// Receives acknowledgements, on the log's thread.
    interface Listener {
        /// More entries are safe; see [#ackedId].
        void onAcked(LedgerWriter writer);

        /// An entry has failed, and all entries behind it fail. Called once.
        void onFailed(LedgerWriter writer, Throwable cause);
    }

    private static final int BLOCKS_UNDER_WAY = 8;
    private static final int FIRST_BLOCK_BYTES = 512;

    private final LedgerRef ledger;
    private final WriteAdvHandle handle;
    private final int partBytes;
    private final Executor loop;
    private final Listener listener;
    private @Nullable ByteBuf gathered;
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

    /// The id of the last block that is safe, as are all blocks before it; -1 when none is.
    long ackedId() {
        return ackedId;
    }

    /// How many bytes have been sent.
    long bytes() {
        return bytes;
    }

    /// Sends an entry, or gathers it in a block with the next ones.
    ///
    /// @param after the tail behind it
    /// @return the id of the block that completes the entry: the entry is safe when that block is
    long send(LogEntry entry, Tail after) {
        var parts = LogPart.of(entry, after, partBytes);
        for (var part : parts) {
            var block = gathered;
            boolean fits =
                    parts.size() == 1
                            && (block == null
                                    || block.readableBytes() + part.storedBytes() <= partBytes);
            if (!fits) {
                sendGathered();
            }
            add(part);
        }
        long id = nextId;
        if (parts.size() > 1 || nextId - 1 - ackedId < BLOCKS_UNDER_WAY) {
            sendGathered();
        }
        return id;
    }

    private void add(LogPart part) {
        var block = gathered;
        if (block == null) {
            // The block has its own bytes: they may still be on the way to the slowest bookie when
            // the caller changes its buffer.
            int bytes = Math.max(FIRST_BLOCK_BYTES, part.storedBytes());
            block =
                    part.following() + part.number() > 0 // one of many, for which a heap is small
                            ? Unpooled.directBuffer(bytes)
                            : Unpooled.buffer(bytes);
            gathered = block;
        }
        part.appendTo(block);
    }

    private void sendGathered() {
        var block = gathered;
        if (block == null) {
            return;
        }
        gathered = null;
        long id = nextId++;
        bytes += block.readableBytes();
        handle.writeAsync(id, block)
                .whenComplete((acked, failure) -> loop.execute(() -> onDone(id, acked, failure)));
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
            sendGathered();
            listener.onAcked(this);
        }
    }

    private void fail(Throwable cause) {
        failed = true;
        listener.onFailed(this, cause);
    }

    /// Stops writing. Outcomes of entries that are not acknowledged yet are no longer reported.
    ///
    /// @return completes when BookKeeper knows the end of the ledger, or has failed to record it
    CompletableFuture<Boolean> close() {
        failed = true;
        return handle.closeAsync().handle((_, failure) -> failure == null);
    }
}
