package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Attacks by other users of the machine on what is between a server and its engines.
@Timeout(180)
class EngineAttacksIT {
    private static final Path SOCKETS = Path.of("/proc/net/tcp");
    private static final int STRANGERS = 200;

    @TempDir Path directory;

    @Test
    void strangersAtAFeedsPortAreClosedAndNobodyNoticesAnything() throws Exception {
        try (var server = TestServer.start(directory)) {
            var nodes =
                    server.api()
                            .create("demo", 1, 1, 0, server.endpointPort())
                            .shards()
                            .getFirst()
                            .nodes();
            var replica = engines(directory, nodes.get(1)).getFirst();
            int port = feedPort(replica);
            try (var bystander = Bystander.of(server.api(), "victim");
                    var writer = Wire.to(nodes.get(0))) {
                var strangers = new ArrayList<Socket>();
                for (int i = 0; i < STRANGERS; i++) {
                    strangers.add(new Socket(InetAddress.getLoopbackAddress(), port));
                }
                assertThat(said(port, "PSYNC ? -1\r\n")).startsWith("-NOAUTH");
                assertThat(said(port, "AUTH feed wrong\r\n")).startsWith("-");
                assertThat(writer.ask("SET", "k", "v")).isEqualTo("OK");
                await("the replica follows", () -> readOnly(nodes.get(1), "k").equals("v"));
                for (var stranger : strangers) {
                    assertThat(stranger.getInputStream().read()).as("it is closed").isEqualTo(-1);
                    stranger.close();
                }
                assertThat(feedPort(replica)).as("the same link").isEqualTo(port);
                bystander.assertNoticedNothing();
            }
            assertThat(server.api().messages()).doesNotContain("Failover");
        }
    }

    @Test
    void enginesEndWithTheirServerHoweverItEnds() throws Exception {
        var ports = FreePorts.next(30);
        try (var server = ServerProcess.launch(directory, ports.first(), behind(ports))) {
            try (var api = new Api(server.awaitReady())) {
                api.create("demo", 2, 1, 0, ports.last());
            }
            var engines = server.engines();
            assertThat(engines).hasSize(4);
            server.kill();
            await("no engine is left", () -> engines.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    /// An engine whose server was killed connects to its feed's port again and again, and would
    /// obey whoever answers. So that there is time to try, what would end the engines is stopped.
    @Test
    void nobodyGetsThePortOfAFeedAsLongAsItsEngineLives() throws Exception {
        assumeTrue(Files.isReadable(SOCKETS), "only Linux tells who holds a port; skipped");
        var ports = FreePorts.next(30);
        try (var server = ServerProcess.launch(directory, ports.first(), behind(ports))) {
            Node replica;
            try (var api = new Api(server.awaitReady())) {
                replica =
                        api.create("demo", 1, 1, 0, ports.last())
                                .shards()
                                .getFirst()
                                .nodes()
                                .get(1);
            }
            var engine = engines(directory, replica).getFirst();
            int port = feedPort(engine);
            var guard = guard();
            signal(guard, "-STOP");
            try {
                signal(engine, "-STOP"); // what it has said is read before the server is killed
                await("the feed has read everything", () -> nothingUnread(port));
                server.kill();
                signal(engine, "-CONT");
                var log = directory.resolve(argument(engine, "--dir")).resolve("engine.log");
                long before = attempts(log);
                await(
                        "the engine has tried again",
                        () -> {
                            assertThat(canBind(port)).as("the feed's port").isFalse();
                            return attempts(log) >= before + 2;
                        });
            } finally {
                signal(guard, "-CONT");
            }
            await("the engine has ended", () -> !engine.isAlive());
            await("so has what ended it", () -> !guard.isAlive());
        }
    }

    private static PortRange behind(PortRange ports) {
        return new PortRange(ports.first() + 1, ports.last() - 1);
    }

    private static boolean canBind(int port) {
        try (var impostor = new ServerSocket()) {
            impostor.setReuseAddress(true);
            impostor.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (BindException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long attempts(Path log) {
        try (var lines = Files.lines(log)) {
            return lines.filter(line ->
                            line.contains("Connecting to MASTER")
                                    || line.contains("Connecting to PRIMARY")
                                    || line.contains("Reconnecting to MASTER")
                                    || line.contains("Reconnecting to PRIMARY"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether the connections of a local port have no byte that waits to be read.
    private static boolean nothingUnread(int port) {
        try {
            var local = ":%04X".formatted(port);
            return Files.readAllLines(SOCKETS).stream()
                    .map(line -> line.trim().split("\\s+", -1))
                    .filter(fields -> fields.length > 4 && fields[1].endsWith(local))
                    .filter(fields -> fields[3].equals("01")) // established
                    .allMatch(fields -> fields[4].endsWith(":00000000"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String said(int port, String request) throws IOException {
        try (var stranger = new Socket(InetAddress.getLoopbackAddress(), port)) {
            var words = request.trim().split(" ", -1);
            var frame = new StringBuilder("*" + words.length + "\r\n");
            for (var word : words) {
                frame.append("$").append(word.length()).append("\r\n").append(word).append("\r\n");
            }
            stranger.getOutputStream().write(frame.toString().getBytes(US_ASCII));
            var reply = new byte[256];
            int length = stranger.getInputStream().read(reply);
            return new String(reply, 0, Math.max(0, length), US_ASCII);
        }
    }

    private static String readOnly(Node node, String key) {
        try (var wire = Wire.to(node)) {
            wire.ask("READONLY");
            return wire.ask("GET", key);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }

    private static int feedPort(ProcessHandle engine) throws IOException {
        try (var wire = UnixWire.to(Path.of(argument(engine, "--unixsocket")))) {
            return wire.ask("INFO", "replication")
                    .lines()
                    .filter(line -> line.startsWith("master_port:"))
                    .map(line -> Integer.parseInt(line.substring("master_port:".length()).trim()))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static List<ProcessHandle> engines(Path data, Node node) {
        return ProcessHandle.allProcesses()
                .filter(each -> argument(each, "--dir").startsWith(data.toString()))
                .filter(each -> argument(each, "--dir").endsWith("/engine-" + node.name()))
                .toList();
    }

    /// The process beside the server that ends its engines when it is gone.
    private ProcessHandle guard() {
        return ProcessHandle.allProcesses()
                .filter(each -> argument(each, "keepsake-guard").startsWith(directory.toString()))
                .findFirst()
                .orElseThrow();
    }

    private static String argument(ProcessHandle process, String option) {
        var all = Arrays.asList(process.info().arguments().orElseGet(() -> new String[0]));
        int at = all.indexOf(option);
        return at >= 0 && at + 1 < all.size() ? all.get(at + 1) : "";
    }

    private static void signal(ProcessHandle process, String signal) throws Exception {
        new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
    }
}
