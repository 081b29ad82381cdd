package dev.keepsake.control;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.function.IntPredicate;

/// All at one address, on ports of a range.
///
/// @param isFree whether nobody listens on a port at present, or it is held; asked while a call is
///   decided, so it answers at once
/// @param holds keeps ports that were asked for by their number
public record NodePorts(int first, int last, IntPredicate isFree, Holds holds)
        implements NodePlaces {
    /// Every port, as if this machine had nothing else to do.
    static final NodePorts ALL = new NodePorts(1, 65_535, port -> true);

    /// Keeps ports between the call that asks for them and the moment when somebody listens there.
    @FunctionalInterface
    public interface Holds {
        /// Takes a port for a cluster, so that nobody else gets it; answers at once. A decision
        /// that comes to nothing gives it back by itself.
        ///
        /// @return whether nobody has it
        boolean hold(ClusterId cluster, int port);
    }

    public NodePorts {
        checkArgument(first >= 1 && last <= 65_535 && first <= last, "ports %d-%d", first, last);
    }

    /// Ports that are looked at rather than held.
    public NodePorts(int first, int last, IntPredicate isFree) {
        this(first, last, isFree, (cluster, port) -> isFree.test(port));
    }

    boolean contains(int port) {
        return port >= first && port <= last;
    }
}
