package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ApiException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a server does at its bounds, and how its connections end.
class HttpServerTest {
    private static final int READ_WITHIN_MS = 30_000;
    private static final HttpBounds SMALL =
            new HttpBounds(
                    10,
                    10_000,
                    2,
                    1,
                    TimeUnit.SECONDS.toNanos(30),
                    TimeUnit.SECONDS.toNanos(120),
                    50_000);

    private final FakeClock clock = new FakeClock();
    private final TestLoop loop = new TestLoop();
    private final Semaphore begun = new Semaphore(0);
    private final Semaphore mayGoOn = new Semaphore(0);
    private final List<Client> clients = new ArrayList<>();
    private final HttpServer server = start();

    /// Answers `POST /` with its body, `POST /wait` once it may, and everything else at once.
    private final class Echo implements HttpService {
        @Override
        public Reception receive(HttpHead head, int port) {
            return switch (head.method() + " " + head.path()) {
                case "POST /" ->
                        new Reception.Wanted(
                                5_000,
                                body -> HttpAnswer.ok("text/plain", new String(body, US_ASCII)));
                case "POST /wait" ->
                        new Reception.Wanted(
                                5_000,
                                _ -> {
                                    begun.release();
                                    mayGoOn.acquireUninterruptibly();
                                    return HttpAnswer.ok("text/plain", "waited");
                                });
                default -> new Reception.Answered(HttpAnswer.ok("text/plain", "at once"));
            };
        }

        @Override
        public HttpAnswer refuse(ApiException refusal) {
            return Answers.fault("id", refusal);
        }
    }

    private HttpServer start() {
        try {
            return HttpServer.start(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    new Echo(),
                    SMALL,
                    clock,
                    loop.loop(),
                    TestLoop.KIND);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() throws IOException {
        mayGoOn.release(1_000);
        for (var client : clients) {
            client.socket.close();
        }
        server.close();
        loop.close();
    }

    private record Client(Socket socket) {
        void send(String bytes) throws IOException {
            socket.getOutputStream().write(bytes.getBytes(US_ASCII));
        }

        /// Reads one answer, head and body.
        String answer() throws IOException {
            var text = new StringBuilder();
            while (text.indexOf("\r\n\r\n") < 0) {
                int b = socket.getInputStream().read();
                if (b < 0) {
                    throw new IOException("closed after " + text);
                }
                text.append((char) b);
            }
            int at = text.indexOf("Content-Length: ");
            if (at >= 0) {
                int length = Integer.parseInt(text.substring(at + 16, text.indexOf("\r\n", at)));
                text.append(new String(socket.getInputStream().readNBytes(length), US_ASCII));
            }
            return text.toString();
        }

        /// Whether the server ends the connection before it says anything more.
        boolean isClosed() {
            try {
                return socket.getInputStream().read() < 0;
            } catch (IOException e) {
                return e instanceof SocketException;
            }
        }
    }

    private Client connect() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(READ_WITHIN_MS);
        var client = new Client(socket);
        clients.add(client);
        return client;
    }

    private static String post(String path, String body) {
        return "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(path, body.length(), body);
    }

    private static String unfinished(int bytes) {
        return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" + "x".repeat(bytes);
    }

    private void expectServed() throws IOException {
        var client = connect();
        client.send(post("/", "served"));
        assertThat(client.answer()).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\nserved");
    }

    // ---- bounds

    @Test
    void theConnectionThatHasWaitedForTheLongestGivesWayToANewOne() throws IOException {
        var first = connect();
        first.send("POST / HT"); // a head that never ends
        var second = connect();
        second.send(post("/", "a"));
        second.answer();
        var others = new ArrayList<Client>();
        for (int i = 0; i < 8; i++) {
            others.add(connect());
            others.getLast().send(post("/", "b"));
            others.getLast().answer();
        }
        expectServed();
        assertThat(first.isClosed()).isTrue();
        second.send(post("/", "still there"));
        assertThat(second.answer()).endsWith("still there");
        connect().send("x");
        expectServed();
        assertThat(others.getFirst().isClosed()).isTrue();
        second.send(post("/", "still there")); // for it has just been served
        assertThat(second.answer()).endsWith("still there");
    }

    @Test
    void unfinishedBodiesKeepNobodyOut() throws IOException {
        var idle = connect(); // older than all of them, and it holds nothing
        idle.send(post("/", "a"));
        idle.answer();
        var first = connect();
        first.send(unfinished(4_500));
        expectServed(); // so it has been read before the others
        for (int i = 0; i < 5; i++) {
            connect().send(unfinished(4_500));
        }
        expectServed();
        assertThat(first.isClosed()).isTrue();
        idle.send(post("/", "x".repeat(4_000)));
        assertThat(idle.answer()).startsWith("HTTP/1.1 200");
    }

    @Test
    void aRequestThatTricklesHasAnEnd() throws IOException {
        var head = connect();
        head.send("POST / HTTP/1.1\r\n");
        var body = connect();
        body.send(unfinished(10));
        expectServed(); // so those have been read
        for (int i = 0; i < 3; i++) {
            clock.pass(Duration.ofSeconds(9));
            head.send("x: y\r\n");
            body.send("x");
            expectServed();
        }
        clock.pass(Duration.ofSeconds(4));
        for (var late : List.of(head, body)) {
            assertThat(late.answer()).startsWith("HTTP/1.1 408").contains("RequestTimeout");
            assertThat(late.isClosed()).isTrue();
        }
    }

    @Test
    void anIdleConnectionHasAnEndToo() throws IOException {
        var idle = connect();
        idle.send(post("/", "a"));
        idle.answer();
        clock.pass(Duration.ofSeconds(119));
        expectServed();
        idle.send(post("/", "a"));
        idle.answer();
        expectServed(); // so the server has seen that the answer was taken
        clock.pass(Duration.ofMinutes(2));
        assertThat(idle.isClosed()).isTrue();
    }

    @Test
    void whatCannotBeDoneNowIsToldSo() throws IOException {
        for (int i = 0; i < 3; i++) { // two are worked on, and one waits
            connect().send(post("/wait", ""));
            if (i < 2) {
                begun.acquireUninterruptibly();
            }
        }
        String answer;
        do { // until the third has been read, too
            var more = connect();
            more.send("GET /at-once HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(more.answer()).endsWith("at once");
            more.send(post("/", "too much"));
            more.socket().setSoTimeout(500);
            try {
                answer = more.answer();
            } catch (IOException _) {
                answer = "";
            }
        } while (answer.isEmpty());
        assertThat(answer).startsWith("HTTP/1.1 400").contains("ThrottlingException");
        mayGoOn.release(1_000);
        var again = connect();
        do { // as AWS's clients do
            again.send(post("/", "again"));
            answer = again.answer();
        } while (answer.contains("ThrottlingException"));
        assertThat(answer).endsWith("again");
    }

    // ---- how connections go on and end

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nConnection: Keep-Alive, Close\r\nContent-Length: 1\r\n\r\na",
                "GET / HTTP/1.0\r\n\r\n",
                "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\na"
            })
    void theLastAnswerClosesTheConnection(String request) throws IOException {
        var client = connect();
        client.send(request);
        assertThat(client.answer()).startsWith("HTTP/1.1 200").contains("Connection: close");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void anErrorClosesTheConnectionAndTheClientGetsToReadIt() throws IOException {
        var client = connect();
        client.send("nonsense\r\n\r\n" + "x".repeat(10_000));
        assertThat(client.answer()).startsWith("HTTP/1.1 400").contains("Connection: close");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void answersComeInTheOrderOfTheRequests() throws IOException {
        var client = connect();
        client.send(
                post("/wait", "")
                        + "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
                        + post("/", "third")
                        + "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
        begun.acquireUninterruptibly();
        mayGoOn.release();
        assertThat(client.answer()).endsWith("waited");
        assertThat(client.answer()).endsWith("at once");
        assertThat(client.answer()).endsWith("third");
        client.socket().shutdownOutput();
        assertThat(new String(client.socket().getInputStream().readAllBytes(), US_ASCII))
                .startsWith("HTTP/1.1 200")
                .endsWith("\r\n\r\n");
    }

    @Test
    void whoHasEndedItsSideIsAnsweredAllTheSame() throws IOException {
        var client = connect();
        client.send(post("/wait", ""));
        client.socket().shutdownOutput();
        begun.acquireUninterruptibly();
        mayGoOn.release();
        assertThat(client.answer()).endsWith("waited");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void whoAsksBeforeItSendsIsTold() throws IOException {
        var client = connect();
        client.send(
                "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        assertThat(client.answer()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
        client.send("body");
        assertThat(client.answer()).endsWith("body");
        client.send(
                "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        assertThat(client.answer()).startsWith("HTTP/1.1 200").contains("Connection: close");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void anUnwantedBodyIsSkippedOrEndsTheConnection() throws IOException {
        var client = connect();
        client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n");
        assertThat(client.answer()).endsWith("at once");
        client.send("x".repeat(50_000) + post("/", "next"));
        assertThat(client.answer()).endsWith("next");
        client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 50001\r\n\r\n");
        assertThat(client.answer()).endsWith("at once");
        assertThat(client.isClosed()).isTrue();
    }

    @Test
    void whatIsUnderWayWhenItClosesIsAnswered() throws Exception {
        var client = connect();
        client.send(post("/wait", ""));
        begun.acquireUninterruptibly();
        var closing = Thread.ofVirtual().start(server::close);
        mayGoOn.release();
        assertThat(client.answer()).endsWith("waited");
        closing.join();
        assertThat(client.isClosed()).isTrue();
        assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
    }
}
