package dev.keepsake.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PortLeaseTest {
    private static final int SEED = 1;

    @Test
    void noTwoLeasesShareAPortThoughNobodyListensYet() {
        var leases = new ArrayList<PortLease>();
        var ports = new HashSet<Integer>();
        try {
            for (int i = 0; i < 5; i++) {
                // The same chance each time, so each begins to look where the one before has found.
                var lease = PortLease.take(30, new SplittableRandom(SEED));
                leases.add(lease);
                for (int port = lease.first(); port <= lease.last(); port++) {
                    assertThat(ports.add(port)).as("port %d is new", port).isTrue();
                }
            }
        } finally {
            leases.forEach(PortLease::close);
        }
        assertThat(ports).hasSize(5 * 30);
    }

    @Test
    void whatIsClosedCanBeLeasedAgain() {
        for (int i = 0; i < 400; i++) { // there is room for about 200 at once
            try (var lease = PortLease.take(3, new SplittableRandom(i))) {
                assertThat(lease.last()).isEqualTo(lease.first() + 2);
            }
        }
    }

    @Test
    void aHolderListensStopsAndListensAgain() throws Exception {
        try (var lease = PortLease.take(2, new SplittableRandom(SEED))) {
            for (int i = 0; i < 3; i++) {
                try (var listener = listen(lease.last())) {
                    assertThat(PortLease.isFree(lease.last())).isFalse();
                    assertThat(listener.isBound()).isTrue();
                }
                assertThat(PortLease.isFree(lease.last())).isTrue();
            }
        }
    }

    @Test
    void aPortThatSomebodyListensOnIsInNoLease() throws Exception {
        var held = PortLease.take(10, new SplittableRandom(SEED));
        try (var listener = listen(held.first() + 5)) {
            held.close();
            try (var lease = PortLease.take(10, new SplittableRandom(SEED))) {
                assertThat(lease.first()).isNotEqualTo(held.first());
                assertThat(listener.isBound()).isTrue();
            }
        }
    }

    @Test
    void aLargeLeaseHasAsManyPortsBesidesItsGuards() {
        try (var lease = PortLease.take(200, new SplittableRandom(SEED))) {
            int free = 0;
            for (int port = lease.first(); port <= lease.last(); port++) {
                free += PortLease.isFree(port) ? 1 : 0;
            }
            assertThat(free).isGreaterThanOrEqualTo(200);
        }
    }

    private static ServerSocket listen(int port) throws Exception {
        return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    }
}
