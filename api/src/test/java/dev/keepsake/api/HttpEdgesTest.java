package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is not a call of the API at all.
class HttpEdgesTest {
    private static final int READ_WITHIN_MS = 30_000;

    private final RunningApi api = new RunningApi();

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void theHealthCheckSaysThatItIsWell() {
        var answer = api.sendRaw(HttpRequest.newBuilder(api.uri("/_keepsake/health")).GET());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.body()).isEqualTo("{\"status\":\"ok\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /",
        "PUT, /",
        "DELETE, /",
        "OPTIONS, /",
        "PATCH, /",
        "GET, /favicon.ico",
        "POST, /clusters",
        "POST, /_keepsake/health",
        "GET, /_keepsake/nothing",
        "GET, /%3Cscript%3E"
    })
    void anythingElseIsAnUnknownOperation(String method, String path) {
        var answer =
                api.send(
                        HttpRequest.newBuilder(api.uri(path))
                                .method(method, BodyPublishers.noBody()));
        assertThat(answer.refused(404, "UnknownOperationException"))
                .startsWith(method + " /")
                .contains("POST / with an X-Amz-Target header");
    }

    @Test
    void aCallHasTheRootAsItsPathWhateverItsQuery() {
        var request =
                HttpRequest.newBuilder(api.uri("/?x=1"))
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .header("X-Amz-Target", "AmazonMemoryDB.DescribeClusters")
                        .POST(BodyPublishers.ofString("{}"));
        api.send(request).ok();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "POST\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
                "<html>\r\n\r\n",
                "GET /<script> HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\nHost: localhost\n\n",
                "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\n folded: yes\r\n\r\n",
                "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\n{}",
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: a miracle\r\n\r\n",
                "\u0016\u0003\u0001\u0002"
            })
    void whatIsNoHttpIsAnsweredAsTheServiceAnswersItAndNeverAsAPage(String bytes)
            throws IOException {
        var answer = exchange(bytes);
        assertThat(answer)
                .startsWith("HTTP/1.1 4")
                .containsIgnoringCase("content-type: application/x-amz-json-1.1")
                .containsIgnoringCase("x-amzn-requestid: ")
                .contains("{\"__type\":\"");
    }

    @Test
    void aHeadThatIsTooLargeIsRefused() throws IOException {
        var answer =
                exchange(
                        "GET / HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n"
                                .formatted("x".repeat(30_000)));
        assertThat(answer).startsWith("HTTP/1.1 4").contains("{\"__type\":\"");
    }

    @Test
    void aHeadRequestHasNoBody() throws IOException {
        assertThat(exchange("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 404")
                .endsWith("\r\n\r\n");
    }

    @Test
    void aConnectionGoesOnAfterARefusal() throws IOException {
        var unread = "x".repeat(1000);
        var answer =
                exchange(
                        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
                                + unread
                                + "GET /_keepsake/health HTTP/1.1\r\nHost: localhost\r\n"
                                + "Connection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 404").contains("HTTP/1.1 200").endsWith("ok\"}");
    }

    @Test
    void aPortThatIsInUseIsNamed() {
        assertThatIOException()
                .isThrownBy(() ->
                        ApiServer.start(
                                ApiConfig.standard("127.0.0.1", api.port()),
                                api.control,
                                accessString -> {},
                                api.live,
                                api.clock,
                                new SplittableRandom(1),
                                api.loop.loop(),
                                TestLoop.KIND))
                .withMessageContaining("127.0.0.1:" + api.port())
                .withMessageContaining("in use");
    }

    @Test
    void closingTwiceIsClosingOnce() throws IOException {
        int port = api.port();
        api.close();
        api.close();
        try (var loop = new TestLoop();
                var next =
                        ApiServer.start(
                                ApiConfig.standard("127.0.0.1", port),
                                api.control,
                                accessString -> {},
                                api.live,
                                api.clock,
                                new SplittableRandom(1),
                                loop.loop(),
                                TestLoop.KIND)) {
            assertThat(next.port()).isEqualTo(port);
        }
    }

    /// Sends bytes as they are, and reads until the server closes.
    private String exchange(String bytes) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), api.port())) {
            socket.setSoTimeout(READ_WITHIN_MS);
            socket.getOutputStream().write(bytes.getBytes(US_ASCII));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), US_ASCII);
        }
    }
}
