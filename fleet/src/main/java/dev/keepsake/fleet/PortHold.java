package dev.keepsake.fleet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/// Keeps a port from all programs of this machine that take any free port, from the moment when it
/// is found until it is released. The node or endpoint that was promised the port can listen on it
/// meanwhile. Any thread.
///
/// A hold is a socket that is bound, but neither listens nor connects. Linux lets a listener bind
/// to the same port if both sockets allow it (SO_REUSEADDR). It gives the port to no program that
/// asks for any port, and to no second hold that wants it alone. On a system that does not allow
/// both sockets, nothing is held.
final class PortHold implements AutoCloseable {
    private static final boolean LETS_OTHERS_LISTEN = letsOthersListen();

    private final @Nullable Socket socket;

    private PortHold(@Nullable Socket socket) {
        this.socket = socket;
    }

    /// Holds a port on which no program listens and which no other program holds. Null when there
    /// is such a program, and while the system remembers ended connections of the port.
    static @Nullable PortHold tryTakeAlone(String host, int port) {
        if (!LETS_OTHERS_LISTEN) {
            return isFree(host, port) ? new PortHold(null) : null;
        }
        try {
            return new PortHold(bind(new InetSocketAddress(host, port), false));
        } catch (IOException _) {
            return null;
        }
    }

    /// Holds a port on which no program listens; null when one does.
    static @Nullable PortHold tryTake(String host, int port) {
        return isFree(host, port) ? take(host, port) : null;
    }

    /// Holds a port that was promised before, for example by an earlier process, if it is still
    /// free.
    static PortHold take(String host, int port) {
        if (!LETS_OTHERS_LISTEN) {
            return new PortHold(null);
        }
        try {
            return new PortHold(bind(new InetSocketAddress(host, port), true));
        } catch (IOException _) {
            return new PortHold(null); // listening on it will report the problem
        }
    }

    /// Whether this machine has an address on which no program listens on a port at present.
    ///
    /// It does not listen there itself, not even for a moment: an engine that is started meanwhile
    /// inherits the socket until its program is loaded, and would occupy the port for that long.
    static boolean isFree(String host, int port) {
        try (var socket = bind(new InetSocketAddress(host, port), true)) {
            return socket.isBound();
        } catch (IOException _) {
            return false;
        }
    }

    /// @param beside whether other sockets may have bound the port without listening, and ended
    ///   connections of it may remain
    private static Socket bind(InetSocketAddress address, boolean beside) throws IOException {
        var socket = new Socket();
        try {
            socket.setReuseAddress(beside);
            socket.bind(address);
            socket.setReuseAddress(true);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static boolean letsOthersListen() {
        var loopback = InetAddress.getLoopbackAddress();
        try (var held = bind(new InetSocketAddress(loopback, 0), false)) {
            return isFree(loopback.getHostAddress(), held.getLocalPort());
        } catch (IOException _) {
            return false;
        }
    }

    /// Releases the port. Idempotent.
    @Override
    public void close() {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new IllegalStateException("a socket that holds a port cannot be closed", e);
            }
        }
    }
}
