package dev.keepsake.control;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.function.IntPredicate;

/// All at one address, on ports of a range.
///
/// @param isFree whether nobody listens on a port at present; asked while a call is decided, so it
///   answers at once
public record NodePorts(int first, int last, IntPredicate isFree) implements NodePlaces {
    /// Every port, as if this machine had nothing else to do.
    static final NodePorts ALL = new NodePorts(1, 65_535, port -> true);

    public NodePorts {
        checkArgument(first >= 1 && last <= 65_535 && first <= last, "ports %d-%d", first, last);
    }

    boolean contains(int port) {
        return port >= first && port <= last;
    }
}
