package dev.keepsake.drill;

import static dev.keepsake.core.Checks.checkArgument;

/// A time without an acknowledgement.
///
/// @param fromNs the acknowledgement before it, in nanoseconds since a start that those who
///   exchange gaps have in common
/// @param toNs the acknowledgement behind it, or the time of looking
public record Gap(long fromNs, long toNs) {
    public Gap {
        checkArgument(fromNs <= toNs, "a gap from %d to %d ns", fromNs, toNs);
    }

    long lengthNs() {
        return toNs - fromNs;
    }

    /// The same, counted from another start.
    Gap since(long startNs) {
        return new Gap(fromNs - startNs, toNs - startNs);
    }
}
