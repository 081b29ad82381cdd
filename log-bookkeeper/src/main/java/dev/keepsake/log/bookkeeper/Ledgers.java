package dev.keepsake.log.bookkeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.bookkeeper.client.api.BKException.Code;
import org.apache.bookkeeper.client.api.BookKeeper;
import org.apache.bookkeeper.client.api.DigestType;
import org.apache.bookkeeper.client.api.ReadHandle;
import org.apache.bookkeeper.client.api.WriteAdvHandle;

/// The operations of BookKeeper that a log needs. Any thread; no call blocks.
final class Ledgers {
    private static final DigestType DIGEST = DigestType.CRC32C;
    private static final byte[] NO_PASSWORD = new byte[0];

    private final BookKeeper bookKeeper;
    private final Quorum quorum;

    Ledgers(BookKeeper bookKeeper, Quorum quorum) {
        this.bookKeeper = bookKeeper;
        this.quorum = quorum;
    }

    /// Creates a ledger whose writer chooses the entry ids.
    ///
    /// While there are too few bookies for a whole ensemble, the ledger is created on the smallest
    /// number that an acknowledgement needs. Otherwise, with one of three bookies missing, a log
    /// could continue in a ledger but not create one, and so could not fail over.
    CompletableFuture<WriteAdvHandle> create(String log) {
        return create(log, quorum)
                .exceptionallyCompose(failure ->
                        Waits.isBecause(failure, Code.NotEnoughBookiesException)
                                ? create(log, quorum.least())
                                : CompletableFuture.failedFuture(failure));
    }

    private CompletableFuture<WriteAdvHandle> create(String log, Quorum on) {
        return bookKeeper
                .newCreateLedgerOp()
                .withEnsembleSize(on.ensemble())
                .withWriteQuorumSize(on.write())
                .withAckQuorumSize(on.ack())
                .withDigestType(DIGEST)
                .withPassword(NO_PASSWORD)
                .withCustomMetadata(
                        Map.of(
                                "application",
                                "keepsake".getBytes(UTF_8),
                                "keepsake-log",
                                log.getBytes(UTF_8)))
                .makeAdv()
                .execute();
    }

    /// Opens a ledger to read its committed entries.
    CompletableFuture<ReadHandle> open(long ledgerId) {
        return open(ledgerId, false);
    }

    /// Ends a ledger: no bookie accepts entries of its writer any more, and its end is final.
    CompletableFuture<ReadHandle> recover(long ledgerId) {
        return open(ledgerId, true);
    }

    private CompletableFuture<ReadHandle> open(long ledgerId, boolean recover) {
        return bookKeeper
                .newOpenLedgerOp()
                .withLedgerId(ledgerId)
                .withDigestType(DIGEST)
                .withPassword(NO_PASSWORD)
                .withRecovery(recover)
                .execute();
    }

    /// Deletes a ledger that never came into a list. If that fails, an empty ledger is left.
    void discard(WriteAdvHandle handle) {
        long id = handle.getId();
        handle.closeAsync().whenComplete((_, _) -> delete(id));
    }

    /// Deletes a ledger, if it exists.
    CompletableFuture<Boolean> delete(long ledgerId) {
        return bookKeeper
                .newDeleteLedgerOp()
                .withLedgerId(ledgerId)
                .execute()
                .handle((_, failure) -> {
                    if (failure == null
                            || Waits.isBecause(
                                    failure,
                                    Code.NoSuchLedgerExistsException,
                                    Code.NoSuchLedgerExistsOnMetadataServerException)) {
                        return CompletableFuture.completedFuture(true);
                    }
                    return CompletableFuture.<Boolean>failedFuture(failure);
                })
                .thenCompose(done -> done);
    }
}
