package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// As many clients on one node as an application with many instances has, most of them idle in its
/// pools. The server is a process with a heap of 256 MB that ends when that is not enough.
class ManyConnectionsIT {
    private static final int IDLE = 10_000;
    private static final int ACTIVE = 1_000;
    private static final int ROUNDS = 20;
    private static final int OTHER_FILES = 5_000; // an eighth is for lanes, and some are for others

    @TempDir Path directory;
    private final PortRange ports = FreePorts.next(10);

    @Test
    void thousandsAreServedAndTenTimesAsManyStayConnected() throws Exception {
        assumeThat(mostFiles())
                .as("files that a process may have open")
                .isGreaterThan(IDLE + ACTIVE + OTHER_FILES);
        var nodePorts = new PortRange(ports.first(), ports.last() - 1);
        var idle = new ArrayList<SocketChannel>();
        try (var server = ServerProcess.launch(directory, nodePorts);
                var api = new Api(server.awaitReady())) {
            var cluster = api.create("demo", 1, 0, 0, ports.last());
            var node = cluster.shards().getFirst().nodes().getFirst();
            for (int i = 0; i < IDLE; i++) {
                idle.add(SocketChannel.open(address(node)));
                ping(idle.getLast());
            }
            work(node);
            try (var wire = Wire.to(node)) {
                assertThat(wire.ask("INFO", "clients")).contains("connected_clients:" + (IDLE + 1));
            }
            for (var connection : idle) {
                ping(connection);
            }
        } finally {
            for (var connection : idle) {
                connection.close();
            }
        }
    }

    private static long mostFiles() {
        var system = ManagementFactory.getOperatingSystemMXBean();
        return system instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }

    private static InetSocketAddress address(Node node) {
        return new InetSocketAddress(node.endpoint().address(), node.endpoint().port());
    }

    private static void ping(SocketChannel connection) throws IOException {
        connection.write(ByteBuffer.wrap("PING\r\n".getBytes(US_ASCII)));
        var reply = ByteBuffer.allocate("+PONG\r\n".length());
        while (reply.hasRemaining() && connection.read(reply) >= 0) {
            // the rest comes
        }
        assertThat(new String(reply.array(), US_ASCII)).isEqualTo("+PONG\r\n");
    }

    private static void work(Node node) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var clients = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < ACTIVE; i++) {
                String key = "k" + i;
                clients.add(() -> write(node, key));
            }
            assertThat(Waiting.resultsOf("clients to end", threads, clients))
                    .hasSize(ACTIVE)
                    .allMatch(rounds -> rounds == ROUNDS);
        }
    }

    private static int write(Node node, String key) throws IOException {
        try (var wire = Wire.to(node)) {
            for (int round = 0; round < ROUNDS; round++) {
                String value = "v" + round;
                wire.sendAll(List.of(List.of("SET", key, value), List.of("GET", key)));
                assertThat(wire.read()).isEqualTo("OK");
                assertThat(wire.read()).isEqualTo(value);
                Movement.noted();
            }
        }
        return ROUNDS;
    }
}
