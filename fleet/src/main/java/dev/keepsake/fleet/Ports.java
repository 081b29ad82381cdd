package dev.keepsake.fleet;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;

/// Hands out ports on which nobody listens. Owned by the fleet's thread. What is handed out stays
/// taken until it is given back, whether or not somebody listens there at the moment.
final class Ports {
    /// No port of the range is left.
    static final class UsedUpException extends IOException {
        private UsedUpException(String message) {
            super(message);
        }
    }

    private final String host;
    private final int first;
    private final int last;
    private final Set<Integer> taken = new HashSet<>();

    Ports(String host, int first, int last) {
        this.host = host;
        this.first = first;
        this.last = last;
    }

    /// Notes a port that was handed out before a restart.
    void take(int port) {
        taken.add(port);
    }

    void giveBack(int port) {
        taken.remove(port);
    }

    /// `wanted`, if it is free, else the next free one of the range.
    ///
    /// @throws UsedUpException when the range is
    int takeOr(int wanted) throws UsedUpException {
        if (!taken.contains(wanted) && isFree(wanted)) {
            taken.add(wanted);
            return wanted;
        }
        return takeNext();
    }

    /// The next free port of the range.
    ///
    /// @throws UsedUpException when there is none
    int takeNext() throws UsedUpException {
        for (int port = first; port <= last; port++) {
            if (!taken.contains(port) && isFree(port)) {
                taken.add(port);
                return port;
            }
        }
        throw new UsedUpException(
                "no port from %d to %d is free; delete a cluster or start with a larger --node-ports"
                        .formatted(first, last));
    }

    /// Whether nobody listens on a port at present. Any thread.
    boolean isFree(int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
