package dev.keepsake.resp;

import static dev.keepsake.core.Checks.checkArgument;

/// The limits for what a peer may send.
///
/// @param maxInlineBytes the longest line: an inline command, or a length
/// @param maxArguments the most arguments of one command
/// @param maxBulkBytes the longest argument
public record ProtocolLimits(int maxInlineBytes, int maxArguments, int maxBulkBytes) {
    public ProtocolLimits {
        checkArgument(
                maxInlineBytes > 0,
                "a longest line of %d bytes; expected at least 1",
                maxInlineBytes);
        checkArgument(maxArguments > 0, "at most %d arguments; expected at least 1", maxArguments);
        checkArgument(
                maxBulkBytes >= 0,
                "a longest argument of %d bytes; expected at least 0",
                maxBulkBytes);
    }

    /// Redis 7.0's limits: 64 KiB, 2,147,483,647 arguments, 512 MiB.
    public static ProtocolLimits standard() {
        return new ProtocolLimits(64 * 1024, Integer.MAX_VALUE, 512 * 1024 * 1024);
    }
}
