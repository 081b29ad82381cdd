package dev.keepsake.tests;

import dev.keepsake.aws.IamTokens;
import dev.keepsake.core.Clock;
import dev.keepsake.core.Secret;
import dev.keepsake.core.SlotRange;
import dev.keepsake.engine.Engine;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineNotFoundException;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.RunDirectory;
import dev.keepsake.engine.Transport;
import dev.keepsake.front.ClientRoom;
import dev.keepsake.front.FrontOptions;
import dev.keepsake.front.NodeFront;
import dev.keepsake.front.ServedEngine;
import dev.keepsake.front.Topology;
import dev.keepsake.front.TopologyNode;
import dev.keepsake.front.TopologyShard;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RecordedCommands;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The front of one primary that owns all slots, before a real engine, with nothing else around it:
/// what is durable is said by the test.
final class ServedNode implements AutoCloseable {
    static final String NAME = "alone-0001-001";
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";

    private final Transport transport;
    private final EngineLauncher launcher;
    private final Engine engine;
    private final SocketChannel replica;
    private final NodeFront front;
    private final InetSocketAddress address;
    private final Lease lease;
    private final ServedEngine served;

    private ServedNode(
            Transport transport,
            EngineLauncher launcher,
            Engine engine,
            SocketChannel replica,
            NodeFront front,
            InetSocketAddress address,
            Lease lease,
            ServedEngine served) {
        this.served = served;
        this.lease = lease;
        this.transport = transport;
        this.launcher = launcher;
        this.engine = engine;
        this.replica = replica;
        this.front = front;
        this.address = address;
    }

    /// Starts one on which nothing is durable yet.
    static ServedNode start(Path directory, FrontOptions options) throws Exception {
        return start(directory, options, null);
    }

    /// The same, which lets IAM users in with these tokens.
    static ServedNode start(Path directory, FrontOptions options, @Nullable IamTokens tokens)
            throws Exception {
        return start(directory, options, tokens, null);
    }

    /// The engine that nodes run here; a bundled one is unpacked below `directory`.
    static EngineBinary findEngine(Path directory) throws EngineNotFoundException {
        String path = System.getenv().getOrDefault("PATH", "");
        return new EngineFinder(EngineRuns.forAllServers(), path, directory.resolve("bin")).find();
    }

    /// The same, which lets operators in over this socket.
    static ServedNode start(
            Path directory,
            FrontOptions options,
            @Nullable IamTokens tokens,
            @Nullable Path operatorSocket)
            throws Exception {
        return start(directory, findEngine(directory), options, tokens, operatorSocket);
    }

    /// The same with an engine of one's own choice.
    static ServedNode start(
            Path directory,
            EngineBinary binary,
            FrontOptions options,
            @Nullable IamTokens tokens,
            @Nullable Path operatorSocket)
            throws Exception {
        var clock = new WallClock();
        var launcher = new EngineLauncher(binary, RunDirectory.forData(directory), clock);
        var engine =
                launcher.launch(
                        new EngineSpec(
                                NAME,
                                directory.resolve("engine"),
                                0,
                                "feed",
                                new Secret("unused"),
                                operatorSocket == null
                                        ? Map.of()
                                        : Map.of("enable-debug-command", "local")));
        var replica = listenAsReplica(engine);
        var transport = Transport.best(1);
        var ports = FreePorts.next(1);
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.first());
        var served = served(binary, engine);
        var front = front(transport, address, served, options, tokens, clock);
        if (operatorSocket != null) {
            front.admitOperators(operatorSocket);
        }
        front.bind(address).get(60, TimeUnit.SECONDS);
        var lease = new Lease();
        front.servePrimary(engine.socket(), lease::isHeld).get(60, TimeUnit.SECONDS);
        return new ServedNode(transport, launcher, engine, replica, front, address, lease, served);
    }

    /// A front that neither listens nor has an engine yet, and admits operators over this socket.
    static NodeFront frontOf(Transport transport, Path operatorSocket) {
        var nowhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        var options = FrontOptions.standard();
        var engine = new ServedEngine("redis", "7.0.15", RecordedCommands.table());
        var front = front(transport, nowhere, engine, options, null, new WallClock());
        front.admitOperators(operatorSocket);
        return front;
    }

    private static ServedEngine served(EngineBinary binary, Engine engine) throws IOException {
        return new ServedEngine(
                binary.name(), binary.version(), CommandTable.of(engine.command("COMMAND")));
    }

    private static NodeFront front(
            Transport transport,
            InetSocketAddress address,
            ServedEngine engine,
            FrontOptions options,
            @Nullable IamTokens tokens,
            Clock clock) {
        var topology = topology(address);
        return new NodeFront(
                NAME,
                transport.group().next(),
                transport,
                engine,
                () -> topology,
                null,
                tokens,
                clock,
                ClientRoom.of(
                        1L << 30,
                        1L << 28,
                        20_000,
                        options.maxOutputBytes(),
                        Thread::startVirtualThread),
                options);
    }

    /// Starts one on which everything is durable at once.
    static ServedNode startDurable(Path directory) throws Exception {
        return startDurable(directory, findEngine(directory));
    }

    /// The same with an engine of one's own choice.
    static ServedNode startDurable(Path directory, EngineBinary binary) throws Exception {
        var node = start(directory, binary, FrontOptions.standard(), null, null);
        node.front.onDurable(Long.MAX_VALUE);
        return node;
    }

    /// An engine counts offsets only once somebody has asked for its stream.
    private static SocketChannel listenAsReplica(Engine engine) throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(engine.socket()));
        channel.write(ByteBuffer.wrap("PSYNC ? -1\r\n".getBytes(StandardCharsets.US_ASCII)));
        channel.read(ByteBuffer.allocate(1));
        return channel;
    }

    private static Topology topology(InetSocketAddress address) {
        var node =
                new TopologyNode(
                        NAME,
                        ID,
                        address.getHostString(),
                        null,
                        address.getPort(),
                        TopologyNode.Role.PRIMARY,
                        TopologyNode.Health.ONLINE);
        return new Topology(
                1,
                List.of(
                        new TopologyShard(
                                "0001", ID, SlotRange.parse("0-16383"), node, List.of())));
    }

    /// Whether the engine is at least that new, of whichever name it is.
    boolean isSince(int redisMajor, int redisMinor, int valkeyMajor, int valkeyMinor) {
        return served.isSince(redisMajor, redisMinor, valkeyMajor, valkeyMinor);
    }

    /// Whether the engine is Valkey, and at least that new.
    boolean isValkeySince(int major, int minor) {
        return isSince(Integer.MAX_VALUE, 0, major, minor);
    }

    /// Which commands it knows.
    CommandTable commands() {
        return served.commands();
    }

    NodeFront front() {
        return front;
    }

    InetSocketAddress address() {
        return address;
    }

    Wire connect() throws IOException {
        return Wire.to(address);
    }

    Engine engine() {
        return engine;
    }

    /// Whether the node leads, as the test wants it.
    Lease lease() {
        return lease;
    }

    /// Says that all that has been executed until now is durable.
    void makeDurable() throws IOException {
        if (engine.command("ROLE") instanceof RespValue.ArrayReply(List<RespValue> items)
                && items.get(1) instanceof RespValue.IntegerReply(long offset)) {
            front.onDurable(offset);
        }
    }

    /// A lease that a test ends and renews.
    static final class Lease {
        private final AtomicInteger asked = new AtomicInteger();
        private final AtomicInteger held = new AtomicInteger(Integer.MAX_VALUE);

        private boolean isHeld() {
            asked.incrementAndGet();
            return held.getAndUpdate(left -> left > 0 ? left - 1 : 0) > 0;
        }

        /// It is over once it has been asked for so often.
        void endAfter(int times) {
            asked.set(0);
            held.set(times);
        }

        void renew() {
            held.set(Integer.MAX_VALUE);
        }

        /// How often it has been asked for since it was to end.
        int asked() {
            return asked.get();
        }
    }

    @Override
    public void close() throws IOException {
        front.close();
        replica.close();
        launcher.close();
        transport.close();
    }

    static final class WallClock implements Clock {
        @Override
        public long nowNs() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now();
        }
    }
}
