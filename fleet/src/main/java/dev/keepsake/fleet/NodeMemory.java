package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

/// How much of its node type's memory a node has on this machine.
///
/// @param scale the share of AWS's memory, 1 for as much as with AWS
/// @param maxBytes the most for any node, whatever its type
public record NodeMemory(double scale, long maxBytes) {
    // The need of an empty engine with its lanes and its backlog.
    private static final long MIN_BYTES = 8L << 20;

    public NodeMemory {
        checkArgument(
                scale > 0 && scale <= 1,
                "a memory scale of %s; expected more than 0 and at most 1",
                scale);
        checkArgument(maxBytes >= MIN_BYTES, "at most %d bytes of memory", maxBytes);
    }

    /// As much as with AWS, without a limit.
    public static NodeMemory asAws() {
        return new NodeMemory(1, Long.MAX_VALUE);
    }

    long of(long typeBytes) {
        return Math.clamp((long) (typeBytes * scale), MIN_BYTES, maxBytes);
    }
}
