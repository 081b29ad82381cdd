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

/// A reservation of consecutive ports of the loopback address. No other lease on this machine, of
/// this or of another process, has these ports until this lease is closed or its process ends. The
/// holder may listen on them, stop, and listen again.
///
/// Ports are leased in blocks of 64. A block belongs to the process that listens on the block's
/// first port, its guard. So a lease needs no file and ends with its process. The blocks are above
/// the ports of well-known services and below the ports that systems assign to client sockets.
public final class PortLease implements AutoCloseable {
    /// The largest number of ports that fit into one block. A lease of at most this many ports has
    /// no gap.
    public static final int MOST_OF_ONE_BLOCK = 63;

    private static final int BLOCK = MOST_OF_ONE_BLOCK + 1;
    private static final int FIRST = 20_032; // a multiple of a block
    private static final int CLIENTS = 32_768; // the first port of clients on Linux; 49152 on macOS
    private static final Path CLIENT_PORTS = Path.of("/proc/sys/net/ipv4/ip_local_port_range");

    private final List<ServerSocket> guards;
    private final int first;
    private final int last;

    private PortLease(List<ServerSocket> guards, int first, int last) {
        this.guards = guards;
        this.first = first;
        this.last = last;
    }

    /// Leases ports on which no process listens.
    ///
    /// @param ports how many are needed. A lease of more than [#MOST_OF_ONE_BLOCK] spans several
    ///   blocks; the guards of these blocks are additional ports within the lease that the holder
    ///   cannot listen on
    /// @param random chooses where the search begins
    /// @throws IllegalStateException when there is no such row of free ports
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
            // A machine may assign nearly all ports to clients. Then some of those are leased.
            return clients >= FIRST + 32 * BLOCK ? Math.min(clients, CLIENTS) : CLIENTS;
        } catch (IOException | RuntimeException e) {
            return CLIENTS;
        }
    }

    /// Whether no process listens on a port of the loopback address at present.
    ///
    /// The port is bound for a moment, but not listened on: a process that another thread starts at
    /// this moment inherits the socket until it executes its program, and a listening socket would
    /// occupy the port for that long.
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
                throw new IllegalStateException("a guard socket cannot be closed", e);
            }
        }
    }

    /// The first port of the lease.
    public int first() {
        return first;
    }

    /// The last port of the lease, included.
    public int last() {
        return last;
    }

    /// Releases the ports for other leases. Idempotent.
    @Override
    public void close() {
        closeAll(guards);
    }
}
