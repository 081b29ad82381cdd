package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkArgument;

import java.time.Duration;

/// Where logs are kept on BookKeeper, and their bounds.
///
/// @param metadata where the lists of ledgers are
/// @param ledgersPath BookKeeper's own node in the same ZooKeeper, the one its bookies use
/// @param quorum how many bookies hold what
/// @param ledgerBytes a ledger that has grown to this is followed by another one of the same term,
///   so that a long leadership can be trimmed too
/// @param partBytes how much goes into one entry of a ledger: small entries of the log together,
///   large ones in parts; well below the bookies' `nettyMaxFrameSizeBytes` of 5 MiB
/// @param maxPendingBytes how much may wait for the bookies; beyond it appends are refused as full
/// @param recentBytes how much of the newest entries is kept in memory for readers
/// @param appendWithin an append that is not decided by then is unknown
/// @param metadataWithin how long ZooKeeper may take to answer
/// @param patience how long a claim waits for a rival that is in the list already to show its
///   LEADER entry, before it takes the rival for dead
/// @param pollEvery how often a log that others write looks for new commits
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
                ledgersPath.matches("(/[A-Za-z0-9._-]+)+"), "%s is no node's path", ledgersPath);
        checkArgument(ledgerBytes >= 4096, "ledger of %d bytes is below 4096", ledgerBytes);
        checkArgument(
                partBytes >= 1 && partBytes <= MAX_PART_BYTES,
                "parts of %d bytes; expected 1 to %d",
                partBytes,
                MAX_PART_BYTES);
        checkArgument(maxPendingBytes > 0, "pending bound is %d bytes", maxPendingBytes);
        checkArgument(recentBytes >= 0, "recent entries of %d bytes", recentBytes);
        checkArgument(
                appendWithin.toMillis() >= 1_000,
                "BookKeeper counts in seconds; appends of %d ms cannot be watched",
                appendWithin.toMillis());
    }

    /// Ledgers of 512 MiB on 3/3/2 bookies, 256 MiB pending, 16 MiB of recent entries; five seconds
    /// for an append, four for ZooKeeper.
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
