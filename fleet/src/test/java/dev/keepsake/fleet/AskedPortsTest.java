package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepsake.control.ClusterId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

/// Ports that clusters asked for by their number.
class AskedPortsTest {
    private static final String HOST = "127.0.0.1";
    private static final ClusterId ONE = new ClusterId("us-east-1", "one", "1");
    private static final ClusterId OTHER = new ClusterId("us-east-1", "other", "2");

    @Test
    void nobodyElseGetsAPortThatIsHeld() throws IOException {
        try (var holds = new AskedPorts(HOST)) {
            int port = heldByOne(holds);
            assertThat(holds.hold(OTHER, port)).isFalse();
            assertThat(holds.isHeld(port)).isTrue();
            assertThat(holds.isHeldBy(ONE, port)).isTrue();
            assertThat(holds.isHeldBy(OTHER, port)).isFalse();
            assertThat(holds.holders()).containsExactly(ONE);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> listenAt(port).close());

            holds.release(ONE);
            listenAt(port).close();
            assertThat(holds.isHeld(port)).isFalse();
            assertThat(holds.holders()).isEmpty();
        }
    }

    @Test
    void whatSomebodyElseHasIsNotHeld() throws IOException {
        try (var holds = new AskedPorts(HOST);
                var others = listenAt(0)) {
            assertThat(holds.hold(ONE, others.getLocalPort())).isFalse();
            assertThat(holds.holders()).isEmpty();
        }
    }

    @Test
    void allAreGivenBackInTheEnd() throws IOException {
        int port;
        try (var holds = new AskedPorts(HOST)) {
            port = heldByOne(holds);
        }
        listenAt(port).close();
    }

    /// One that was free a moment ago may be somebody else's already.
    private static int heldByOne(AskedPorts holds) throws IOException {
        while (true) {
            int port;
            try (var free = listenAt(0)) {
                port = free.getLocalPort();
            }
            if (holds.hold(ONE, port)) {
                return port;
            }
        }
    }

    private static ServerSocket listenAt(int port) throws IOException {
        var socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
