package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Clock;
import dev.keepsake.core.Secret;
import dev.keepsake.engine.Engine;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.RunDirectory;
import dev.keepsake.resp.RespValue;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What engines say to a feed and to a tap, version by version: a replica that asks for no more
/// than the feed gives, and a primary that goes on where the log ends.
@Timeout(300)
class EngineReplicationIT {
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";
    private static final int READ_TIMEOUT_MS = 60_000;
    private static final String EMPTY_RDB =
            "REDIS0009\u00ff\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000";
    private static final String WRITE = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
    private static final List<String> CHANNELS =
            List.of("dual-channel-replication-enabled", "repl-rdb-channel");

    @TempDir Path directory;

    private static final class MachineClock implements Clock {
        @Override
        public long nowNs() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now();
        }
    }

    static Stream<EngineRuns.Run> engines() {
        return EngineRuns.all();
    }

    /// What an engine follows: it answers as a feed does.
    private static final class Primary implements AutoCloseable {
        private final ServerSocket listener;
        private final List<List<String>> asked = new ArrayList<>();
        private final Socket replica;
        private final InputStream in;

        Primary(Engine engine) throws IOException {
            listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
            listener.setSoTimeout(READ_TIMEOUT_MS);
            engine.command("REPLICAOF", "127.0.0.1", Integer.toString(listener.getLocalPort()));
            replica = listener.accept();
            replica.setSoTimeout(READ_TIMEOUT_MS);
            in = new BufferedInputStream(replica.getInputStream());
            for (var command = read(); ; command = read()) {
                asked.add(command);
                String name = command.getFirst().toUpperCase(Locale.ROOT);
                if (name.equals("PSYNC")) {
                    break;
                }
                send(name.equals("PING") ? "+PONG\r\n" : "+OK\r\n");
            }
            send("+FULLRESYNC %s 0\r\n$%d\r\n%s".formatted(ID, EMPTY_RDB.length(), EMPTY_RDB));
        }

        void send(String bytes) throws IOException {
            replica.getOutputStream().write(bytes.getBytes(ISO_8859_1));
        }

        /// The next command, as its words.
        private List<String> read() throws IOException {
            var words = new ArrayList<String>();
            int count = number(line(in), '*');
            for (int i = 0; i < count; i++) {
                int length = number(line(in), '$');
                words.add(new String(in.readNBytes(length), ISO_8859_1));
                line(in);
            }
            return words;
        }

        private static int number(String line, char kind) {
            assertThat(line).startsWith(String.valueOf(kind));
            return Integer.parseInt(line.substring(1));
        }

        @Override
        public void close() throws IOException {
            replica.close();
            listener.close();
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        while (!line.toString().endsWith("\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("it ends with \"%s\"".formatted(line));
            }
            line.append((char) next);
        }
        return line.substring(0, line.length() - 2);
    }

    private EngineLauncher launcher(EngineRuns.Run on) throws Exception {
        var binary = on.engine() == null ? ServedNode.findEngine(directory) : on.engine();
        return new EngineLauncher(binary, RunDirectory.forData(directory), new MachineClock());
    }

    private Engine launch(EngineLauncher launcher) throws IOException {
        return launcher.launch(
                new EngineSpec(
                        "n1",
                        directory.resolve("engine"),
                        0,
                        "feed",
                        new Secret("password"),
                        Map.of()));
    }

    private static void awaitOffset(Engine engine, long offset) {
        await(
                "it is at offset " + offset,
                () -> {
                    try {
                        return engine.command("ROLE")
                                        instanceof RespValue.ArrayReply(List<RespValue> items)
                                && items.getLast().equals(new RespValue.IntegerReply(offset));
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    private static String text(RespValue reply) {
        return reply instanceof RespValue.Bulk bulk ? bulk.utf8() : "no bulk: " + reply;
    }

    private static List<String> capabilities(List<List<String>> asked) {
        var found = new ArrayList<String>();
        for (var command : asked) {
            for (int i = 1; i + 1 < command.size(); i++) {
                if (command.get(i).equalsIgnoreCase("capa")) {
                    found.add(command.get(i + 1));
                }
            }
        }
        return found;
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aReplicaOffersNoSecondConnectionAndFollowsWhatItIsGiven(EngineRuns.Run on)
            throws Exception {
        try (var launcher = launcher(on)) {
            var engine = launch(launcher);
            try (var primary = new Primary(engine)) {
                assertThat(capabilities(primary.asked)).containsExactly("eof", "psync2");
                assertThat(primary.asked.get(1)).containsExactly("AUTH", "feed", "password");
                primary.send(WRITE);
                awaitOffset(engine, WRITE.length());
                assertThat(text(engine.command("GET", "k"))).isEqualTo("v");
            }
        }
    }

    /// The capability alone changes nothing: who is given a plain answer takes it.
    @ParameterizedTest
    @MethodSource("engines")
    void aReplicaThatOffersMoreTakesAPlainAnswerAllTheSame(EngineRuns.Run on) throws Exception {
        try (var launcher = launcher(on)) {
            var engine = launch(launcher);
            boolean offers = false;
            for (var directive : CHANNELS) {
                var known = engine.command("CONFIG", "GET", directive);
                if (known instanceof RespValue.ArrayReply(List<RespValue> items)
                        && items.size() == 2) {
                    assertThat(text(items.getLast())).as(directive).isEqualTo("no");
                    assertThat(engine.command("CONFIG", "SET", directive, "yes"))
                            .isEqualTo(new RespValue.SimpleString("OK"));
                    offers = true;
                }
            }
            try (var primary = new Primary(engine)) {
                assertThat(capabilities(primary.asked)).hasSize(offers ? 3 : 2);
                primary.send(WRITE);
                awaitOffset(engine, WRITE.length());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aReplicaThatIsPromotedGivesItsStreamFromWhereItHasFollowed(EngineRuns.Run on)
            throws Exception {
        try (var launcher = launcher(on)) {
            var engine = launch(launcher);
            try (var primary = new Primary(engine)) {
                primary.send(WRITE);
                awaitOffset(engine, WRITE.length());
            }
            assertThat(engine.command("REPLICAOF", "NO", "ONE"))
                    .isEqualTo(new RespValue.SimpleString("OK"));
            try (var tap = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                tap.connect(UnixDomainSocketAddress.of(engine.socket()));
                var in = Channels.newInputStream(tap);
                send(tap, "REPLCONF capa eof capa psync2\r\n");
                assertThat(line(in)).isEqualTo("+OK");
                send(tap, "PSYNC %s %d\r\n".formatted(ID, WRITE.length() + 1));
                assertThat(line(in)).startsWith("+CONTINUE ");
                engine.command("SET", "k", "w");
                var stream = new StringBuilder();
                while (!stream.toString().contains("$1\r\nw\r\n")) {
                    stream.append(line(in)).append("\r\n");
                }
                assertThat(stream.toString().toUpperCase(Locale.ROOT))
                        .contains("*3\r\n$3\r\nSET\r\n$1\r\nK\r\n$1\r\nW\r\n");
                awaitPrimaryOffset(engine, WRITE.length() + stream.length());
            }
        }
    }

    /// `["master", offset, replicas]`.
    private static void awaitPrimaryOffset(Engine engine, long offset) {
        await(
                "it says that it gave all that came",
                () -> {
                    try {
                        return engine.command("ROLE")
                                        instanceof RespValue.ArrayReply(List<RespValue> items)
                                && items.get(1) instanceof RespValue.IntegerReply(long said)
                                && said >= offset;
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    private static void send(SocketChannel to, String text) throws IOException {
        var bytes = ByteBuffer.wrap(text.getBytes(US_ASCII));
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }
}
