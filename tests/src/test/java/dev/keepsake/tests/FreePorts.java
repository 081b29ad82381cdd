package dev.keepsake.tests;

import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.random.RandomGenerator;

/// Ports for the servers of tests, a range for each. A range is handed out again only after all
/// others, so that a server that is down for a moment finds its ports free when it comes back.
///
/// Tests that run in several processes at once draw from a part each: the process with the number
/// `surefire.forkNumber`.
final class FreePorts {
    private static final int FIRST = 20_000; // below those that systems hand out to clients
    private static final int PER_PROCESS = 4_000;
    private static final int PROCESSES = 3;

    private static final int START = FIRST + PER_PROCESS * (processNumber() % PROCESSES);
    private static int next = RandomGenerator.getDefault().nextInt(PER_PROCESS);

    private FreePorts() {}

    private static int processNumber() {
        return Integer.getInteger("surefire.forkNumber", 0);
    }

    /// Ports in a row that nobody listens on now.
    static synchronized PortRange next(int ports) {
        for (int tried = 0; tried < PER_PROCESS; tried += ports) {
            if (next + ports > PER_PROCESS) {
                next = 0;
            }
            var range = new PortRange(START + next, START + next + ports - 1);
            next += ports;
            if (isFree(range)) {
                return range;
            }
        }
        throw new IllegalStateException(
                "no %d free ports in a row among the %d from %d; stop something that listens there"
                        .formatted(ports, PER_PROCESS, START));
    }

    private static boolean isFree(PortRange range) {
        for (int port = range.first(); port <= range.last(); port++) {
            try (var socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (IOException taken) {
                return false;
            }
        }
        return true;
    }
}
