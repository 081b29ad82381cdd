package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.aws.CanonicalRequest;
import dev.keepsake.aws.SignatureV4;
import dev.keepsake.control.ClusterId;
import dev.keepsake.control.LiveState;
import dev.keepsake.control.LiveState.Phase;
import dev.keepsake.core.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The console's files and its stream, as a browser asks for them.
class ConsoleTest {
    private static final int READ_WITHIN_MS = 60_000;
    private static final Pattern REFERENCE =
            Pattern.compile("(?:from |import |href=|src=)['\"](?:\\./)?([\\w.]+)['\"]");

    private final RunningApi api = new RunningApi();
    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void close() throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
        api.close();
    }

    private HttpRequest.Builder get(String path) {
        return HttpRequest.newBuilder(api.uri(path)).timeout(Duration.ofMinutes(2));
    }

    private String text(String file) {
        return api.sendRaw(get("/_keepsake/" + file)).body();
    }

    // ---- files

    static List<String> files() {
        return ConsoleFiles.NAMES;
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileIsServedWithTheRulesOfThePage(String name) {
        var answer = api.sendRaw(get("/_keepsake/" + name));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isNotBlank();
        var headers = answer.headers();
        assertThat(headers.firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'; script-src 'self';")
                .contains("connect-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe", "http:", "https:", "data:", "*");
        assertThat(headers.firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(headers.firstValue("Content-Type").orElseThrow())
                .matches("(text/(html|css|javascript); charset=utf-8|image/svg\\+xml)");
        assertThat(headers.map()).doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void thePageIsOpenedFromTheAddressBar() {
        var answer =
                api.sendRaw(
                        get("/_keepsake/")
                                .header("Sec-Fetch-Site", "none")
                                .header("Sec-Fetch-Mode", "navigate")
                                .header("Sec-Fetch-Dest", "document"));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).startsWith("<!doctype html>").isEqualTo(text("index.html"));
    }

    @Test
    void whoOpensTheServerItselfIsLedToThePage() {
        for (String path : new String[] {"/", "/_keepsake"}) {
            var answer = api.sendRaw(get(path).header("Sec-Fetch-Dest", "document"));
            assertThat(answer.statusCode()).isEqualTo(302);
            assertThat(answer.headers().firstValue("Location")).contains("/_keepsake/");
        }
        // A program that asks for the same gets the API's answer.
        assertThat(api.sendRaw(get("/")).statusCode()).isEqualTo(404);
        assertThat(api.sendRaw(get("/?Action=x").header("Sec-Fetch-Dest", "document")).statusCode())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Origin: http://evil.example"
            })
    void pagesOfOtherSitesGetNothing(String header) {
        var parts = header.split(": ", -1);
        for (String path : new String[] {"", "main.js", "stream"}) {
            var answer = api.sendRaw(get("/_keepsake/" + path).header(parts[0], parts[1]));
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("AccessDeniedException").doesNotContain("<html");
        }
        assertThat(api.live.looks()).isZero();
    }

    @Test
    void aNameThatWasMadeToLeadHereGetsNothing() throws IOException {
        for (String path : new String[] {"/_keepsake/", "/_keepsake/stream"}) {
            var socket = connect();
            send(
                    socket,
                    "GET %s HTTP/1.1\r\nHost: evil.example:%d\r\n\r\n".formatted(path, api.port()));
            assertThat(line(socket.getInputStream())).isEqualTo("HTTP/1.1 403 Forbidden");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/_keepsake/console.js",
                "/_keepsake/../index.html",
                "/_keepsake/%2e%2e/ApiRoutes.class",
                "/_keepsake/console/index.html",
                "/_keepsake//index.html",
                "/index.html"
            })
    void thereAreNoOtherFiles(String path) {
        assertThat(api.sendRaw(get(path)).statusCode()).isEqualTo(404);
    }

    @Test
    void theFilesAreOnlyForReading() {
        for (String method : new String[] {"POST", "PUT", "DELETE"}) {
            var request =
                    get("/_keepsake/").method(method, HttpRequest.BodyPublishers.ofString("x"));
            assertThat(api.sendRaw(request).statusCode()).isEqualTo(404);
        }
        var head =
                api.sendRaw(get("/_keepsake/").method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValueAsLong("Content-Length"))
                .hasValue(text("index.html").getBytes(UTF_8).length);
    }

    @Test
    void filesReferToEachOtherAndToNothingElse() {
        var referred = new HashSet<String>(List.of("index.html"));
        for (String name : ConsoleFiles.NAMES) {
            var reference = REFERENCE.matcher(text(name));
            while (reference.find()) {
                referred.add(reference.group(1));
            }
        }
        assertThat(referred).containsExactlyInAnyOrderElementsOf(ConsoleFiles.NAMES);
    }

    @ParameterizedTest
    @MethodSource("files")
    void noFileOfOursNamesAnotherServerOrMakesCodeOfText(String name) {
        if (name.startsWith("uPlot")) {
            return; // its policy is checked by the browser
        }
        assertThat(text(name).replace("http://www.w3.org/2000/svg", ""))
                .doesNotContain("//cdn", "https://", "@import", "eval(", "innerHTML", "style=")
                .doesNotContain("onclick=", "document.write", "<script>", "<style>")
                .doesNotContainPattern("http://(?!localhost|127\\.0\\.0\\.1)");
    }

    @ParameterizedTest
    @CsvSource({
        "uPlot.esm.js, 5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
        "uPlot.min.css, df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"
    })
    void filesOfOthersAreUnmodified(String name, String sha256) throws IOException {
        assertThat(SignatureV4.sha256Hex(text(name).getBytes(UTF_8))).isEqualTo(sha256);
        assertThat(Files.readString(Path.of("../NOTICE"))).contains(sha256);
    }

    // ---- the stream

    private Socket connect() throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(4_096); // before it connects, so that the window is small
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), api.port()));
        socket.setSoTimeout(READ_WITHIN_MS);
        sockets.add(socket);
        return socket;
    }

    private static void send(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(US_ASCII));
    }

    private static String line(InputStream in) throws IOException {
        var bytes = new ByteArrayOutputStream();
        int b = in.read();
        while (b >= 0 && b != '\n') {
            bytes.write(b);
            b = in.read();
        }
        return bytes.toString(UTF_8).stripTrailing();
    }

    /// Opens a stream, and returns the first line of the answer.
    private static String open(Socket socket, String headers) throws IOException {
        send(
                socket,
                "GET /_keepsake/stream HTTP/1.1\r\nHost: localhost\r\n%s\r\n".formatted(headers));
        return line(socket.getInputStream());
    }

    private static String openStream(Socket socket) throws IOException {
        return open(socket, "").replaceFirst("^HTTP/1.1 ", "");
    }

    private static Map<String, String> headers(Socket socket) throws IOException {
        var headers = new LinkedHashMap<String, String>();
        for (String line = line(socket.getInputStream());
                !line.isEmpty();
                line = line(socket.getInputStream())) {
            headers.put(line.replaceFirst(":.*", ""), line.replaceFirst("[^:]*: ", ""));
        }
        return headers;
    }

    @Test
    void aStreamShowsTheLiveValues() throws IOException {
        var time = Instant.ofEpochMilli(1_796_083_200_000L);
        api.live.show(new LiveState(time, List.of(), List.of(), List.of()));
        var socket = connect();
        assertThat(openStream(socket)).isEqualTo("200 OK");
        assertThat(headers(socket))
                .containsEntry("Content-Type", "text/event-stream")
                .containsEntry("Cache-Control", "no-store")
                .containsEntry("Connection", "close")
                .doesNotContainKeys("Content-Length", "Transfer-Encoding");
        for (int i = 0; i < 2; i++) {
            assertThat(line(socket.getInputStream()))
                    .startsWith("data: {\"timeMs\":1796083200000.000,\"clusters\":[]");
            assertThat(line(socket.getInputStream())).isEmpty();
        }
    }

    @Test
    void whoClosesAStreamMakesRoomForAnother() throws IOException {
        var first = connect();
        assertThat(openStream(first)).isEqualTo("200 OK");
        for (int i = 1; i < LiveStreams.STREAMS_MAX; i++) {
            assertThat(openStream(connect())).isEqualTo("200 OK");
        }
        var late = connect();
        assertThat(openStream(late)).isEqualTo("400 Bad Request");
        assertThat(headers(late)).containsEntry("x-amzn-ErrorType", "ThrottlingException");
        // Streams wait for no request, so they keep nobody else out.
        assertThat(api.sendRaw(get("/_keepsake/health")).statusCode()).isEqualTo(200);

        first.close();
        String answer;
        do { // until the server has seen it
            answer = openStream(connect());
        } while (!answer.equals("200 OK"));
    }

    @Test
    void aReaderThatDoesNotReadIsEnded() throws IOException {
        var nodes = new ArrayList<LiveState.Node>();
        for (int i = 0; i < 8_000; i++) { // 16 MB, more than the system keeps on the way
            nodes.add(new LiveState.Node("n".repeat(2_000), Phase.DOWN, false, 0, 0, i));
        }
        var shard = new LiveState.Shard("0001", null, 0, 0, 0, 0, nodes);
        var id = new ClusterId("us-east-1", "demo", "0");
        var cluster = new LiveState.Cluster(id, "available", null, List.of(shard));
        api.live.show(new LiveState(Instant.EPOCH, List.of(cluster), List.of(), List.of()));
        var slow = connect();
        openStream(slow);
        awaitLooks(2);
        api.live.show(FakeLive.NOTHING);
        openStream(connect()); // somebody for whom the server goes on to look
        api.clock.pass(Duration.ofSeconds(11));
        awaitLooks(api.live.looks() + 2);
        long read = 0;
        try {
            var chunk = new byte[1 << 16];
            for (int n = slow.getInputStream().read(chunk);
                    n >= 0;
                    n = slow.getInputStream().read(chunk)) {
                read += n;
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the stream was not ended", e);
        } catch (IOException _) {
            // the server has reset the connection
        }
        assertThat(read).isLessThan(16_000_000);
    }

    /// Waits, and so lets the server's clock go on.
    private void awaitLooks(int looks) {
        while (api.live.looks() < looks) {
            assertThat(api.sendRaw(get("/_keepsake/health")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aStreamIsAskedForWithoutABody() throws IOException {
        assertThat(open(connect(), "Content-Length: 1\r\n")).isEqualTo("HTTP/1.1 400 Bad Request");
    }

    @Test
    void nothingIsAnsweredBehindAStream() throws IOException {
        var socket = connect();
        send(
                socket,
                """
                GET /_keepsake/stream HTTP/1.1\r
                Host: localhost\r
                \r
                GET /_keepsake/health HTTP/1.1\r
                Host: localhost\r
                \r
                """);
        assertThat(line(socket.getInputStream())).isEqualTo("HTTP/1.1 200 OK");
        headers(socket);
        for (int i = 0; i < 2; i++) {
            assertThat(line(socket.getInputStream())).startsWith("data: ");
            assertThat(line(socket.getInputStream())).isEmpty();
        }
    }

    @Test
    void aStreamEndsWithTheServer() throws IOException {
        var socket = connect();
        openStream(socket);
        api.close();
        assertThat(socket.getInputStream().readAllBytes()).isNotNull(); // comes to its end
    }

    // ---- with credentials

    @Test
    void withCredentialsTheFilesAreOpenAndTheStreamIsSigned() throws IOException {
        try (var loop = new TestLoop();
                var signing =
                        ApiServer.start(
                                ApiConfig.standard("127.0.0.1", 0)
                                        .with(
                                                new ApiAccess(
                                                        Map.of("known", AccessKey.of("right")),
                                                        false)),
                                api.control,
                                accessString -> {},
                                api.live,
                                api.clock,
                                new SplittableRandom(1),
                                loop.loop(),
                                TestLoop.KIND)) {
            assertThat(first(signing.port(), "/_keepsake/", "")).isEqualTo("200 OK");
            assertThat(first(signing.port(), "/_keepsake/stream", "")).isEqualTo("403 Forbidden");
            assertThat(api.live.looks()).isZero();
            assertThat(first(signing.port(), "/_keepsake/stream", signed(signing.port(), "wrong")))
                    .isEqualTo("403 Forbidden");
            assertThat(api.live.looks()).isZero();
            assertThat(first(signing.port(), "/_keepsake/stream", signed(signing.port(), "right")))
                    .isEqualTo("200 OK");
        }
    }

    private String first(int port, String path, String headers) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(READ_WITHIN_MS);
            send(
                    socket,
                    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n"
                            .formatted(path, port, headers));
            return line(socket.getInputStream()).replaceFirst("^HTTP/1.1 ", "");
        }
    }

    private String signed(int port, String secret) {
        String time = SignatureV4.text(api.clock.now());
        String scope = time.substring(0, 8) + "/us-east-1/memorydb/aws4_request";
        var headers = new LinkedHashMap<String, String>();
        headers.put("host", "127.0.0.1:" + port);
        headers.put("x-amz-date", time);
        String canonical =
                CanonicalRequest.head("GET", "/_keepsake/stream", "", headers)
                        + SignatureV4.sha256Hex(new byte[0]);
        return "X-Amz-Date: %s\r\nAuthorization: %s Credential=known/%s, SignedHeaders=host;x-amz-date, Signature=%s\r\n"
                .formatted(
                        time,
                        SignatureV4.ALGORITHM,
                        scope,
                        SignatureV4.signatureHex(new Secret(secret), time, scope, canonical));
    }
}
