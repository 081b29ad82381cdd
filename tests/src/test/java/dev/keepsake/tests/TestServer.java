package dev.keepsake.tests;

import dev.keepsake.buckets.S3Endpoint;
import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.ServerParts;
import dev.keepsake.server.StartException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A server of this process: its API on any port, its nodes on leased ones.
final class TestServer implements AutoCloseable {
    private static final int PORTS = 60;
    private static final int ENDPOINT_PORTS = 20;

    private static final long ENGINE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(100);

    private final PortRange ports;
    private final Server server;
    private final Api api;
    private final AtomicInteger endpoints = new AtomicInteger();

    private TestServer(PortRange ports, Server server) {
        this.ports = ports;
        this.server = server;
        this.api = new Api(server.endpoint());
    }

    /// The standard one, but ten times as patient with engines: on a busy machine an engine may
    /// need more than the standard 10 s for its answers to a long pipeline, and is not to be
    /// replaced for that.
    static FleetTuning tuning() {
        return FleetTuning.standard().withEngineTimeout(ENGINE_TIMEOUT_NS);
    }

    static TestServer start(Path directory) throws StartException {
        return start(directory, ServerParts.standard());
    }

    static TestServer start(Path directory, ServerParts parts) throws StartException {
        return start(directory, parts, tuning());
    }

    static TestServer start(Path directory, ServerParts parts, FleetTuning tuning)
            throws StartException {
        return start(directory, parts, tuning, (Path) null);
    }

    /// With buckets on an S3 server.
    static TestServer start(Path directory, S3Endpoint s3) throws StartException {
        var tuning = tuning();
        return start(FreePorts.next(PORTS), directory, ServerParts.standard(), tuning, s3, null);
    }

    /// On a certain engine, or on what the server finds when that is null.
    static TestServer start(Path directory, ServerParts parts, @Nullable Path engine)
            throws StartException {
        return start(directory, parts, tuning(), engine);
    }

    /// The same with another tuning.
    static TestServer start(
            Path directory, ServerParts parts, FleetTuning tuning, @Nullable Path engine)
            throws StartException {
        return start(FreePorts.next(PORTS), directory, parts, tuning, null, engine);
    }

    private static TestServer start(
            PortRange ports,
            Path directory,
            ServerParts parts,
            FleetTuning tuning,
            @Nullable S3Endpoint s3,
            @Nullable Path engine)
            throws StartException {
        var program = engine == null ? EngineRuns.forAllServers() : engine;
        var config = new ServerConfig("127.0.0.1", 0, directory, ports, program, tuning);
        return new TestServer(
                ports, Server.start(s3 == null ? config : config.withBucketsOn(s3), parts));
    }

    /// Starts another one on the data and the nodes' ports of this one, which has been closed.
    TestServer again(Path directory, ServerParts parts, FleetTuning tuning) throws StartException {
        return start(ports, directory, parts, tuning, null, null);
    }

    Api api() {
        return api;
    }

    URI endpoint() {
        return server.endpoint();
    }

    /// A port for the endpoint of one of several clusters that is no node's, another each time.
    int nextEndpointPort() {
        return ports.last() - endpoints.getAndIncrement() % ENDPOINT_PORTS;
    }

    /// A port for a cluster's endpoint that is no node's.
    int endpointPort() {
        return ports.last();
    }

    @Override
    public void close() {
        api.close();
        server.close();
    }
}
