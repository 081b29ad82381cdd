package dev.keepsake.front;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Clock;
import dev.keepsake.engine.Transport;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RecordedCommands;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A whole front with a [ScriptedEngine] and real connections, for the answers to clients. It is
/// loading until a test lets it serve.
///
/// Tests that share a front register it as an extension, in a static field. Such a front serves
/// before the first test, its engine has its usual answers again after each test, and it is closed
/// after the last one.
final class TestFront
        implements BeforeAllCallback, AfterEachCallback, AfterAllCallback, AutoCloseable {
    static final ServedEngine REDIS = new ServedEngine("redis", "7.0.15", RecordedCommands.table());
    static final ServedEngine VALKEY =
            new ServedEngine("valkey", "9.1.2", RecordedCommands.table("valkey-9.1.2"));

    private static final String REPLICA = FakeNode.PRIMARY + "-replica";

    private static final long WITHIN_NS = TimeUnit.SECONDS.toNanos(60);

    /// What a shared front does before the first test.
    private interface Start {
        void run(TestFront front) throws Exception;
    }

    /// Whether the node holds its lease; at first it does.
    final AtomicBoolean lease = new AtomicBoolean(true);

    /// The time that its clock shows.
    final AtomicLong nowMs = new AtomicLong(1_700_000_000_123L);

    final ScriptedEngine engine;
    final NodeFront front;

    /// What it shares with other nodes.
    final ClientRoom room =
            ClientRoom.of(
                    1L << 30,
                    1L << 28,
                    20_000,
                    FrontOptions.standard().maxOutputBytes(),
                    Thread::startVirtualThread);

    private final Transport transport = Transport.best(1);
    private final EventLoop loop = transport.group().next();
    private final SocketAddress address;
    private final Start start;

    /// The primary of all slots, with a Redis 7.0 as its engine.
    TestFront() {
        this(REDIS);
    }

    /// The primary of all slots.
    ///
    /// @param served the program of the engine
    TestFront(ServedEngine served) {
        this(served, FakeNode.PRIMARY, front -> {});
    }

    private TestFront(ServedEngine served, String node, Start start) {
        this.start = start;
        this.engine = newEngine();
        var topology = topology();
        var options = FrontOptions.standard();
        this.front =
                new NodeFront(
                        node,
                        loop,
                        transport,
                        served,
                        () -> topology,
                        null,
                        null,
                        new ShownClock(),
                        room,
                        options);
        this.address =
                Listeners.listen(
                                loop,
                                transport.serverChannel(),
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                100,
                                front::adopt)
                        .syncUninterruptibly()
                        .channel()
                        .localAddress();
    }

    private static ScriptedEngine newEngine() {
        try {
            return new ScriptedEngine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The replica, with a Redis 7.0 as its engine.
    static TestFront replica() {
        return new TestFront(REDIS, REPLICA, TestFront::serveAsReplica);
    }

    /// A shared primary with a Redis 7.0, on which everything is durable at once.
    static TestFront servingPrimary() {
        return servingPrimary(REDIS);
    }

    /// A shared primary on which everything is durable at once.
    ///
    /// @param served the program of the engine
    static TestFront servingPrimary(ServedEngine served) {
        return new TestFront(served, FakeNode.PRIMARY, TestFront::serveDurably);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        start.run(this);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        engine.forget();
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        close();
    }

    /// One shard, whose primary owns all slots and has one replica.
    static Topology topology() {
        return new Topology(7, List.of(FakeNode.shard(FakeNode.PRIMARY, "0-16383")));
    }

    private final class ShownClock implements Clock {
        @Override
        public long nowNs() {
            return TimeUnit.MILLISECONDS.toNanos(nowMs.get());
        }

        @Override
        public Instant now() {
            return Instant.ofEpochMilli(nowMs.get());
        }
    }

    /// Serves as a primary on which nothing is durable yet.
    TestFront serve() throws Exception {
        front.servePrimary(engine.socket(), lease::get).get(60, TimeUnit.SECONDS);
        return this;
    }

    /// Serves as a primary on which everything is durable at once.
    TestFront serveDurably() throws Exception {
        serve();
        front.onDurable(Long.MAX_VALUE);
        return this;
    }

    TestFront serveAsReplica() throws Exception {
        front.serveReplica(engine.socket()).get(60, TimeUnit.SECONDS);
        return this;
    }

    SocketClient connect() throws IOException {
        return new SocketClient(address);
    }

    /// The replies to these commands, which one new client gives one after the other.
    List<String> answers(String... lines) throws Exception {
        try (var client = connect()) {
            var answers = new ArrayList<String>();
            for (var line : lines) {
                answers.add(client.ask(line));
            }
            return answers;
        }
    }

    /// The reply to a new client.
    String answer(String line) throws Exception {
        return answers(line).getFirst();
    }

    /// Calls this on the event loop.
    <T> T onLoop(Callable<T> seen) throws Exception {
        return loop.submit(seen).get(60, TimeUnit.SECONDS);
    }

    /// Waits until a condition is true.
    static void await(String what, Callable<Boolean> isSo) throws Exception {
        long deadlineNs = System.nanoTime() + WITHIN_NS;
        while (!isSo.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadlineNs);
        }
    }

    static CommandTable table() {
        return REDIS.commands();
    }

    @Override
    public void close() throws IOException {
        front.close();
        engine.close();
        transport.close();
    }
}
