package dev.keepsake.resp;

import static dev.keepsake.core.Checks.checkArgument;

/// What a peer may send at most.
///
/// @param maxInlineBytes the longest line: an inline command, or a length
/// @param maxArguments the most arguments of one command
/// @param maxBulkBytes the longest argument
public record ProtocolLimits(int maxInlineBytes, int maxArguments, int maxBulkBytes) {
    public ProtocolLimits {
        checkArgument(maxInlineBytes > 0, "longest line is %d bytes", maxInlineBytes);
        checkArgument(maxArguments > 0, "most arguments are %d", maxArguments);
        checkArgument(maxBulkBytes >= 0, "longest argument is %d bytes", maxBulkBytes);
    }

    /// Redis 7.0's own: 64 KiB, 2,147,483,647 arguments, 512 MiB.
    public static ProtocolLimits standard() {
        return new ProtocolLimits(64 * 1024, Integer.MAX_VALUE, 512 * 1024 * 1024);
    }
}
