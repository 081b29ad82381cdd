package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.resp.ProtocolLimits;
import dev.keepsake.shard.HoldRule;

/// The bounds of a front.
///
/// @param maxConnections clients beyond it are told so and closed
/// @param maxParkedReplies replies that wait for the log; beyond it the front stops reading
///   commands
/// @param maxParkedBytes the same bound in bytes; large replies are not counted here
/// @param maxOutputBytes what a client that does not read may leave unsent; beyond it it is closed
/// @param maxTotalOutputBytes the same for all clients of the node together; beyond half of it
///   large replies are not read from the engine, beyond it the client that has left most is closed
/// @param maxTransactionBytes one command, or the commands between MULTI and EXEC together; of
///   those that are not large each counts twice, because what the engine makes of it may be longer
/// @param fullLogPatienceMs how long a reply that tells of what is not in the log waits while the
///   log has no room; an error stands in its place then, unless its command has changed something
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
    /// How long replies usually wait while the log has no room.
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

    /// What a node is run with: values of 512 MiB as in Redis, 65,000 connections as in MemoryDB,
    /// 128 MiB parked, 640 MiB unsent of one client and 1 GiB of all.
    public static FrontOptions standard() {
        var limits = new ProtocolLimits(64 * 1024, 1 << 20, 512 << 20);
        return of(limits, 65_000, 128L << 20, maxOutputBytes(limits), 1L << 30);
    }

    /// With bounds that were chosen; the others follow from them.
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

    /// How much a client may usually leave unsent: the largest value, and a little more.
    public static int maxOutputBytes(ProtocolLimits limits) {
        return limits.maxBulkBytes() + besideValueBytes(limits);
    }

    private static int besideValueBytes(ProtocolLimits limits) {
        return Math.clamp(limits.maxBulkBytes(), BESIDE_VALUE_MIN_BYTES, BESIDE_VALUE_MAX_BYTES);
    }

    /// The longest unit of replication that may come of what clients send.
    public int maxUnitBytes() {
        return maxTransactionBytes + besideValueBytes(limits);
    }

    /// The same with another patience for a log without room.
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

    /// The same with another rule, for tests which prove that they notice what is lost then.
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
