package dev.keepsake.fleet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/// Keeps a port from everybody else of this machine who takes whatever is free, from the moment at
/// which it is found until it is let go. Whoever was promised the port can listen on it meanwhile.
/// Any thread.
///
/// It is a socket that is bound and neither listens nor connects. Linux lets a listener bind beside
/// such a one when both allow it (SO_REUSEADDR), hands such a port to nobody who asks for any, and
/// to no second hold that wants it alone. Where a system does not let both be there, nothing is
/// held.
final class PortHold implements AutoCloseable {
    private static final boolean LETS_OTHERS_LISTEN = letsOthersListen();

    private final @Nullable Socket socket;

    private PortHold(@Nullable Socket socket) {
        this.socket = socket;
    }

    /// Holds a port on which nobody listens, and which nobody else holds; null when somebody does,
    /// and also while the system remembers connections to it that have ended.
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

    /// Holds a port on which nobody listens; null when somebody does.
    static @Nullable PortHold tryTake(String host, int port) {
        return isFree(host, port) ? take(host, port) : null;
    }

    /// Holds a port that was promised before, for example by an earlier process, if nobody has
    /// taken it since.
    static PortHold take(String host, int port) {
        if (!LETS_OTHERS_LISTEN) {
            return new PortHold(null);
        }
        try {
            return new PortHold(bind(new InetSocketAddress(host, port), true));
        } catch (IOException _) {
            return new PortHold(null); // who wants to listen there will say so
        }
    }

    /// Whether this machine has an address on which nobody listens on a port at present.
    ///
    /// It does not listen there itself, not even for a moment: an engine that is started meanwhile
    /// inherits the socket until its program is loaded, and so the port would stay taken.
    static boolean isFree(String host, int port) {
        try (var socket = bind(new InetSocketAddress(host, port), true)) {
            return socket.isBound();
        } catch (IOException _) {
            return false;
        }
    }

    /// @param beside whether it may be bound beside others that are bound and do not listen, and
    ///   beside what is left of connections
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

    /// Lets it go. Idempotent.
    @Override
    public void close() {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new IllegalStateException("a socket without a connection closes", e);
            }
        }
    }
}
