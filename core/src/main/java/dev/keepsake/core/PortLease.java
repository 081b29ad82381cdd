package dev.keepsake.core;

import static dev.keepsake.core.Checks.checkArgument;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Ports in a row of the loopback address that no other lease of this machine has, whichever
/// process holds it, until this one is closed or its process ends. Whoever holds it may listen on
/// them, stop, and listen again.
///
/// Leased are blocks. A block belongs to whoever listens on its first port, its guard, so a lease
/// needs no file and ends with its process. The blocks are above the ports of well-known services
/// and below those that systems hand out to clients.
public final class PortLease implements AutoCloseable {
    /// A lease of up to this many ports has one block and leaves none out.
    public static final int MOST_OF_ONE_BLOCK = 63;

    private static final int BLOCK = MOST_OF_ONE_BLOCK + 1;
    private static final int FIRST = 20_032; // a multiple of a block
    private static final int CLIENTS = 32_768; // Linux; macOS begins at 49152
    private static final Path CLIENT_PORTS = Path.of("/proc/sys/net/ipv4/ip_local_port_range");

    private final List<ServerSocket> guards;
    private final int first;
    private final int last;

    private PortLease(List<ServerSocket> guards, int first, int last) {
        this.guards = guards;
        this.first = first;
        this.last = last;
    }

    /// Takes ports on which nobody listens.
    ///
    /// @param ports how many are needed. Of more than [#MOST_OF_ONE_BLOCK] one in every 64 is a
    ///   guard, on which nobody else can listen, and comes in addition
    /// @param random where the search begins
    /// @throws IllegalStateException when none are left
    public static PortLease take(int ports, RandomGenerator random) {
        checkArgument(ports >= 1, "%d ports; expected at least 1", ports);
        int blocks = (ports + MOST_OF_ONE_BLOCK - 1) / MOST_OF_ONE_BLOCK;
        int end = end();
        int places = (end - FIRST) / BLOCK - blocks + 1;
        int start = random.nextInt(Math.max(1, places));
        for (int i = 0; i < places; i++) {
            int guard = FIRST + (start + i) % places * BLOCK;
            var lease = tryTake(guard, blocks, ports);
            if (lease != null) {
                return lease;
            }
        }
        throw new IllegalStateException(
                "no %d free ports in a row between %d and %d; end something that listens there"
                        .formatted(ports, FIRST, end - 1));
    }

    private static @Nullable PortLease tryTake(int firstGuard, int blocks, int ports) {
        var guards = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i < blocks; i++) {
                guards.add(new ServerSocket(firstGuard + i * BLOCK, 1, loopback()));
            }
        } catch (IOException taken) {
            closeAll(guards);
            return null;
        }
        int first = firstGuard + 1;
        int last = firstGuard + ports + blocks - 1;
        for (int port = first; port <= last; port++) {
            if ((port - FIRST) % BLOCK != 0 && !isFree(port)) {
                closeAll(guards);
                return null;
            }
        }
        return new PortLease(guards, first, last);
    }

    private static int end() {
        try {
            var text = Files.readString(CLIENT_PORTS).strip();
            int clients = Integer.parseInt(text.substring(0, text.indexOf('\t')));
            // Where clients have nearly all ports, theirs have to do.
            return clients >= FIRST + 32 * BLOCK ? Math.min(clients, CLIENTS) : CLIENTS;
        } catch (IOException | RuntimeException e) {
            return CLIENTS;
        }
    }

    /// Whether nobody listens on a port of the loopback address at present.
    ///
    /// It is bound for a moment, but not listened on: a process that another thread starts at this
    /// moment inherits the socket for as long as it needs to begin, and so it would stay taken.
    public static boolean isFree(int port) {
        try (var socket = new Socket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(loopback(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    private static InetAddress loopback() {
        return InetAddress.getLoopbackAddress();
    }

    private static void closeAll(List<ServerSocket> guards) {
        for (var guard : guards) {
            try {
                guard.close();
            } catch (IOException e) {
                throw new IllegalStateException("a guard without connections closes", e);
            }
        }
    }

    /// The first port.
    public int first() {
        return first;
    }

    /// The last one.
    public int last() {
        return last;
    }

    /// Lets others have them. Idempotent.
    @Override
    public void close() {
        closeAll(guards);
    }
}
