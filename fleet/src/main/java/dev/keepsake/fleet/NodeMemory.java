package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

/// How much of its node type's memory a node has here.
///
/// @param scale 1 for as much as with AWS
/// @param maxBytes what no node may exceed, whatever its type
public record NodeMemory(double scale, long maxBytes) {
    // An empty engine with its lanes and its backlog needs this much.
    private static final long MIN_BYTES = 8L << 20;

    public NodeMemory {
        checkArgument(scale > 0 && scale <= 1, "a memory scale of %s", scale);
        checkArgument(maxBytes >= MIN_BYTES, "at most %d bytes of memory", maxBytes);
    }

    /// As much as with AWS, however much that is.
    public static NodeMemory asAws() {
        return new NodeMemory(1, Long.MAX_VALUE);
    }

    long of(long typeBytes) {
        return Math.clamp((long) (typeBytes * scale), MIN_BYTES, maxBytes);
    }
}
