package dev.keepsake.api;

import static dev.keepsake.core.Checks.checkState;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import dev.keepsake.core.Clock;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An HTTP server for versions 1.1 and 1.0, with bounds that hold whatever clients do. Owned by one
/// event loop, which all its connections share. Requests are executed on other threads.
///
/// Decision 17 (docs/decisions) says why the API has its own server.
final class HttpServer implements AutoCloseable {
    private static final int BACKLOG = 1_024;
    private static final int READ_BYTES = 16 << 10;
    private static final int SWEEP_EVERY_MS = 500;
    private static final int FINISH_WITHIN_MS = 1_000;
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private record Asked(HttpConnection connection, Supplier<HttpAnswer> work, int bytes) {}

    private final HttpBounds bounds;
    private final Clock clock;
    private final EventLoop loop;
    private final Executor workers =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("api-", 0).factory());

    private final LinkedHashSet<HttpConnection> connections = new LinkedHashSet<>();
    private final LinkedHashSet<HttpConnection> waiting = new LinkedHashSet<>(); // oldest first
    private final ArrayDeque<Asked> queue = new ArrayDeque<>();
    private int working;
    private long heldBytes;
    private @Nullable Channel listener;
    private int port;
    private @Nullable Future<?> sweeping;
    private @Nullable Runnable finished;

    private HttpServer(HttpBounds bounds, Clock clock, EventLoop loop) {
        this.bounds = bounds;
        this.clock = clock;
        this.loop = loop;
    }

    /// Starts to listen.
    ///
    /// @param loop runs everything but the requests; it has to run until this is closed
    /// @param kind the type of listeners on that loop
    /// @throws IOException when the address cannot be listened on
    static HttpServer start(
            InetSocketAddress address,
            HttpService service,
            HttpBounds bounds,
            Clock clock,
            EventLoop loop,
            Class<? extends ServerChannel> kind)
            throws IOException {
        var server = new HttpServer(bounds, clock, loop);
        var binding =
                new ServerBootstrap()
                        .group(loop)
                        .channel(kind)
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .childOption(ChannelOption.AUTO_READ, false)
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.SO_KEEPALIVE, true)
                        .childOption(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new FixedRecvByteBufAllocator(READ_BYTES).maxMessagesPerRead(1))
                        .childHandler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        channel.pipeline()
                                                .addLast(
                                                        new HttpConnection(
                                                                server,
                                                                service.forClient(
                                                                        channel.remoteAddress()),
                                                                channel));
                                    }
                                })
                        .bind(address)
                        .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw new IOException(binding.cause());
        }
        server.listener = binding.channel();
        server.port = ((InetSocketAddress) binding.channel().localAddress()).getPort();
        server.sweeping =
                loop.scheduleWithFixedDelay(
                        server::sweep, SWEEP_EVERY_MS, SWEEP_EVERY_MS, TimeUnit.MILLISECONDS);
        return server;
    }

    /// The port on which it listens.
    int port() {
        return port;
    }

    HttpBounds bounds() {
        return bounds;
    }

    /// The present time in the form of HTTP.
    String date() {
        return DATE.format(clock.now());
    }

    /// The refusal of a request for which there is no room now. AWS's clients repeat it after a
    /// while.
    static ApiException tooMuch() {
        return Fault.THROTTLING.because("The server has too much to do at present; try again.");
    }

    // ---- connections

    void opened(HttpConnection connection) {
        checkState(loop.inEventLoop(), "called on %s", Thread.currentThread());
        if (finished != null) {
            connection.close();
            return;
        }
        connections.add(connection);
        waits(connection);
        if (connections.size() > bounds.connections()) {
            waiting.getFirst().close();
        }
    }

    /// Reports that a connection waits for its client from now on.
    void waits(HttpConnection connection) {
        connection.waitingSince(clock.nowNs());
        waiting.remove(connection);
        waiting.addLast(connection);
    }

    /// Reports that a connection has a stream from now on, so it waits for no request.
    void streams(HttpConnection connection) {
        waiting.remove(connection);
    }

    void closed(HttpConnection connection) {
        connections.remove(connection);
        waiting.remove(connection);
        heldBytes -= connection.heldBytes();
    }

    /// Adds to the number of held bytes; negative when bytes are released. When there are too many,
    /// the connections that have waited longest are closed.
    ///
    /// @return false when there are still too many, and no connection is left to close
    boolean hold(int more) {
        heldBytes += more;
        while (more > 0 && heldBytes > bounds.heldBytes()) {
            var oldest =
                    waiting.stream().filter(each -> each.heldBytes() > 0).findFirst().orElse(null);
            if (oldest == null) {
                return false;
            }
            oldest.close();
        }
        return true;
    }

    private void sweep() {
        long nowNs = clock.nowNs();
        var late = new ArrayList<HttpConnection>();
        for (var connection : waiting) {
            long limitNs = connection.isIdle() ? bounds.idleNs() : bounds.requestNs();
            if (nowNs - connection.sinceNs() >= limitNs) {
                late.add(connection);
            }
        }
        late.forEach(HttpConnection::timeOut);
    }

    // ---- execution of requests

    /// Executes a request, and passes the answer to its connection.
    ///
    /// @return false when too many requests are waiting
    boolean work(HttpConnection connection, HttpService.Work work, byte[] body) {
        boolean isBusy = working >= bounds.working() && queue.size() >= bounds.queued();
        if (isBusy || !hold(body.length)) {
            heldBytes -= isBusy ? 0 : body.length;
            return false;
        }
        waiting.remove(connection);
        queue.add(new Asked(connection, () -> work.answer(body), body.length));
        workOn();
        return true;
    }

    private void workOn() {
        while (working < bounds.working() && !queue.isEmpty()) {
            var next = queue.remove();
            if (next.connection().isClosed()) {
                heldBytes -= next.bytes(); // its connection is closed, and it has not begun
                continue;
            }
            working++;
            workers.execute(() -> carryOut(next));
        }
        if (working == 0 && finished != null) {
            finished.run();
        }
    }

    private void carryOut(Asked asked) {
        HttpAnswer answer = null;
        try {
            answer = asked.work().get();
        } finally {
            var given = answer;
            try {
                loop.execute(() -> carriedOut(asked, given));
            } catch (RejectedExecutionException _) {
                // the event loop has ended, with all connections
            }
        }
    }

    private void carriedOut(Asked asked, @Nullable HttpAnswer answer) {
        working--;
        heldBytes -= asked.bytes();
        if (answer == null) {
            asked.connection().close();
        } else {
            asked.connection().answered(answer);
        }
        workOn();
    }

    // ---- closing

    /// Stops listening, lets requests under way finish, for at most one second, and closes all
    /// connections. Idempotent. Must not be called on the event loop.
    @Override
    public void close() {
        var done = new CompletableFuture<Void>();
        try {
            loop.execute(() -> finish(() -> done.complete(null)));
            await(done, FINISH_WITHIN_MS);
            var closed = loop.submit(this::closeAll);
            await(closed, FINISH_WITHIN_MS);
        } catch (RejectedExecutionException _) {
            // the event loop has ended, with everything on it
        }
    }

    private void finish(Runnable then) {
        if (listener != null) {
            listener.close();
        }
        if (sweeping != null) {
            sweeping.cancel(false);
        }
        finished = then;
        workOn();
    }

    private void closeAll() {
        List.copyOf(connections).forEach(HttpConnection::close);
        queue.clear();
    }

    private static void await(Future<?> future, int withinMs) {
        try {
            future.get(withinMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException _) {
            // requests that have not finished are interrupted
        }
    }
}
