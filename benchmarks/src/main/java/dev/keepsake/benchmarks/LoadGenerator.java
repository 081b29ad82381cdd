package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.engine.Transport;
import dev.keepsake.resp.ReplyFramer;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Clients that each send some commands at once, wait for all replies, and send the next commands:
/// a closed loop, like redis-benchmark. One thread drives all clients.
final class LoadGenerator {
    private static final long CONNECTED_WITHIN_MS = 20_000;

    /// @param opsPerSecond commands that were answered
    /// @param p50Us the time from sending a client's commands to the last of their replies
    /// @param p99Us the same
    /// @param cpuUs the processor time that the server's processes used for a command
    record Result(double opsPerSecond, double p50Us, double p99Us, double cpuUs) {}

    /// The command that a client sends behind its writes to a server that acknowledges writes
    /// before they are safe, and the expected reply: the replica has the writes on disk too.
    private static final String BARRIER =
            "*4\r\n$7\r\nWAITAOF\r\n$1\r\n1\r\n$1\r\n1\r\n$5\r\n60000\r\n";

    private static final String PASSED = "*2\r\n:1\r\n:1\r\n";

    private final Transport transport;
    private final MeasuredServer server;
    private final @Nullable SslContext tls;

    LoadGenerator(Transport transport, MeasuredServer server) throws IOException {
        this.transport = transport;
        this.server = server;
        this.tls = server.speaksTls() ? TestKey.ofClients() : null;
    }

    /// Measures for a while, after a warm-up that does not count.
    ///
    /// @throws IOException when an error is answered, or a connection ends
    Result run(Workload workload, int clients, int pipelined, long warmUpMs, long measureMs)
            throws IOException, TimeoutException, InterruptedException {
        var connections = connect(workload, clients, pipelined);
        try {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(warmUpMs));
            connections.forEach(each -> each.measuring = true);
            long beganNs = System.nanoTime();
            long cpuBeforeNs = server.cpuNs();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(measureMs));
            long cpuNs = server.cpuNs() - cpuBeforeNs;
            connections.forEach(each -> each.measuring = false);
            double tookS = (System.nanoTime() - beganNs) / 1e9;
            for (var each : connections) {
                each.failIfItHas();
            }
            return result(connections, tookS, pipelined, cpuNs);
        } finally {
            for (var each : connections) {
                each.close();
            }
        }
    }

    private List<Connection> connect(Workload workload, int clients, int pipelined)
            throws IOException, TimeoutException, InterruptedException {
        var loop = transport.group().next();
        var connections = new ArrayList<Connection>();
        var connected = new CompletableFuture<?>[clients];
        for (int i = 0; i < clients; i++) {
            var connection =
                    new Connection(workload, pipelined, i, server.acknowledgesBehindBarrier());
            connections.add(connection);
            connected[i] = connection.ready;
            new Bootstrap()
                    .group(loop)
                    .channel(transport.clientChannel())
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(
                            new ChannelInitializer<>() {
                                @Override
                                protected void initChannel(Channel channel) {
                                    if (tls != null) {
                                        channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                                    }
                                    channel.pipeline().addLast(connection);
                                }
                            })
                    .connect(Servers.HOST, server.port())
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            connection.ready.completeExceptionally(done.cause());
                        }
                    });
        }
        try {
            CompletableFuture.allOf(connected).get(CONNECTED_WITHIN_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException("cannot connect to %s".formatted(server.title()), e);
        }
        loop.execute(() -> connections.forEach(Connection::send));
        return connections;
    }

    private static Result result(
            List<Connection> connections, double tookS, int pipelined, long cpuNs) {
        long[] all =
                connections.stream().flatMapToLong(each -> each.latencies()).sorted().toArray();
        double commands = (double) all.length * pipelined;
        return new Result(
                commands / tookS,
                percentileUs(all, 50),
                percentileUs(all, 99),
                cpuNs / 1e3 / commands);
    }

    private static double percentileUs(long[] sortedNs, int percent) {
        return sortedNs.length == 0
                ? Double.NaN
                : sortedNs[(int) ((sortedNs.length - 1L) * percent / 100)] / 1e3;
    }

    /// Owned by the event loop, except `measuring`, and the latencies after the measurement.
    private static final class Connection extends ChannelInboundHandlerAdapter {
        private final CompletableFuture<Void> ready = new CompletableFuture<>();
        private final Workload workload;
        private final int pipelined;
        private final SplittableRandom random;
        private final byte[] value;
        private final boolean behindBarrier;
        private final ReplyFramer framer = new ReplyFramer();
        volatile boolean measuring;
        private volatile @Nullable IOException failure;
        private volatile @Nullable Channel channel;
        private long[] latenciesNs = new long[1024];
        private volatile int latencyCount;
        private final ByteBuf input = Unpooled.buffer(4096);
        private int repliesMissing;
        private boolean barrierSent;
        private long sentNs;
        private boolean counted;

        Connection(Workload workload, int pipelined, int number, boolean behindBarrier) {
            this.workload = workload;
            this.pipelined = pipelined;
            this.random = new SplittableRandom(number);
            this.behindBarrier = behindBarrier;
            this.value = new byte[workload.valueBytes()];
            Arrays.fill(value, (byte) 'x');
        }

        LongStream latencies() {
            return Arrays.stream(latenciesNs, 0, latencyCount);
        }

        void failIfItHas() throws IOException {
            var found = failure;
            if (found != null) {
                throw found;
            }
        }

        void close() {
            var open = channel;
            if (open != null) {
                open.close().awaitUninterruptibly();
            }
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            channel = context.channel();
            var tls = context.pipeline().get(SslHandler.class);
            if (tls == null) {
                ready.complete(null);
                return;
            }
            tls.handshakeFuture()
                    .addListener(done -> {
                        if (done.isSuccess()) {
                            ready.complete(null);
                        } else {
                            ready.completeExceptionally(done.cause());
                        }
                    });
        }

        void send() {
            var open = channel;
            if (open == null) {
                return;
            }
            var out = open.alloc().ioBuffer(pipelined * (64 + value.length));
            boolean writes = false;
            for (int i = 0; i < pipelined; i++) {
                writes |= workload.addCommand(out, random, value);
            }
            repliesMissing = pipelined;
            barrierSent = behindBarrier && writes;
            if (barrierSent) {
                out.writeCharSequence(BARRIER, US_ASCII);
                repliesMissing++;
            }
            counted = measuring;
            sentNs = System.nanoTime();
            open.writeAndFlush(out, open.voidPromise());
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            var bytes = (ByteBuf) message;
            input.writeBytes(bytes);
            bytes.release();
            for (int length = framer.parse(input); length >= 0; length = framer.parse(input)) {
                if (ReplyFramer.isError(input, input.readerIndex())) {
                    fail(context, input.toString(input.readerIndex(), length, UTF_8));
                    return;
                }
                if (repliesMissing == 1 && barrierSent && !hasPassed(length)) {
                    fail(context, "the replica does not acknowledge what was written");
                    return;
                }
                input.skipBytes(length);
                if (--repliesMissing == 0) {
                    note(System.nanoTime() - sentNs);
                    input.discardReadBytes();
                    send();
                }
                if (!input.isReadable()) {
                    break;
                }
            }
        }

        private boolean hasPassed(int length) {
            return input.toString(input.readerIndex(), length, US_ASCII).equals(PASSED);
        }

        private void note(long tookNs) {
            if (counted && measuring) {
                int count = latencyCount;
                if (count == latenciesNs.length) {
                    latenciesNs = Arrays.copyOf(latenciesNs, 2 * count);
                }
                latenciesNs[count] = tookNs;
                latencyCount = count + 1;
            }
        }

        private void fail(ChannelHandlerContext context, String why) {
            failure = new IOException(why.strip());
            context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (measuring && failure == null) {
                failure = new IOException("the connection ended");
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            fail(context, cause.toString());
        }
    }
}
