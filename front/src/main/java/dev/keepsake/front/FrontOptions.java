package dev.keepsake.front;

import dev.keepsake.resp.ProtocolLimits;

/// The bounds of a front, and what it says of its engine.
///
/// @param engineVersion what HELLO tells, such as `7.0.15`
/// @param maxConnections clients beyond it are told so and closed
/// @param maxParkedReplies replies that wait for the log; beyond it the front stops reading
///   commands
/// @param maxParkedBytes the same bound in bytes
/// @param maxOutputBytes what a client that does not read may leave unsent; beyond it it is closed
/// @param maxTotalOutputBytes the same for all clients of the node together; beyond it the one that
///   has left most is closed
/// @param maxTransactionBytes the commands between MULTI and EXEC together; beyond it the
///   transaction fails
/// @param hold which replies wait until they are durable
public record FrontOptions(
        ProtocolLimits limits,
        String engineVersion,
        int maxConnections,
        int maxParkedReplies,
        long maxParkedBytes,
        int maxOutputBytes,
        long maxTotalOutputBytes,
        int maxTransactionBytes,
        HoldRule hold) {
    private static final int VALUE_MAX_BYTES = 64 << 20;
    private static final int TRANSACTION_MAX_BYTES = 128 << 20;

    /// What a node is run with.
    public static FrontOptions standard(String engineVersion) {
        return new FrontOptions(
                new ProtocolLimits(64 * 1024, 1 << 20, VALUE_MAX_BYTES),
                engineVersion,
                10_000,
                200_000,
                128L << 20,
                96 << 20,
                192L << 20,
                TRANSACTION_MAX_BYTES,
                HoldRule.ALL);
    }

    /// The same with another rule, for tests which prove that they notice what is lost then.
    public FrontOptions holding(HoldRule rule) {
        return new FrontOptions(
                limits,
                engineVersion,
                maxConnections,
                maxParkedReplies,
                maxParkedBytes,
                maxOutputBytes,
                maxTotalOutputBytes,
                maxTransactionBytes,
                rule);
    }
}
