package dev.keepsake.shard;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.core.Clock;
import dev.keepsake.core.Secret;
import dev.keepsake.core.Term;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.EntryKind;
import dev.keepsake.log.RunningChecksum;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Over real loopback sockets: the feed is about them. Every wait for a byte is bounded.
@Timeout(300)
class FeedTest {
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";
    private static final int READ_TIMEOUT_MS = 60_000;

    private final MemoryLog log = new MemoryLog();
    private final Term term = log.elect("n1");
    private final AtomicLong nowNs = new AtomicLong(TimeUnit.DAYS.toNanos(365));
    private final List<AutoCloseable> opened = new ArrayList<>();

    private final Clock clock =
            new Clock() {
                @Override
                public long nowNs() {
                    return nowNs.get();
                }

                @Override
                public Instant now() {
                    return Instant.EPOCH;
                }
            };

    /// Speaks as an engine does that follows.
    private static final class Follower implements AutoCloseable {
        private final Socket socket;

        Follower(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(READ_TIMEOUT_MS);
        }

        void send(String... command) throws IOException {
            var out = Unpooled.buffer();
            RespWriter.command(out, command);
            sendBytes(out.toString(US_ASCII));
        }

        void sendBytes(String bytes) throws IOException {
            socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
        }

        String ask(String... command) throws IOException {
            send(command);
            return readLine();
        }

        String readLine() throws IOException {
            var line = new StringBuilder();
            while (!line.toString().endsWith("\r\n")) {
                line.append(read(1));
            }
            return line.substring(0, line.length() - 2);
        }

        String read(int bytes) throws IOException {
            var read = socket.getInputStream().readNBytes(bytes);
            if (read.length < bytes) {
                throw new EOFException("the feed ended the connection");
            }
            return new String(read, ISO_8859_1);
        }

        /// Everything up to the end of the connection, however it ends.
        String readToEnd() throws IOException {
            var all = new StringBuilder();
            while (true) {
                try {
                    int b = socket.getInputStream().read();
                    if (b < 0) {
                        return all.toString();
                    }
                    all.append((char) b);
                } catch (SocketException _) {
                    return all.toString(); // reset
                }
            }
        }

        int available() throws IOException {
            return socket.getInputStream().available();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @AfterEach
    void closeEverything() throws Exception {
        for (var each : opened.reversed()) {
            each.close();
        }
    }

    private static final EngineStamp REDIS = new EngineStamp("redis", "7.0.15", 10);
    private static final EngineStamp VALKEY = new EngineStamp("valkey", "8.0.1", 11);

    private final List<String> faults = new CopyOnWriteArrayList<>();
    private Feed.Source source = Optional::empty;

    private Feed feed(long delayNs) throws IOException {
        return feed(delayNs, TimeUnit.MINUTES.toNanos(1), null);
    }

    private Feed feed(long delayNs, long handshakeNs) throws IOException {
        return feed(delayNs, handshakeNs, null);
    }

    private Feed feed(long delayNs, long handshakeNs, Feed.@Nullable Continuation continuation)
            throws IOException {
        var feed =
                Feed.open(
                        new FeedConfig(
                                "n2",
                                ID,
                                "feed",
                                new Secret("pässword"),
                                delayNs,
                                Long.MAX_VALUE,
                                REDIS,
                                handshakeNs),
                        log,
                        source,
                        clock,
                        Thread.ofVirtual().factory(),
                        continuation,
                        fault -> faults.add(fault.getMessage()));
        opened.add(feed);
        return feed;
    }

    private Follower follower(Feed feed) throws IOException {
        var follower = new Follower(feed.port());
        opened.add(follower);
        return follower;
    }

    /// A follower that has said its password.
    private Follower known(Feed feed) throws IOException {
        var follower = follower(feed);
        follower.sendBytes("*3\r\n$4\r\nAUTH\r\n$4\r\nfeed\r\n$9\r\np\u00c3\u00a4ssword\r\n");
        assertThat(follower.readLine()).isEqualTo("+OK");
        return follower;
    }

    /// A follower to whom the whole log is being sent.
    private Follower following(Feed feed) throws IOException {
        var follower = known(feed);
        assertThat(follower.ask("PSYNC", "?", "-1")).startsWith("+FULLRESYNC ");
        assertThat(follower.readLine()).isEqualTo("$18");
        assertThat(follower.read(18)).isEqualTo(new String(Feed.EMPTY_RDB, ISO_8859_1));
        return follower;
    }

    private void append(String text) {
        var bytes = ByteBuffer.wrap(text.getBytes(US_ASCII));
        log.append(term, log.tail().endOffset(), bytes);
    }

    private void pass(long ms) {
        nowNs.addAndGet(TimeUnit.MILLISECONDS.toNanos(ms));
    }

    @Test
    void nobodyIsFedWithoutThePassword() throws Exception {
        append("secret");
        var stranger = follower(feed(0));
        assertThat(stranger.ask("PSYNC", "?", "-1")).startsWith("-NOAUTH");
        assertThat(stranger.ask("REPLCONF", "capa", "eof")).startsWith("-NOAUTH");
        assertThat(stranger.ask("PSYNC", ID, "1")).startsWith("-NOAUTH");
        assertThat(stranger.available()).isZero();
    }

    @Test
    void whoGivesAWrongPasswordIsClosed() throws Exception {
        var feed = feed(0);
        for (var credentials :
                List.of(
                        List.of("AUTH", "feed", "password"),
                        List.of("AUTH", "default", "p\u00e4ssword"),
                        List.of("AUTH", "feed"))) {
            var stranger = follower(feed);
            stranger.send(credentials.toArray(new String[0]));
            assertThat(stranger.readToEnd()).isEqualTo("-WRONGPASS not this feed's\r\n");
        }
    }

    @Test
    void theHandshakeOfAnEngineIsAnswered() throws Exception {
        var engine = known(feed(0));
        assertThat(engine.ask("PING")).isEqualTo("+PONG");
        assertThat(engine.ask("REPLCONF", "listening-port", "0")).isEqualTo("+OK");
        assertThat(engine.ask("replconf", "capa", "eof", "capa", "psync2")).isEqualTo("+OK");
        assertThat(engine.ask("PSYNC", "?", "-1")).isEqualTo("+FULLRESYNC " + ID + " 0");
    }

    @Test
    void aNewEngineIsGivenEverythingFromTheBeginning() throws Exception {
        append("abc");
        log.renew(term);
        append("def");
        var engine = following(feed(0));
        assertThat(engine.read(6)).isEqualTo("abcdef");

        append("ghi");
        log.renew(term);
        append("jkl");
        assertThat(engine.read(6)).isEqualTo("ghijkl");
    }

    @Test
    void anEngineContinuesAtAnyByteAlsoWithinAnEntry() throws Exception {
        append("abc");
        log.renew(term);
        append("def");
        var feed = feed(0);
        for (int offset = 0; offset <= 6; offset++) {
            var engine = known(feed);
            assertThat(engine.ask("PSYNC", ID, Integer.toString(offset + 1)))
                    .isEqualTo("+CONTINUE " + ID);
            assertThat(engine.read(6 - offset)).isEqualTo("abcdef".substring(offset));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0123456789abcdef0123456789abcdef01234567 5",
                "0123456789abcdef0123456789abcdef01234567 0",
                "0123456789abcdef0123456789abcdef01234567 -1",
                "0123456789abcdef0123456789abcdef01234567 x",
                "ffffffffffffffffffffffffffffffffffffffff 2"
            })
    void whoCannotContinueBeginsAnew(String where) throws Exception {
        append("abc");
        var engine = known(feed(0));
        assertThat(engine.ask(("PSYNC " + where).split(" ", -1)))
                .isEqualTo("+FULLRESYNC " + ID + " 0");
        assertThat(engine.readLine()).isEqualTo("$18");
        assertThat(engine.read(18 + 3)).endsWith("abc");
    }

    @Test
    void onlyWhatIsCommittedIsFed() throws Exception {
        var engine = following(feed(0));
        append("abc");
        assertThat(engine.read(3)).isEqualTo("abc");
        log.hold();
        append("def");
        assertThat(engine.available()).isZero();

        log.decide(1);

        assertThat(engine.read(3)).isEqualTo("def");
    }

    @Test
    void acknowledgementsAndEmptyLinesAreReadAwayAndAnsweredWithNothing() throws Exception {
        var engine = following(feed(0));
        engine.sendBytes("\n");
        engine.send("REPLCONF", "ACK", "0");
        for (int i = 0; i < 2_000; i++) { // more than a handshake may be long
            engine.sendBytes("\n");
            engine.send("REPLCONF", "ACK", "123456789");
        }
        append("abc");
        assertThat(engine.read(3)).isEqualTo("abc");
        append("def");
        assertThat(engine.read(3)).isEqualTo("def");
    }

    @Test
    void aHandshakeWithoutEndIsNotReadForEver() throws Exception {
        var stranger = follower(feed(0));
        stranger.sendBytes("*2\r\n$4\r\nAUTH\r\n$100000\r\n");
        stranger.sendBytes("x".repeat(20_000));
        assertThat(stranger.readToEnd()).isEmpty();
    }

    /// No thread looks at the clock when it is set, so each step is begun by a commit. What must
    /// not come early would come before the end of the connection.
    @Test
    void aDelayedEngineSeesEachEntryOnceItsDelayHasPassed() throws Exception {
        append("before ");
        var feed = feed(TimeUnit.HOURS.toNanos(1));
        var engine = following(feed);
        assertThat(engine.read(7)).as("there when the feed began").isEqualTo("before ");

        append("first ");
        pass(TimeUnit.MINUTES.toMillis(30));
        append("second ");
        pass(TimeUnit.MINUTES.toMillis(30));
        append("third ");
        assertThat(engine.read(6)).isEqualTo("first ");

        pass(TimeUnit.MINUTES.toMillis(30));
        append("fourth ");
        assertThat(engine.read(7)).isEqualTo("second ");

        feed.close();
        assertThat(engine.readToEnd()).as("nothing more was due").isEmpty();
    }

    @Test
    void closingEndsEveryConnection() throws Exception {
        var feed = feed(0);
        var fed = following(feed);
        var waiting = known(feed);
        int port = feed.port();

        feed.close();
        feed.close();

        assertThat(fed.readToEnd()).isEmpty();
        assertThat(waiting.readToEnd()).isEmpty();
        // The listener's thread lets go of the port a moment later: no longer to let anybody in.
        assertThatThrownBy(
                        () -> {
                            try (var late = new Follower(port)) {
                                late.ask("PING");
                            }
                        })
                .isInstanceOf(IOException.class);
        append("abc"); // nobody is told of it any more
    }

    @Test
    void anEngineThatHasLedGoesOnWhenTheLogHoldsWhatItHasExecuted() throws Exception {
        append("abc");
        var asked = new CompletableFuture<Long>();
        var checksum = new CompletableFuture<Long>();
        var feed =
                feed(
                        0,
                        TimeUnit.MINUTES.toNanos(1),
                        offset -> {
                            asked.complete(offset);
                            return checksum.join();
                        });
        var engine = known(feed);
        engine.send("PSYNC", "ffffffffffffffffffffffffffffffffffffffff", "7");

        assertThat(asked.join()).isEqualTo(6);
        append("def");
        var logged = new RunningChecksum(0);
        logged.add(ByteBuffer.wrap("abc".getBytes(US_ASCII)));
        logged.add(ByteBuffer.wrap("def".getBytes(US_ASCII)));
        checksum.complete(logged.value());
        assertThat(engine.readLine()).isEqualTo("+CONTINUE " + ID);
        append("ghi");
        assertThat(engine.read(3)).isEqualTo("ghi");
        logged.add(ByteBuffer.wrap("ghi".getBytes(US_ASCII)));
        assertThat(feed.sent().offset()).isEqualTo(9);
        assertThat(feed.sent().checksum()).isEqualTo(logged.value());
        assertThat(feed.sent().writer()).as("its own stream").isEqualTo(REDIS);
    }

    @Test
    void anEngineThatMayHoldMoreThanTheLogDoesNotGoOn() throws Exception {
        append("abc");
        var feed =
                feed(
                        0,
                        TimeUnit.MINUTES.toNanos(1),
                        _ -> {
                            throw new IOException("it may hold anything");
                        });
        var engine = known(feed);
        engine.send("PSYNC", "ffffffffffffffffffffffffffffffffffffffff", "4");

        assertThat(engine.readToEnd()).isEmpty();
    }

    @Test
    void anEngineThatGoesAwayMayComeBack() throws Exception {
        append("abc");
        var feed = feed(0);
        try (var engine = following(feed)) {
            assertThat(engine.read(3)).isEqualTo("abc");
        }
        append("def");
        var again = known(feed);
        assertThat(again.ask("PSYNC", ID, "4")).isEqualTo("+CONTINUE " + ID);
        assertThat(again.read(3)).isEqualTo("def");
    }

    @Test
    void strangersWhoSayNothingDoNotKeepTheEngineOut() throws Exception {
        append("abc");
        var feed = feed(0);
        var before = following(feed);
        var strangers = new ArrayList<Follower>();
        for (int i = 0; i < 100; i++) {
            strangers.add(follower(feed));
        }
        assertThat(strangers.getFirst().readToEnd()).as("who came first had to go").isEmpty();
        assertThat(before.read(3)).isEqualTo("abc");
        assertThat(following(feed).read(3)).isEqualTo("abc");
        assertThat(before.readToEnd()).as("the engine has another connection").isEmpty();
    }

    @Test
    void whoDoesNotAuthenticateInTimeIsClosed() throws Exception {
        append("abc");
        var feed = feed(0, TimeUnit.MILLISECONDS.toNanos(200));
        var engine = following(feed);
        var silent = follower(feed);
        var talker = follower(feed);
        assertThat(talker.ask("PING")).isEqualTo("+PONG");
        assertThat(silent.readToEnd()).isEmpty();
        assertThat(talker.readToEnd()).isEmpty();
        append("def");
        assertThat(engine.read(6)).isEqualTo("abcdef");
    }

    @Test
    void aChecksumThatIsRightIsPassedOver() throws Exception {
        append("abc");
        log.note(term, EntryKind.CHECKSUM, 3, checksumOf("abc"));
        append("def");
        assertThat(following(feed(0)).read(6)).isEqualTo("abcdef");
        assertThat(faults).isEmpty();
    }

    @Test
    void aChecksumThatIsWrongEndsTheFeedAndNamesTheEntry() throws Exception {
        append("abc");
        log.note(term, EntryKind.CHECKSUM, 3, checksumOf("abx"));
        append("def");
        var engine = following(feed(0));
        assertThat(engine.read(3)).isEqualTo("abc");
        assertThatThrownBy(() -> engine.read(1)).isInstanceOf(IOException.class);
        assertThat(faults).singleElement().asString().contains("entry 2", "restore the log");
    }

    @Test
    void whatAnotherEngineWroteThatThisOneCanGoOnFromIsPassedOn() throws Exception {
        var older = new EngineStamp("redis", "7.0.14", 10);
        log.note(term, EntryKind.ENGINE, 0, older.encode());
        append("abc");
        var feed = feed(0);
        var engine = following(feed);
        assertThat(engine.read(3)).isEqualTo("abc");
        assertThat(feed.sent().writer()).isEqualTo(older);
        log.note(term, EntryKind.ENGINE, 3, REDIS.encode());
        append("def");
        assertThat(engine.read(3)).isEqualTo("def");
        assertThat(feed.sent().writer()).isEqualTo(REDIS);
        assertThat(faults).isEmpty();
    }

    /// It would skip what it does not know, and nobody would hear of that.
    @Test
    void nothingIsPassedOnThatANewerEngineWrote() throws Exception {
        append("abc");
        log.note(term, EntryKind.ENGINE, 3, VALKEY.encode());
        append("def");
        var feed = feed(0);
        var engine = following(feed);
        assertThat(engine.readToEnd()).isEqualTo("abc");
        assertThat(faults)
                .singleElement()
                .asString()
                .contains("entry 2", "valkey 8.0.1", "redis 7.0.15", "--engine");
        assertThat(feed.sent().offset()).isEqualTo(3);
    }

    @Test
    void anEngineThatComesBackIsNotGivenWhatANewerOneWroteBeforeItsPlace() throws Exception {
        append("abc");
        log.note(term, EntryKind.ENGINE, 3, VALKEY.encode());
        append("def");
        append("ghi");
        var again = known(feed(0));
        again.send("PSYNC", ID, "7");
        assertThat(again.readToEnd()).isEmpty();
        assertThat(faults).singleElement().asString().contains("valkey 8.0.1");
    }

    @Test
    void anEngineEntryThatCannotBeReadEndsTheFeed() throws Exception {
        log.note(term, EntryKind.ENGINE, 0, ByteBuffer.wrap(new byte[] {9, 9}));
        append("abc");
        assertThat(following(feed(0)).readToEnd()).isEmpty();
        assertThat(faults).singleElement().asString().contains("entry 1", "format 9");
    }

    @Test
    void theSnapshotOfANewerEngineIsNotGiven(@TempDir Path directory) throws Exception {
        var file = directory.resolve("newer.rdb");
        Files.writeString(file, "REDIS0011\u00fa\nvalkey-ver\u00058.0.1\u00ff", ISO_8859_1);
        source = () -> Optional.of(new Snapshot(1, 3, 0, 0, file));
        append("abc");
        var engine = known(feed(0));
        engine.send("PSYNC", "?", "-1");
        assertThat(engine.readToEnd()).isEmpty();
        assertThat(faults)
                .singleElement()
                .asString()
                .contains("newer.rdb", "valkey 8.0.1", "redis 7.0.15");
    }

    @Test
    void aSnapshotTellsWhoWroteWhatIsInIt(@TempDir Path directory) throws Exception {
        var file = directory.resolve("older.rdb");
        var rdb = "REDIS0010\u00fa\tredis-ver\u00067.0.14\u00ff";
        Files.writeString(file, rdb, ISO_8859_1);
        source = () -> Optional.of(new Snapshot(2, 3, checksumOf("abc").getLong(), 0, file));
        append("abc");
        var feed = feed(0);
        var engine = known(feed);
        assertThat(engine.ask("PSYNC", "?", "-1")).isEqualTo("+FULLRESYNC " + ID + " 3");
        assertThat(engine.readLine()).isEqualTo("$" + rdb.length());
        assertThat(engine.read(rdb.length())).isEqualTo(rdb);
        append("def");
        assertThat(engine.read(3)).isEqualTo("def");
        assertThat(feed.sent().writer()).isEqualTo(new EngineStamp("redis", "7.0.14", 10));
    }

    private static ByteBuffer checksumOf(String text) {
        var checksum = new RunningChecksum(0);
        checksum.add(ByteBuffer.wrap(text.getBytes(US_ASCII)));
        return ByteBuffer.allocate(Long.BYTES).putLong(checksum.value()).flip();
    }
}
