package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkArgument;

import java.time.Duration;

/// Where logs on BookKeeper are kept, and their bounds.
///
/// @param metadata the ZooKeeper servers and the node below which the lists of ledgers are
/// @param ledgersPath BookKeeper's own node in the same ZooKeeper, the one that its bookies use
/// @param quorum how many bookies store each entry
/// @param ledgerBytes the size at which a ledger is followed by another one of the same term, so
///   that the log of a long term can be trimmed
/// @param partBytes the size of one entry of a ledger: small entries of the log are gathered up to
///   this size, large ones are divided; well below the bookies' `nettyMaxFrameSizeBytes` of 5 MiB
/// @param maxPendingBytes how many bytes may wait for the bookies; appends beyond it are refused as
///   full
/// @param recentBytes how many bytes of the newest entries are kept in memory for readers
/// @param appendWithin the time after which an append that is not acknowledged is unknown
/// @param metadataWithin how long ZooKeeper may take to answer
/// @param patience how long a claim waits for a rival, whose ledger is in the list already, to
///   write its LEADER entry. After that the claim takes the rival for dead
/// @param pollEvery how often a log that another process writes looks for new commits
public record BookKeeperOptions(
        MetadataAddress metadata,
        String ledgersPath,
        Quorum quorum,
        long ledgerBytes,
        int partBytes,
        long maxPendingBytes,
        int recentBytes,
        Duration appendWithin,
        Duration metadataWithin,
        Duration patience,
        Duration pollEvery) {
    private static final int MAX_PART_BYTES = 4 << 20;

    public BookKeeperOptions {
        checkArgument(
                ledgersPath.matches("(/[A-Za-z0-9._-]+)+"),
                "%s is not the path of a ZooKeeper node",
                ledgersPath);
        checkArgument(
                ledgerBytes >= 4096, "ledgers of %d bytes; expected at least 4096", ledgerBytes);
        checkArgument(
                partBytes >= 1 && partBytes <= MAX_PART_BYTES,
                "parts of %d bytes; expected 1 to %d",
                partBytes,
                MAX_PART_BYTES);
        checkArgument(
                maxPendingBytes > 0,
                "a pending bound of %d bytes; expected at least 1",
                maxPendingBytes);
        checkArgument(
                recentBytes >= 0, "recent entries of %d bytes; expected at least 0", recentBytes);
        checkArgument(
                appendWithin.toMillis() >= 1_000,
                "appends within %d ms; expected at least one second, because BookKeeper counts in seconds",
                appendWithin.toMillis());
    }

    /// The standard bounds: ledgers of 512 MiB on 3/3/2 bookies, 256 MiB pending, 16 MiB of recent
    /// entries; five seconds for an append, four for ZooKeeper.
    public static BookKeeperOptions standard(
            MetadataAddress metadata, String ledgersPath, Quorum quorum) {
        return new BookKeeperOptions(
                metadata,
                ledgersPath,
                quorum,
                512L << 20,
                1 << 20,
                256L << 20,
                16 << 20,
                Duration.ofSeconds(5),
                Duration.ofSeconds(4),
                Duration.ofSeconds(1),
                Duration.ofMillis(20));
    }
}
