package dev.keepsake.server;

import dev.keepsake.api.ApiConfig;
import dev.keepsake.api.ApiServer;
import dev.keepsake.core.AddressBlock;
import dev.keepsake.core.Clock;
import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineNotFoundException;
import dev.keepsake.engine.RunDirectory;
import dev.keepsake.engine.Transport;
import dev.keepsake.fleet.Fleet;
import dev.keepsake.fleet.FleetConfig;
import dev.keepsake.trust.CertificateAuthority;
import dev.keepsake.trust.NodeTls;
import dev.keepsake.trust.PermittedNames;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running server with all its parts.
public final class Server implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    private final URI endpoint;
    private final ArrayDeque<AutoCloseable> parts;

    private Server(URI endpoint, ArrayDeque<AutoCloseable> parts) {
        this.endpoint = endpoint;
        this.parts = parts;
    }

    /// Starts a server. First ends the processes that an earlier server on the same data directory
    /// has left. The clusters in the data directory are started again.
    ///
    /// @throws StartException when it cannot start; no part is left running then
    public static Server start(ServerConfig config) throws StartException {
        return start(config, ServerParts.standard());
    }

    /// Starts a server with other parts than the standard ones.
    public static Server start(ServerConfig config, ServerParts parts) throws StartException {
        return start(config, parts, new MachineClock());
    }

    /// Does the same with another clock than the machine's.
    static Server start(ServerConfig config, ServerParts parts, Clock clock) throws StartException {
        var started = new ArrayDeque<AutoCloseable>();
        try {
            var endpoint = start(config, parts, clock, started);
            var server = new Server(endpoint, started);
            started = new ArrayDeque<>();
            return server;
        } catch (EngineNotFoundException | IOException e) {
            throw new StartException(String.valueOf(e.getMessage()));
        } finally {
            closeAll(started); // is empty, unless the start has failed
        }
    }

    private static URI start(
            ServerConfig config, ServerParts parts, Clock clock, ArrayDeque<AutoCloseable> started)
            throws StartException, EngineNotFoundException, IOException {
        started.push(parts.logs());
        started.push(parts.requests());
        var data = config.dataDirectory().toAbsolutePath();
        var random = new SecureRandom();
        started.push(DataLock.take(data));
        requireFree(config.apiHost(), config.apiPort());
        if (config.nodeAddresses() != null) {
            requireOwn(config.nodeAddresses());
        }
        var finder =
                new EngineFinder(
                        config.engine(),
                        System.getenv().getOrDefault("PATH", ""),
                        data.resolve("bin"));
        var found = finder.findAll();
        var launcher = new EngineLauncher(found.first(), RunDirectory.forData(data), clock);
        started.push(launcher);
        launcher.endOrphans();
        var examiner = new EngineExaminer(launcher, EngineExaminer.directoryIn(data));
        var examination = EngineExamination.begin(found, examiner); // while the rest starts
        var authority =
                CertificateAuthority.open(
                        tlsDirectory(data),
                        PermittedNames.of(config.hostName(), config.nodeAddresses()),
                        clock,
                        random);
        int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
        var transport = startTransport(config.transport(), threads);
        started.push(transport);
        LOG.info("transport={} threads={}", transport.name(), threads);
        var gate = EngineGate.of(config);
        var engines = gate.admit(examination.await());
        var fleet =
                Fleet.start(
                        new FleetConfig(
                                config.apiHost(),
                                config.nodePorts().first(),
                                config.nodePorts().last(),
                                config.nodePorts().isAny(),
                                config.nodeAddresses(),
                                config.hostName(),
                                data,
                                finder.places(),
                                config.tuning(),
                                parts.hold(),
                                config.access().credentials(),
                                config.s3()),
                        parts.logs(),
                        launcher,
                        engines,
                        gate.rule(),
                        transport,
                        authority,
                        ProcessRoom.forClients(config.tuning().front().maxOutputBytes()),
                        clock,
                        random,
                        ServerParts::onFault);
        started.push(fleet);
        LOG.info("nodes speak TLS by {}", NodeTls.implementation());
        // The API has its own thread, so that many requests do not delay the clients of a node.
        var apiTransport = startTransport(config.transport(), 1);
        started.push(apiTransport);
        var api = startApi(config, parts, authority, fleet, clock, random, apiTransport);
        started.push(api);
        return URI.create("http://%s:%d".formatted(config.apiHost(), api.port()));
    }

    private static Transport startTransport(Transport.@Nullable Kind wanted, int threads) {
        return wanted == null ? Transport.best(threads) : Transport.of(wanted, threads);
    }

    /// The directory of a server's certificate authority.
    public static Path tlsDirectory(Path dataDirectory) {
        return dataDirectory.resolve("tls");
    }

    /// Reports a busy port before the clusters are started instead of after it.
    private static void requireFree(String host, int port) throws StartException {
        try (var probe = new Socket()) { // does not listen, not even for a moment; see PortHold
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new StartException(
                    "the API cannot listen on %s:%d: %s. Choose another with --api-port."
                            .formatted(host, port, e.getMessage()));
        }
    }

    /// Checks at the start whether this machine has the addresses of the block, not only when a
    /// cluster is created.
    private static void requireOwn(AddressBlock block) throws StartException {
        String address = block.address(0);
        try (var probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(address, 0));
        } catch (IOException e) {
            throw new StartException(
                    "--node-addresses is %s, but nothing can listen on %s: %s. Linux has all of 127.0.0.0/8, so 127.0.1.0/24 works there; elsewhere add each address first (macOS: sudo ifconfig lo0 alias %s). 'ip address' or 'ifconfig' lists those that this machine has."
                            .formatted(block, address, e.getMessage(), address));
        }
    }

    private static ApiServer startApi(
            ServerConfig config,
            ServerParts parts,
            CertificateAuthority authority,
            Fleet fleet,
            Clock clock,
            SecureRandom random,
            Transport transport)
            throws StartException {
        try {
            return ApiServer.start(
                    ApiConfig.standard(config.apiHost(), config.apiPort())
                            .vouchedForBy(authority.pem())
                            .with(config.access())
                            .announcing(config.hostName()),
                    fleet.control(),
                    fleet.accessStrings(),
                    fleet.live(),
                    parts.requests(),
                    clock,
                    random,
                    transport.group().next(),
                    transport.serverChannel());
        } catch (IOException e) {
            throw new StartException(e.getMessage() + " Choose another with --api-port.");
        }
    }

    /// The URL of the API, without a slash at the end.
    public URI endpoint() {
        return endpoint;
    }

    /// Stops all parts in the reverse order of their start. Idempotent, and bounded in time.
    @Override
    public void close() {
        closeAll(parts);
    }

    private static void closeAll(ArrayDeque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            var part = parts.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("part={} did not close in order", part.getClass().getSimpleName(), e);
            }
        }
    }
}
