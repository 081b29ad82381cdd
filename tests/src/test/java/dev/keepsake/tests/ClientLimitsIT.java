package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepsake.front.ClientLimits;
import dev.keepsake.front.FrontOptions;
import dev.keepsake.resp.ProtocolLimits;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterValueException;
import software.amazon.awssdk.services.memorydb.model.ParameterNameValue;

/// Clients that a node closes: idle ones, and those who do not read what they are sent.
class ClientLimitsIT {
    private static final ClientLimits.Output ANY = new ClientLimits.Output(0, 0, 0);
    private static final int VALUE_BYTES = 1 << 20;
    private static final int UNREAD = 60; // more than both sockets hold

    @TempDir Path directory;

    @Test
    void anIdleClientIsClosedAndOneThatHasAReasonToBeQuietIsNot() throws Exception {
        try (var node = ServedNode.startDurable(directory)) {
            var idle = Wire.to(node.address());
            var blocked = Wire.to(node.address());
            var listening = Wire.to(node.address());
            var watching = Wire.to(node.address());
            try (idle;
                    blocked;
                    listening;
                    watching) {
                assertThat(idle.ask("PING")).isEqualTo("PONG");
                blocked.send("BLPOP", "queue", "0");
                listening.ask("SUBSCRIBE", "channel");
                assertThat(watching.ask("MONITOR")).isEqualTo("OK");
                node.front()
                        .limitClients(
                                new ClientLimits(TimeUnit.MILLISECONDS.toNanos(300), ANY, ANY, 0));
                expectEnd(idle);
                try (var later = Wire.to(node.address())) {
                    expectEnd(later); // by when all others have been quiet for longer
                }
                try (var other = Wire.to(node.address())) {
                    assertThat(other.ask("PUBLISH", "channel", "news")).isEqualTo("1");
                    assertThat(other.ask("RPUSH", "queue", "job")).isEqualTo("1");
                }
                assertThat(blocked.read()).contains("job");
                assertThat(listening.read()).contains("news");
                assertThat(watching.read()).contains("PUBLISH");
            }
        }
    }

    @Test
    void aClientThatLeavesTooMuchUnreadIsResetAndOthersAreNot() throws Exception {
        try (var node = ServedNode.startDurable(directory)) {
            try (var writer = Wire.to(node.address())) {
                writer.ask("SET", "k", "v".repeat(VALUE_BYTES));
            }
            try (var patient = Wire.to(node.address())) {
                ask(patient);
                drain(patient); // nothing limits it
            }
            node.front()
                    .limitClients(
                            new ClientLimits(0, new ClientLimits.Output(8L << 20, 0, 0), ANY, 0));
            expectReset(node);
            node.front()
                    .limitClients(
                            new ClientLimits(
                                    0,
                                    new ClientLimits.Output(
                                            0, 8L << 20, TimeUnit.MILLISECONDS.toNanos(200)),
                                    ANY,
                                    0));
            expectReset(node);
            try (var reader = Wire.to(node.address())) {
                assertThat(reader.ask("GET", "k")).hasSize(VALUE_BYTES);
            }
        }
    }

    /// What is pushed cannot wait until it is read, as replies do, so there is a bound whatever the
    /// parameters say.
    @Test
    void aSubscriberThatDoesNotReadIsCutAndCostsNoMoreThanItsBound() throws Exception {
        var limits = new ProtocolLimits(1024, 1024, VALUE_BYTES);
        int boundBytes = FrontOptions.maxOutputBytes(limits);
        var options = FrontOptions.of(limits, 10, 8L << 20, boundBytes, 2L * boundBytes);
        try (var node = ServedNode.start(directory, options);
                var lazy = Wire.to(node.address());
                var publisher = Wire.to(node.address())) {
            node.front().onDurable(Long.MAX_VALUE);
            node.front().limitClients(new ClientLimits(0, ANY, ANY, 0));
            lazy.ask("SUBSCRIBE", "news");
            String message = "v".repeat(VALUE_BYTES);
            long published = 0;
            while (published < 400 && publisher.ask("PUBLISH", "news", message).equals("1")) {
                published++;
            }
            // What is beyond it is in the buffers of the sockets.
            long boundMb = boundBytes >> 20;
            assertThat(published).isBetween(boundMb, boundMb + 40);
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> {
                        for (int i = 0; i < 400; i++) {
                            lazy.read();
                        }
                    });
            assertThat(publisher.ask("PING")).isEqualTo("PONG");
        }
    }

    /// CLIENT NO-EVICT spares nobody for others who leave much less.
    @Test
    void whoIsNotToBeEvictedIsResetWhenAllSuchClientsLeaveTooMuchTogether() throws Exception {
        var limits = new ProtocolLimits(1024, 1024, VALUE_BYTES);
        int boundBytes = FrontOptions.maxOutputBytes(limits);
        var options = FrontOptions.of(limits, 20, 8L << 20, boundBytes, boundBytes);
        var lazy = new ArrayList<Wire>();
        try (var node = ServedNode.start(directory, options);
                var other = Wire.to(node.address())) {
            node.front().onDurable(Long.MAX_VALUE);
            other.ask("SET", "k", "v".repeat(VALUE_BYTES / 2));
            for (int i = 0; i < 4; i++) {
                var wire = Wire.to(node.address());
                lazy.add(wire);
                assertThat(wire.ask("CLIENT", "NO-EVICT", "ON")).isEqualTo("OK");
                int replies = boundBytes / VALUE_BYTES;
                wire.sendAll(Collections.nCopies(replies, List.of("GET", "k")));
            }
            await("one is reset", () -> lazy.stream().anyMatch(ClientLimitsIT::isReset));
            assertThat(other.ask("PING")).isEqualTo("PONG");
        } finally {
            lazy.forEach(Wire::close);
        }
    }

    private static boolean isReset(Wire wire) {
        try {
            wire.sendRaw("\r\n");
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    private static void expectReset(ServedNode node) throws IOException {
        try (var lazy = Wire.to(node.address());
                var other = Wire.to(node.address())) {
            ask(lazy);
            await("only the others are left", () -> clients(other) == 1);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> drain(lazy));
        }
    }

    private static void ask(Wire wire) throws IOException {
        for (int i = 0; i < UNREAD; i++) {
            wire.send("GET", "k");
        }
    }

    private static void drain(Wire wire) throws IOException {
        for (int i = 0; i < UNREAD; i++) {
            assertThat(wire.read()).hasSize(VALUE_BYTES);
        }
    }

    private static long clients(Wire wire) {
        try {
            return wire.ask("CLIENT", "LIST").lines().filter(line -> !line.isBlank()).count();
        } catch (IOException e) {
            throw new AssertionError("the client that reads is gone", e);
        }
    }

    private static void expectEnd(Wire wire) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(wire::read)
                .isNotInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void aParameterGroupLimitsTheClientsOfARunningCluster() throws Exception {
        try (var server = TestServer.start(directory)) {
            var api = server.api().client();
            api.createParameterGroup(
                    request -> request.parameterGroupName("mine").family("memorydb_redis7"));
            server.api().create("demo", 1, 0, 0, server.endpointPort());
            api.updateCluster(request -> request.clusterName("demo").parameterGroupName("mine"));
            await("it has the group", () -> isInSync(server));
            var node = server.api().node("demo", 0, 0);
            try (var writer = Wire.to(node);
                    var lazy = Wire.to(node)) {
                writer.ask("SET", "k", "v".repeat(VALUE_BYTES));
                ask(lazy);
                drain(lazy);
                set(server, "client-output-buffer-limit-normal-hard-limit", "8388608");
                await("it is applied", () -> isInSync(server));
                ask(lazy);
                await("it is reset", () -> clients(writer) == 1);
                assertThatExceptionOfType(IOException.class).isThrownBy(() -> drain(lazy));
            }
            for (String name : new String[] {"activedefrag", "search-enabled"}) {
                assertThatExceptionOfType(InvalidParameterValueException.class)
                        .isThrownBy(() -> set(server, name, "yes"))
                        .withMessageContaining(name + " cannot be changed");
            }
        }
    }

    private static void set(TestServer server, String name, String value) {
        var pair = ParameterNameValue.builder().parameterName(name).parameterValue(value).build();
        server.api()
                .client()
                .updateParameterGroup(
                        request -> request.parameterGroupName("mine").parameterNameValues(pair));
    }

    private static boolean isInSync(TestServer server) {
        var cluster = server.api().describe("demo");
        return cluster.status().equals("available")
                && cluster.parameterGroupName().equals("mine")
                && cluster.parameterGroupStatus().equals("in-sync");
    }
}
