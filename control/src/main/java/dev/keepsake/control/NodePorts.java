package dev.keepsake.control;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.function.IntPredicate;

/// Places at one address: each node has its own port of a range.
///
/// @param isFree whether no process listens on a port at present, or the port is held for a
///   cluster; asked while a call is decided, so it answers at once
/// @param holds keeps ports that requests name
public record NodePorts(int first, int last, IntPredicate isFree, Holds holds)
        implements NodePlaces {
    /// All ports, each of them free.
    static final NodePorts ALL = new NodePorts(1, 65_535, port -> true);

    /// Keeps a requested port from the call until a node or endpoint listens on it.
    @FunctionalInterface
    public interface Holds {
        /// Keeps a port for a cluster, so that no other process gets it. Answers at once. A port
        /// whose decision fails is released by itself.
        ///
        /// @return whether the port was free
        boolean hold(ClusterId cluster, int port);
    }

    public NodePorts {
        checkArgument(first >= 1 && last <= 65_535 && first <= last, "ports %d-%d", first, last);
    }

    /// Ports that are checked but not kept.
    public NodePorts(int first, int last, IntPredicate isFree) {
        this(first, last, isFree, (cluster, port) -> isFree.test(port));
    }

    boolean contains(int port) {
        return port >= first && port <= last;
    }
}
