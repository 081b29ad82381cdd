package dev.keepsake.fleet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class PortHoldTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final String HOST = LOOPBACK.getHostAddress();

    @Test
    void aHeldPortIsNobodyElsesAndWhoWasPromisedItCanListen() throws IOException {
        assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
        int port = freePort();
        try (var hold = PortHold.tryTakeAlone(HOST, port)) {
            assertThat(hold).isNotNull();
            assertThat(PortHold.tryTakeAlone(HOST, port)).isNull();
            try (var other = new Socket()) {
                other.setReuseAddress(false);
                assertThatThrownBy(() -> other.bind(new InetSocketAddress(LOOPBACK, port)))
                        .isInstanceOf(BindException.class);
            }
            for (int i = 0; i < 2; i++) { // and again after it has listened before
                try (var promised = listen(port);
                        var client = new Socket(LOOPBACK, port);
                        var accepted = promised.accept()) {
                    assertThat(accepted.getPort()).isEqualTo(client.getLocalPort());
                    assertThat(PortHold.tryTake(HOST, port)).isNull();
                }
            }
        }
    }

    @Test
    void aPortThatWasLetGoIsFree() throws IOException {
        int port = freePort();
        requireNonNull(PortHold.tryTakeAlone(HOST, port)).close();
        try (var next = PortHold.tryTakeAlone(HOST, port)) {
            assertThat(next).isNotNull();
        }
    }

    @Test
    void aPortOnWhichSomebodyListensIsNotTaken() throws IOException {
        try (var other = listen(0)) {
            assertThat(PortHold.tryTake(HOST, other.getLocalPort())).isNull();
            assertThat(PortHold.tryTakeAlone(HOST, other.getLocalPort())).isNull();
        }
    }

    private static ServerSocket listen(int port) throws IOException {
        var socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(LOOPBACK, port));
        return socket;
    }

    private static int freePort() throws IOException {
        try (var socket = listen(0)) {
            return socket.getLocalPort();
        }
    }
}
