package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.shard.HoldRule;

/// The bounds of a front.
///
/// @param maxConnections a client beyond this number gets an error and is closed
/// @param maxParkedReplies how many replies may wait for the log; beyond it the front stops reading
///   commands
/// @param maxParkedBytes the same bound in bytes; large replies are not counted here
/// @param maxOutputBytes what one client may leave unsent; with more, the client is closed
/// @param maxTotalOutputBytes the same for all clients of the node together; beyond half of it the
///   front stops reading large replies from the engine, beyond it the front closes the client that
///   has left most
/// @param maxTransactionBytes one command, or the commands between MULTI and EXEC together; a
///   command that is not large counts twice, because the engine may make a longer one of it
/// @param fullLogPatienceMs how long a reply that depends on something that is not in the log waits
///   while the log has no room; after that an error takes its place, unless its command has changed
///   something
/// @param hold which replies wait until they are durable
public record FrontOptions(
        ProtocolLimits limits,
        int maxConnections,
        int maxParkedReplies,
        long maxParkedBytes,
        int maxOutputBytes,
        long maxTotalOutputBytes,
        int maxTransactionBytes,
        int fullLogPatienceMs,
        HoldRule hold) {
    /// How long replies wait by default while the log has no room.
    public static final int FULL_LOG_PATIENCE_MS = 3_000;

    private static final int PARKED_REPLIES = 200_000;
    private static final int BESIDE_VALUE_MIN_BYTES = 64 << 20;
    private static final int BESIDE_VALUE_MAX_BYTES = 128 << 20;

    public FrontOptions {
        checkArgument(maxConnections > 0, "%d connections at most", maxConnections);
        checkArgument(
                maxOutputBytes > limits.maxBulkBytes(),
                "a client may leave %d bytes unsent, less than one reply of %d",
                maxOutputBytes,
                limits.maxBulkBytes());
        checkArgument(
                maxTotalOutputBytes >= maxOutputBytes,
                "all clients may leave %d bytes unsent, and one alone %d",
                maxTotalOutputBytes,
                maxOutputBytes);
    }

    /// The default: values of 512 MiB as in Redis, 65,000 connections as in MemoryDB, 128 MiB of
    /// parked replies, 640 MiB unsent for one client and 1 GiB for all.
    public static FrontOptions standard() {
        var limits = new ProtocolLimits(64 * 1024, 1 << 20, 512 << 20);
        return of(limits, 65_000, 128L << 20, maxOutputBytes(limits), 1L << 30);
    }

    /// Options with chosen bounds; the others follow from them.
    public static FrontOptions of(
            ProtocolLimits limits,
            int maxConnections,
            long maxParkedBytes,
            int maxOutputBytes,
            long maxTotalOutputBytes) {
        return new FrontOptions(
                limits,
                maxConnections,
                PARKED_REPLIES,
                maxParkedBytes,
                maxOutputBytes,
                maxTotalOutputBytes,
                limits.maxBulkBytes() + besideValueBytes(limits),
                FULL_LOG_PATIENCE_MS,
                HoldRule.ALL);
    }

    /// How much one client may leave unsent by default: the largest value, and a little more.
    public static int maxOutputBytes(ProtocolLimits limits) {
        return limits.maxBulkBytes() + besideValueBytes(limits);
    }

    private static int besideValueBytes(ProtocolLimits limits) {
        return Math.clamp(limits.maxBulkBytes(), BESIDE_VALUE_MIN_BYTES, BESIDE_VALUE_MAX_BYTES);
    }

    /// The longest unit of replication that commands of clients may cause.
    public int maxUnitBytes() {
        return maxTransactionBytes + besideValueBytes(limits);
    }

    /// The same options with another patience for a log without room.
    public FrontOptions waitingForRoom(int patienceMs) {
        return new FrontOptions(
                limits,
                maxConnections,
                maxParkedReplies,
                maxParkedBytes,
                maxOutputBytes,
                maxTotalOutputBytes,
                maxTransactionBytes,
                patienceMs,
                hold);
    }

    /// The same options with another rule, for tests which prove that they notice what that rule
    /// loses.
    public FrontOptions holding(HoldRule rule) {
        return new FrontOptions(
                limits,
                maxConnections,
                maxParkedReplies,
                maxParkedBytes,
                maxOutputBytes,
                maxTotalOutputBytes,
                maxTransactionBytes,
                fullLogPatienceMs,
                rule);
    }
}
