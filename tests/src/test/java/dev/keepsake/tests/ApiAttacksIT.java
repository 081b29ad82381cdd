package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What somebody can do to the API who reaches its port and has no key: nothing that anybody else
/// notices, neither callers of the API nor the clients of a cluster. On a server with the memory
/// that the launcher gives it.
class ApiAttacksIT {
    private static final int READ_WITHIN_MS = 60_000;
    private static final int MIB = 1 << 20;

    @TempDir private static Path directory;
    private static @Nullable ServerProcess server;
    private static @Nullable Api api;
    private static URI endpoint = URI.create("http://127.0.0.1");

    private final List<Socket> attackers = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        server = ServerProcess.launch(directory, 0, PortRange.ANY, "--allow-reset");
        endpoint = server.awaitReady();
        api = new Api(endpoint);
        api.create("victim", 1, 1, Map.of());
    }

    @AfterAll
    static void stop() {
        if (api != null) {
            api.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @AfterEach
    void close() throws IOException {
        for (var attacker : attackers) {
            attacker.close();
        }
    }

    private static ServerProcess server() {
        if (server == null) {
            throw new AssertionError("it has not started");
        }
        return server;
    }

    private static Api api() {
        if (api == null) {
            throw new AssertionError("it has not started");
        }
        return api;
    }

    private interface Attack {
        void run() throws Exception;
    }

    /// The API answers others while the attack lasts, and after it.
    private static void withstands(Attack attack) throws Exception {
        try (var bystander = Bystander.of(api(), "victim")) {
            attack.run();
            assertThat(api().describe("victim").status()).isEqualTo("available");
            bystander.assertNoticedNothing();
        }
        assertThat(server().errors()).doesNotContain(" ERROR ", "OutOfMemory");
    }

    private static Socket connect(URI to) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), to.getPort());
        socket.setSoTimeout(READ_WITHIN_MS);
        return socket;
    }

    /// Sends what the server need not take, and keeps the connection.
    private void attack(URI to, byte[]... parts) throws IOException {
        var socket = connect(to);
        attackers.add(socket);
        try {
            for (var part : parts) {
                socket.getOutputStream().write(part);
            }
        } catch (IOException _) {
            return; // it has been closed meanwhile, as it may be
        }
    }

    private static byte[] head(String headers, int bodyBytes) {
        return """
        POST / HTTP/1.1\r
        Host: localhost\r
        Content-Type: application/x-amz-json-1.1\r
        X-Amz-Target: AmazonMemoryDB.DescribeClusters\r
        Content-Length: %d\r
        %s\r
        """
                .formatted(bodyBytes, headers)
                .getBytes(US_ASCII);
    }

    @Test
    void unfinishedBodiesOfAMebibyteEach() throws Exception {
        var nearlyAll = " ".repeat(MIB - 1).getBytes(US_ASCII);
        withstands(() -> {
            for (int i = 0; i < 400; i++) {
                attack(endpoint, head("", MIB), nearlyAll);
            }
        });
    }

    @Test
    void unfinishedHeads() throws Exception {
        var begun = "GET / HTTP/1.1\r\nHost: localhost\r\n".getBytes(US_ASCII);
        var headers = "a:\r\n".repeat(3_000).getBytes(US_ASCII);
        withstands(() -> {
            for (int i = 0; i < 2_000; i++) {
                attack(endpoint, begun, headers);
                if (attackers.size() > 1_500) { // as a process may have only so many files
                    attackers.removeFirst().close();
                }
            }
        });
    }

    @Test
    void requestsByTheThousandWhoseAnswersNobodyReads() throws Exception {
        var health = "GET /_keepsake/health HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(500);
        withstands(() -> {
            for (int i = 0; i < 300; i++) {
                attack(endpoint, health.getBytes(US_ASCII));
            }
        });
    }

    @Test
    void bodiesOfManySmallValues() throws Exception {
        var values = ("{\"a\":[" + "{},".repeat(MIB / 3 - 10) + "0]}").getBytes(US_ASCII);
        withstands(() -> {
            for (int i = 0; i < 100; i++) {
                attack(endpoint, head("", values.length), values);
            }
            try (var socket = connect(endpoint)) {
                socket.getOutputStream().write(head("", values.length));
                socket.getOutputStream().write(values);
                assertThat(statusLine(socket)).startsWith("HTTP/1.1 400");
            }
        });
    }

    /// Without a key not even the memory for a body is to be had: it is refused by its head.
    @Test
    void unsignedBodiesWhereSignaturesAreVerified() throws Exception {
        var keys = directory.resolve("keys");
        Files.writeString(keys, "[a]\naws_access_key_id=k\naws_secret_access_key=s\n");
        try (var verifying =
                ServerProcess.launch(
                        directory.resolve("verifying"),
                        0,
                        PortRange.ANY,
                        "--credentials",
                        keys.toString())) {
            var to = verifying.awaitReady();
            for (int i = 0; i < 250; i++) {
                attack(to, head("", MIB), new byte[MIB - 1]);
            }
            for (String authorization :
                    List.of(
                            "",
                            "Authorization: nonsense\r\n",
                            "Authorization: AWS4-HMAC-SHA256 Credential=other/20210817/us-east-1/memorydb/aws4_request, SignedHeaders=host, Signature=%s\r\n"
                                    .formatted("0".repeat(64)))) {
                try (var socket = connect(to)) {
                    socket.getOutputStream().write(head(authorization, MIB));
                    assertThat(statusLine(socket)).as(authorization).startsWith("HTTP/1.1 403");
                }
            }
            try (var signing = new Api(to)) {
                assertThat(signing.client().describeClusters(request -> {}).clusters()).isEmpty();
            }
            assertThat(verifying.errors()).doesNotContain(" ERROR ", "OutOfMemory");
        }
    }

    @Test
    void clientsThatGoAwayAreNoErrors() throws Exception {
        withstands(() -> {
            for (int i = 0; i < 100; i++) {
                var socket = connect(endpoint);
                socket.setSoLinger(true, 0); // a reset
                socket.getOutputStream().write(head("", 1_000));
                socket.close();
            }
        });
        assertThat(server().errors().toLowerCase(Locale.ROOT)).doesNotContain("connection reset");
    }

    // ---- what a web page could send

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: evil.example:PORT",
                "Host: localhost:PORT\r\nOrigin: https://evil.example",
                "Host: localhost:PORT\r\nOrigin: null",
                "Host: 127.0.0.1:PORT\r\nSec-Fetch-Site: cross-site",
                "Host: 127.0.0.1:PORT\r\nSec-Fetch-Site: same-site"
            })
    void aWebPageOfAnotherSiteIsRefusedEverywhere(String headers) throws Exception {
        var own = headers.replace("PORT", "" + endpoint.getPort());
        for (String first :
                List.of(
                        "POST / HTTP/1.1\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: AmazonMemoryDB.DescribeClusters",
                        "POST /_keepsake/reset HTTP/1.1\r\nContent-Type: application/json",
                        "GET /_keepsake/ca.pem HTTP/1.1",
                        "GET /_keepsake/health HTTP/1.1")) {
            assertThat(status(first, own)).as(first).isEqualTo(403);
        }
        assertThat(api().describe("victim").status()).isEqualTo("available");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "text/plain",
                "text/plain; application/json",
                ""
            })
    void aFormResetsNothing(String contentType) throws Exception {
        var type = contentType.isEmpty() ? "" : "\r\nContent-Type: " + contentType;
        assertThat(status("POST /_keepsake/reset HTTP/1.1" + type, "Host: localhost"))
                .isEqualTo(403);
        assertThat(api().describe("victim").status()).isEqualTo("available");
    }

    @Test
    void itsOwnPagesAndProgramsAreServed() throws Exception {
        String host = "localhost:" + endpoint.getPort();
        assertThat(
                        status(
                                "GET /_keepsake/health HTTP/1.1",
                                "Host: %s\r\nOrigin: http://%s\r\nSec-Fetch-Site: same-origin"
                                        .formatted(host, host)))
                .isEqualTo(200);
        assertThat(status("GET /_keepsake/health HTTP/1.0", "X: y")).isEqualTo(200);
    }

    /// Sends a request without a body as the last one.
    ///
    /// @return the status, once the server has closed the connection
    private static int status(String first, String headers) throws IOException {
        try (var socket = connect(endpoint)) {
            socket.getOutputStream()
                    .write(
                            "%s\r\n%s\r\nConnection: close\r\n\r\n"
                                    .formatted(first, headers)
                                    .getBytes(US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
            return Integer.parseInt(answer.substring(9, 12));
        }
    }

    private static String statusLine(Socket socket) throws IOException {
        var line = new StringBuilder();
        for (int b = socket.getInputStream().read();
                b >= 0 && b != '\n';
                b = socket.getInputStream().read()) {
            line.append((char) b);
        }
        return line.toString();
    }
}
