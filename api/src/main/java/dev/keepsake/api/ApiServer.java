package dev.keepsake.api;

import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.LiveService;
import dev.keepsake.core.Clock;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The AWS API over HTTP: `POST /` with `X-Amz-Target`, AWS JSON 1.1, a health check, and the
/// console with its stream of live values. Requests run on virtual threads and may block. Every
/// error is answered in the form of the service, never as an HTML page.
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

    private static final long STREAM_EVERY_NS = TimeUnit.SECONDS.toNanos(1);

    private final HttpServer http;

    private ApiServer(HttpServer http) {
        this.http = http;
    }

    /// Starts to listen, and records no requests.
    public static ApiServer start(
            ApiConfig config,
            ControlService control,
            AccessStringCheck check,
            LiveService live,
            Clock clock,
            RandomGenerator random,
            EventLoop loop,
            Class<? extends ServerChannel> kind)
            throws IOException {
        return start(config, control, check, live, RequestLog.NONE, clock, random, loop, kind);
    }

    /// Starts to listen.
    ///
    /// @param live looks at what runs, for the console
    /// @param requests receives a record of each request; the caller closes it
    /// @param loop reads requests and writes answers; it has to run until this is closed
    /// @param kind the type of listeners on that loop
    /// @throws IOException when the address cannot be listened on; the message names it
    public static ApiServer start(
            ApiConfig config,
            ControlService control,
            AccessStringCheck check,
            LiveService live,
            RequestLog requests,
            Clock clock,
            RandomGenerator random,
            EventLoop loop,
            Class<? extends ServerChannel> kind)
            throws IOException {
        var streams = new LiveStreams(live, clock, loop, STREAM_EVERY_NS);
        var routes = new ApiRoutes(config, control, check, streams, clock, random);
        var keys = config.access().credentials();
        if (keys.isEmpty() && control.query(plane -> plane.access().hasIamUsers())) {
            LOG.warn(AccessOperations.UNVERIFIED_TOKENS);
        }
        try {
            return new ApiServer(
                    HttpServer.start(
                            new InetSocketAddress(config.host(), config.port()),
                            requests.isWanted()
                                    ? new LoggedRequests(routes, requests, keys, clock)
                                    : routes,
                            HttpBounds.STANDARD,
                            clock,
                            loop,
                            kind));
        } catch (IOException e) {
            throw new IOException(
                    "the API cannot listen on %s:%d; is the port in use?"
                            .formatted(config.host(), config.port()),
                    e);
        }
    }

    /// The port on which it listens.
    public int port() {
        return http.port();
    }

    /// Stops listening and lets requests under way finish, for at most one second. Idempotent.
    @Override
    public void close() {
        http.close();
    }
}
