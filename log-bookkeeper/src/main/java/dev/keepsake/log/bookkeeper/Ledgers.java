package dev.keepsake.log.bookkeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.bookkeeper.client.api.BKException.Code;
import org.apache.bookkeeper.client.api.BookKeeper;
import org.apache.bookkeeper.client.api.DigestType;
import org.apache.bookkeeper.client.api.ReadHandle;
import org.apache.bookkeeper.client.api.WriteAdvHandle;

/// BookKeeper, as far as a log needs it. Any thread may call; nothing blocks.
final class Ledgers {
    private static final DigestType DIGEST = DigestType.CRC32C;
    private static final byte[] NO_PASSWORD = new byte[0];

    private final BookKeeper bookKeeper;
    private final Quorum quorum;

    Ledgers(BookKeeper bookKeeper, Quorum quorum) {
        this.bookKeeper = bookKeeper;
        this.quorum = quorum;
    }

    /// Makes a ledger whose entry ids the writer chooses.
    ///
    /// While too few bookies are there for a whole ensemble, as few as an acknowledgement needs
    /// will do. Else three bookies of which one is away could go on with a ledger, but never begin
    /// one, and so never fail over.
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

    /// Opens a ledger to read what is committed in it.
    CompletableFuture<ReadHandle> open(long ledgerId) {
        return open(ledgerId, false);
    }

    /// Ends a ledger: no bookie takes any more entries of its writer, and its end is settled for
    /// good.
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

    /// Gives up a ledger that never came into a list. If that fails, an empty ledger is left.
    void discard(WriteAdvHandle handle) {
        long id = handle.getId();
        handle.closeAsync().whenComplete((_, _) -> delete(id));
    }

    /// Deletes a ledger, if it is there.
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
