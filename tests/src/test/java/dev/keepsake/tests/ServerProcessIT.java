package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.keepsake.engine.Transport;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.memorydb.model.InputAuthenticationType;
import software.amazon.awssdk.services.memorydb.model.Node;
import tools.jackson.databind.json.JsonMapper;

/// The server as a process: how it starts, stops, and comes back after it was killed.
class ServerProcessIT {
    private static final int STOPPED_BY_SIGTERM = 143;
    private static final int USAGE = 2;
    private static final String PASSWORD = "TopSecretPassword99";

    @TempDir Path directory;
    private final PortRange ports = FreePorts.next(30);
    private final PortRange nodePorts = new PortRange(ports.first(), ports.last() - 1);

    @Test
    void afterSigkillTheNextStartEndsTheOrphansAndBringsEverythingBack() throws Exception {
        try (var server = launch()) {
            Node promoted;
            try (var api = new Api(server.awaitReady())) {
                var cluster = api.create("demo", 1, 1, 0, ports.last());
                api.failOver("demo", "0001");
                promoted = cluster.shards().getFirst().nodes().get(1);
                try (var wire = Wire.to(promoted)) {
                    for (int i = 0; i < 1_000; i++) {
                        wire.send("RPUSH", "list", "" + i);
                    }
                    for (int i = 0; i < 1_000; i++) {
                        assertThat(wire.read()).isEqualTo("" + (i + 1));
                    }
                }
                var before = api.describe("demo");
                var orphans = server.engines();
                assertThat(orphans).hasSize(2);
                server.kill();

                try (var next = launch();
                        var nextApi = new Api(next.awaitReady())) {
                    assertThat(nextApi.describe("demo")).isEqualTo(before);
                    // A killed process counts as alive until init has taken note of its end.
                    await(
                            "the orphans are gone",
                            () -> orphans.stream().noneMatch(ProcessHandle::isAlive));
                    await("data is back", () -> answers(promoted, "LLEN", "list").equals("1000"));
                    assertThat(answers(promoted, "LINDEX", "list", "-1")).isEqualTo("999");
                    assertThat(answers(promoted, "ROLE")).startsWith("[master");
                    next.terminate();
                    assertThat(next.awaitEnd()).isEqualTo(STOPPED_BY_SIGTERM);
                    assertThat(next.engines()).isEmpty();
                }
            }
        }
    }

    @Test
    void sigtermStopsEverythingAndLeavesNothingBehind() throws Exception {
        try (var server = launch()) {
            try (var api = new Api(server.awaitReady())) {
                api.create("demo", 2, 1, 0, ports.last());
            }
            var engines = server.engines();
            assertThat(engines).hasSize(4);
            server.terminate();
            assertThat(server.awaitEnd()).isEqualTo(STOPPED_BY_SIGTERM);
            await("no engine is left", () -> engines.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void theEndOfStandardInputStopsEverythingIfThatIsWanted() throws Exception {
        try (var server = ServerProcess.launch(directory, nodePorts, "--end-with-stdin")) {
            try (var api = new Api(server.awaitReady())) {
                api.create("demo", 1, 1, 0, ports.last());
            }
            var engines = server.engines();
            assertThat(engines).hasSize(2);
            server.endInput();
            assertThat(server.awaitEnd()).isZero();
            await("no engine is left", () -> engines.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void aReadyServerIsHealthy() throws Exception {
        try (var server = launch();
                var http = HttpClient.newHttpClient()) {
            URI health = server.awaitReady().resolve("/_keepsake/health");
            var answer =
                    http.send(
                            HttpRequest.newBuilder(health).build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"status\":\"ok\"}");
        }
    }

    @Test
    void aBusyPortAndASecondServerOnTheSameDataAreRefusedInOneLine() throws Exception {
        try (var server = launch()) {
            int port = server.awaitReady().getPort();
            try (var sameData = ServerProcess.launch(directory, nodePorts)) {
                assertRefused(sameData, directory.toString(), "in use by another server");
            }
            try (var samePort = ServerProcess.launch(directory.resolve("other"), port, nodePorts)) {
                assertRefused(samePort, Integer.toString(port), "--api-port");
            }
        }
    }

    @Test
    void portsThatNobodyChoseAreToldAndNodesKeepThemOverAKill() throws Exception {
        var told = directory.resolve("ready.json");
        var json = JsonMapper.builder().build();
        try (var server =
                ServerProcess.launch(
                        directory, 0, PortRange.ANY, "--ready-file", told.toString())) {
            var endpoint = server.awaitReady();
            assertThat(endpoint.getPort()).isPositive();
            var ready = json.readTree(told.toFile());
            assertThat(ready.path("endpoint").asString()).isEqualTo(endpoint.toString());
            assertThat(ready.path("port").intValue()).isEqualTo(endpoint.getPort());
            assertThat(Path.of(ready.path("ca").stringValue())).exists();
            assertThat(ProcessHandle.of(ready.path("pid").longValue())).isPresent();
            try (var api = new Api(endpoint)) {
                api.create("demo", 1, 1, Map.of());
                api.client()
                        .createUser(request ->
                                request.userName("app")
                                        .accessString("on ~* +@all")
                                        .authenticationMode(
                                                mode -> mode.type(InputAuthenticationType.IAM)));
                await(
                        "the log warns of tokens that anybody may sign",
                        () -> server.errors().contains("user=app users log in by IAM"));
                var before = api.describe("demo");
                server.kill();
                try (var next =
                                ServerProcess.launch(
                                        directory,
                                        0,
                                        PortRange.ANY,
                                        "--ready-file",
                                        told.toString());
                        var nextApi = new Api(next.awaitReady())) {
                    assertThat(nextApi.describe("demo")).isEqualTo(before);
                    await("it warns again", () -> next.errors().contains("users log in by IAM"));
                    var primary = before.shards().getFirst().nodes().getFirst();
                    await("it serves", () -> answers(primary, "SET", "k", "v").equals("OK"));
                    next.terminate();
                    assertThat(next.awaitEnd()).isEqualTo(STOPPED_BY_SIGTERM);
                    assertThat(told).doesNotExist();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.Kind.class)
    void everyTransportServesThroughAFailover(Transport.Kind kind) throws Exception {
        assumeThat(kind.isAvailable()).as("%s is not there", kind).isTrue();
        try (var server = ServerProcess.launch(directory, nodePorts, "--transport", kind.name());
                var api = new Api(server.awaitReady())) {
            var nodes = api.create("demo", 1, 1, 0, ports.last()).shards().getFirst().nodes();
            // On a machine that stands still for a while the lease may go from node to node.
            var tries = new AtomicInteger();
            await(
                    "a primary serves pipelines and who waits",
                    () -> servesPipelinesAndWhoWaits(nodes, "list" + tries.incrementAndGet()));
            String list = "list" + tries.get();
            api.failOver("demo", "0001");
            assertLedSomewhere(nodes, "1000", "LLEN", list);
            assertLedSomewhere(nodes, "x".repeat(999), "LINDEX", list, "-1");
        }
    }

    private static boolean servesPipelinesAndWhoWaits(List<Node> nodes, String list) {
        var primary =
                nodes.stream()
                        .filter(node -> answers(node, "ROLE").startsWith("[master"))
                        .findFirst();
        if (primary.isEmpty()) {
            return false;
        }
        String queue = "queue-" + list;
        try (var wire = Wire.to(primary.get());
                var waiting = Wire.to(primary.get())) {
            waiting.send("BLPOP", queue, "0");
            for (int i = 0; i < 1_000; i++) {
                wire.send("RPUSH", list, "x".repeat(i));
            }
            for (int i = 0; i < 1_000; i++) {
                String reply = wire.read();
                if (reply.startsWith("-MOVED")) {
                    return false;
                }
                assertThat(reply).isEqualTo("" + (i + 1));
            }
            String pushed = wire.ask("RPUSH", queue, "job");
            String popped = waiting.read();
            if (pushed.startsWith("-MOVED") || popped.startsWith("-")) {
                return false;
            }
            assertThat(pushed).isEqualTo("1");
            assertThat(popped).isEqualTo("[" + queue + " job]");
            return true;
        } catch (IOException reset) {
            return false; // it is no primary any more
        }
    }

    private static void assertLedSomewhere(List<Node> nodes, String answer, String... command) {
        await(
                "the primary answers " + String.join(" ", command),
                () -> nodes.stream().anyMatch(node -> answers(node, command).equals(answer)));
    }

    @Test
    void withoutNativeLibrariesTheJdkDoesTheWork() throws Exception {
        try (var server = ServerProcess.launchWithoutNatives(directory, nodePorts)) {
            var endpoint = server.awaitReady();
            var trust = Trust.in(endpoint);
            Node primary;
            try (var api = new Api(endpoint)) {
                var cluster = api.createWithTls("demo", 1, 1, ports.last());
                primary = cluster.shards().getFirst().nodes().getFirst();
            }
            for (String version : List.of("TLSv1.2", "TLSv1.3")) {
                try (var wire = Wire.to(primary, trust.speakingOnly(version))) {
                    assertThat(wire.ask("SET", "k", version)).isEqualTo("OK");
                    assertThat(wire.ask("GET", "k")).isEqualTo(version);
                }
            }
            assertThat(server.errors()).contains("nodes speak TLS by JDK", "transport=nio");
            sendPasswordWithoutTls(primary);
            await("the log tells of it", () -> server.errors().contains("not an SSL/TLS record"));
            assertThat(server.errors().toLowerCase(Locale.ROOT))
                    .doesNotContain(PASSWORD.toLowerCase(Locale.ROOT), hex(PASSWORD));
        }
    }

    private static void sendPasswordWithoutTls(Node node) throws IOException {
        try (var plain = Wire.to(node)) {
            plain.send("AUTH", "app", PASSWORD);
            assertThatThrownBy(plain::read).isInstanceOf(IOException.class);
        }
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(UTF_8));
    }

    @Test
    void anUnknownTransportIsRefusedInOneLine() throws Exception {
        try (var server = ServerProcess.launch(directory, nodePorts, "--transport", "iocp")) {
            assertRefused(server, "--transport is iocp", "io_uring");
        }
    }

    private static void assertRefused(ServerProcess refused, String... named) throws Exception {
        assertThat(refused.firstLine()).isNull();
        assertThat(refused.awaitEnd()).as(refused.errors()).isEqualTo(USAGE);
        assertThat(refused.errors().lines())
                .filteredOn(line -> line.startsWith("keepsake: "))
                .singleElement()
                .satisfies(line -> assertThat(line).contains(named));
        assertThat(refused.errors()).doesNotContain(" ERROR ", "Exception");
    }

    private ServerProcess launch() throws IOException {
        return ServerProcess.launch(directory, nodePorts);
    }

    private static String answers(Node node, String... command) {
        try (var wire = Wire.to(node)) {
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }
}
