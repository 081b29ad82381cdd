package dev.keepsake.tests;

import dev.keepsake.core.PortLease;
import dev.keepsake.server.PortRange;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Ports for the servers of tests, a range for each. They are leased for as long as this process
/// runs, so no other process that leases its ports gets them, and a range is handed out again only
/// after all others, so that a server that is down for a moment finds its ports free when it comes
/// back.
final class FreePorts {
    private static final int MOST_LEASES = 16; // of about 200 that there are for all processes

    private static final List<PortLease> LEASES = new ArrayList<>();
    private static int current = -1;
    private static int next;

    private FreePorts() {}

    /// Ports in a row that nobody listens on now.
    static synchronized PortRange next(int ports) {
        for (int tried = 0; tried < 2 * MOST_LEASES * PortLease.MOST_OF_ONE_BLOCK; tried += ports) {
            if (current < 0 || next + ports > LEASES.get(current).last() + 1) {
                turnToNextLease();
            }
            var range = new PortRange(next, next + ports - 1);
            next += ports;
            if (isFree(range)) {
                return range;
            }
        }
        throw new IllegalStateException(
                "no %d free ports in a row among those of %d leases; close servers that no test needs any more"
                        .formatted(ports, LEASES.size()));
    }

    private static void turnToNextLease() {
        if (LEASES.size() < MOST_LEASES) {
            LEASES.add(PortLease.take(PortLease.MOST_OF_ONE_BLOCK, RandomGenerator.getDefault()));
            current = LEASES.size() - 1;
        } else {
            current = (current + 1) % MOST_LEASES;
        }
        next = LEASES.get(current).first();
    }

    private static boolean isFree(PortRange range) {
        for (int port = range.first(); port <= range.last(); port++) {
            if (!PortLease.isFree(port)) {
                return false;
            }
        }
        return true;
    }
}
