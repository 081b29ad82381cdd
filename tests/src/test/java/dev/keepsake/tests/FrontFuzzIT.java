package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.front.FrontOptions;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.shard.HoldRule;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Streams of bytes that were commands once, before they were damaged. Whatever comes of them, the
/// other clients are served, no connection or lane stays behind, and no buffer is lost.
class FrontFuzzIT {
    private static final int STREAMS = 300;
    private static final int TLS_STREAMS = 100;
    private static final int LATE_MS = 2;
    private static final String LIBRARY =
            "#!lua name=lib\nredis.register_function('one', function() return 1 end)";
    private static final List<List<String>> COMMANDS =
            List.of(
                    List.of("SET", "k", "value"),
                    List.of("GET", "k"),
                    List.of("MSET", "a", "1", "b", "2"),
                    List.of("HSET", "h", "f", "v"),
                    List.of("MULTI"),
                    List.of("INCR", "n"),
                    List.of("EXEC"),
                    List.of("DISCARD"),
                    List.of("WATCH", "k"),
                    List.of("UNWATCH"),
                    List.of("BLPOP", "list", "0.01"),
                    List.of("BLPOP", "list", "0"),
                    List.of("RPUSH", "list", "x"),
                    List.of("SUBSCRIBE", "c", "d"),
                    List.of("PSUBSCRIBE", "c*"),
                    List.of("SSUBSCRIBE", "c"),
                    List.of("UNSUBSCRIBE"),
                    List.of("PUNSUBSCRIBE", "c*"),
                    List.of("PUBLISH", "c", "m"),
                    List.of("SPUBLISH", "c", "m"),
                    List.of("HELLO", "3"),
                    List.of("HELLO", "2"),
                    List.of("HELLO", "3", "AUTH", "default", "x"),
                    List.of("AUTH", "nobody", "x"),
                    List.of("RESET"),
                    List.of("QUIT"),
                    List.of("CLIENT", "LIST"),
                    List.of("CLIENT", "REPLY", "OFF"),
                    List.of("CLIENT", "REPLY", "SKIP"),
                    List.of("CLIENT", "TRACKING", "ON"),
                    List.of("CLIENT", "TRACKING", "OFF"),
                    List.of("CLUSTER", "SLOTS"),
                    List.of("CLUSTER", "COUNTKEYSINSLOT", "7"),
                    List.of("EVAL", "return {KEYS[1], ARGV[1]}", "1", "k", "x"),
                    List.of("XREAD", "BLOCK", "10", "STREAMS", "s", "$"),
                    List.of("INFO"),
                    List.of("SCAN", "0"),
                    List.of("ACL", "WHOAMI"),
                    List.of("SORT", "list", "BY", "x*"),
                    List.of("MONITOR"),
                    List.of("CLIENT", "PAUSE", "1"),
                    List.of("CLIENT", "PAUSE", "1", "WRITE"),
                    List.of("CLIENT", "UNPAUSE"),
                    List.of("CLIENT", "KILL", "ID", "999999999"),
                    List.of("CLIENT", "TRACKING", "ON", "OPTIN"),
                    List.of("CLIENT", "CACHING", "YES"),
                    List.of("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "by"),
                    List.of("SCRIPT", "LOAD", "return 1"),
                    List.of("SCRIPT", "EXISTS", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"),
                    List.of("EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"),
                    List.of("FUNCTION", "LOAD", "REPLACE", LIBRARY),
                    List.of("FUNCTION", "LIST"),
                    List.of("FCALL", "one", "0"),
                    List.of("READONLY"),
                    List.of("ASKING"),
                    List.of("NOSUCH", "x"));

    @TempDir static Path directory;
    private static final List<String> LEAKS = new CopyOnWriteArrayList<>();
    private static final Handler LEAK_LISTENER = new LeakListener();
    private static ResourceLeakDetector.Level before;
    private static ServedNode node;

    @BeforeAll
    static void start() throws Exception {
        before = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        Logger.getLogger(ResourceLeakDetector.class.getName()).addHandler(LEAK_LISTENER);
        node = ServedNode.start(directory, FrontOptions.standard());
        node.front().onDurable(Long.MAX_VALUE);
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
        Logger.getLogger(ResourceLeakDetector.class.getName()).removeHandler(LEAK_LISTENER);
        ResourceLeakDetector.setLevel(before);
    }

    /// Some that are always tried, and one that nobody has tried before; `-Dseed=N` tries one
    /// alone.
    static List<Long> seeds() {
        var chosen = Long.getLong("seed");
        return chosen != null
                ? List.of(chosen)
                : List.of(1L, 2L, 3L, 4L, RandomGenerator.getDefault().nextLong(1L << 40));
    }

    @ParameterizedTest(name = "-Dseed={0}")
    @MethodSource("seeds")
    void damagedStreamsHarmNobodyElse(long seed) throws IOException {
        var address = node.address();
        try (var bystander = node.connect()) {
            Connector connector = () -> new Socket(address.getAddress(), address.getPort());
            sendLargeDamaged(seed, connector);
            sendDamaged(seed, STREAMS, bystander, connector);
            await("the others are gone", () -> clients(bystander) == 1);
            await("nobody is blocked or subscribed in the engine", FrontFuzzIT::engineIsCalm);
        }
        assertNothingLeaked();
    }

    /// Replies wait, some of them while their clients leave, and records of TLS are cut anywhere.
    @Test
    void damagedStreamsHarmNobodyElseOverTlsAndALateLog(@TempDir Path own) throws Exception {
        long seed = Long.getLong("seed", RandomGenerator.getDefault().nextLong(1L << 40));
        var parts = LateServer.parts(LATE_MS, HoldRule.ALL);
        try (var server = TestServer.start(own, parts, LateServer.tuning())) {
            var trust = Trust.in(server.endpoint());
            var cluster = server.api().createWithTls("demo", 1, 1, server.endpointPort());
            var primary = cluster.shards().getFirst().nodes().getFirst();
            var endpoint = primary.endpoint();
            try (var bystander = Wire.to(primary, trust)) {
                sendDamaged(
                        seed,
                        TLS_STREAMS,
                        bystander,
                        () ->
                                trust.handshake(
                                        new Socket(endpoint.address(), endpoint.port()),
                                        endpoint.address()));
                await("the others are gone, -Dseed=" + seed, () -> clients(bystander) == 1);
            }
        }
        assertNothingLeaked();
    }

    /// Opens connections.
    private interface Connector {
        Socket connect() throws IOException;
    }

    private static void sendDamaged(long seed, int streams, Wire bystander, Connector connector)
            throws IOException {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < streams; i++) {
            sendDamaged(random, connector);
            String value = seed + "-" + i;
            bystander.sendAll(
                    List.of(
                            List.of("SET", "bystander", value),
                            List.of("GET", "bystander"),
                            List.of("MULTI"),
                            List.of("GET", "bystander"),
                            List.of("EXEC")));
            assertThat(bystander.read()).isEqualTo("OK");
            assertThat(bystander.read()).isEqualTo(value);
            assertThat(bystander.read()).isEqualTo("OK");
            assertThat(bystander.read()).isEqualTo("QUEUED");
            assertThat(bystander.read()).isEqualTo("[" + value + "]");
        }
    }

    /// A command that is passed on while it arrives, and whose last argument is none. Whoever sent
    /// it is told so.
    private static void sendLargeDamaged(long seed, Connector connector) throws IOException {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var out = Unpooled.buffer();
        switch (random.nextInt(3)) {
            case 0 -> RespWriter.command(out, "MULTI");
            case 1 -> RespWriter.command(out, "WATCH", "k");
            default -> RespWriter.command(out, "GET", "k");
        }
        int length = (1 << 20) + random.nextInt(1 << 19);
        ByteBufUtil.writeUtf8(out, "*4\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n$" + length + "\r\n");
        ByteBufUtil.writeUtf8(out, "x".repeat(length) + "\r\n");
        var tails = List.of("!\r\n", "*1\r\n", "$-1\r\n", "$x\r\n", "$99999999999\r\n");
        ByteBufUtil.writeUtf8(out, tails.get(random.nextInt(tails.size())));
        try (var socket = connector.connect()) {
            socket.setSoTimeout(Waiting.REPLY_WITHIN_MS);
            out.readBytes(socket.getOutputStream(), out.readableBytes());
            assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
                    .contains("-ERR Protocol error: ");
        }
    }

    private static void sendDamaged(RandomGenerator random, Connector connector) {
        try (var socket = connector.connect()) {
            socket.setSoTimeout(5_000);
            if (random.nextBoolean()) {
                socket.setSoLinger(true, 0);
            }
            var out = socket.getOutputStream();
            var bytes = damaged(random);
            for (int from = 0; from < bytes.length; ) {
                int length = Math.min(bytes.length - from, 1 + random.nextInt(200));
                out.write(bytes, from, length);
                from += length;
            }
            if (random.nextBoolean()) { // else it does not wait for anything
                socket.shutdownOutput();
                socket.getInputStream().readNBytes(1 + random.nextInt(500));
            }
        } catch (IOException _) {
            // a node closes connections that make no sense
        }
    }

    private static byte[] damaged(RandomGenerator random) {
        var out = Unpooled.buffer();
        int commands = 1 + random.nextInt(12);
        for (int i = 0; i < commands; i++) {
            var command = COMMANDS.get(random.nextInt(COMMANDS.size()));
            if (random.nextInt(8) == 0) {
                ByteBufUtil.writeUtf8(out, String.join(" ", command) + "\r\n");
            } else {
                RespWriter.command(out, command.toArray(new String[0]));
            }
        }
        var bytes = new ArrayList<Byte>();
        while (out.isReadable()) {
            bytes.add(out.readByte());
        }
        int damages = random.nextInt(4);
        for (int i = 0; i < damages && !bytes.isEmpty(); i++) {
            int at = random.nextInt(bytes.size());
            switch (random.nextInt(5)) {
                case 0 -> bytes.set(at, (byte) random.nextInt());
                case 1 -> bytes.remove(at);
                case 2 -> bytes.add(at, (byte) "0123456789*$\r\n-:+".charAt(random.nextInt(17)));
                case 3 ->
                        bytes.subList(at, Math.min(bytes.size(), at + random.nextInt(30))).clear();
                default -> bytes.subList(at, bytes.size()).clear();
            }
        }
        var array = new byte[bytes.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = bytes.get(i);
        }
        return array;
    }

    private static long clients(Wire wire) {
        try {
            return wire.ask("CLIENT", "LIST").lines().count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static boolean engineIsCalm() {
        try {
            var list = node.engine().command("CLIENT", "LIST", "TYPE", "pubsub");
            var info = node.engine().command("INFO", "clients");
            return list instanceof dev.keepsake.resp.RespValue.Bulk subscribed
                    && subscribed.utf8().isBlank()
                    && info instanceof dev.keepsake.resp.RespValue.Bulk text
                    && text.utf8().contains("blocked_clients:0\r\n");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// A leak is reported when a buffer is made after the lost one has been collected.
    private static void assertNothingLeaked() {
        for (int i = 0; i < 5; i++) {
            System.gc();
            for (int k = 0; k < 200; k++) {
                PooledByteBufAllocator.DEFAULT.buffer(16).release();
            }
        }
        assertThat(LEAKS).isEmpty();
    }

    private static final class LeakListener extends Handler {
        @Override
        public void publish(LogRecord line) {
            LEAKS.add(line.getMessage());
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            // nothing is open
        }
    }
}
