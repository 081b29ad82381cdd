package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import dev.keepsake.server.PortRange;
import dev.keepsake.server.StartException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import software.amazon.awssdk.services.memorydb.model.InvalidClusterStateException;

/// A cluster with one shard, and what a fault may do to it. Owned by the test's thread.
abstract class Scene implements AutoCloseable {
    private static final int LAG_MS = 200;

    private final String cluster;
    private final Path data;
    private final Shard shard;

    private Scene(Api api, Path data, String cluster, Fault fault, int port) {
        this.cluster = cluster;
        this.data = data;
        var tags = new HashMap<>(fault.tags());
        tags.put("keepsake:replica-lag-ms", "" + LAG_MS);
        api.create(cluster, 1, fault.replicas(), port, tags);
        this.shard = new Shard(api, cluster, data);
    }

    /// On a server that others use too.
    ///
    /// @param data the server's data directory
    static Scene on(TestServer server, Path data, String cluster, Fault fault) {
        return new OnSharedServer(server, data, cluster, fault);
    }

    /// On a server that nobody else uses.
    static Scene onServerOfItsOwn(Path data, String cluster, Fault fault) throws StartException {
        var disk = new SmallDisk();
        var server = TestServer.start(data, SmallServer.parts(disk), SmallServer.tuning());
        try {
            return new OnOwnServer(server, data, disk, cluster, fault);
        } catch (RuntimeException | Error e) {
            server.close();
            throw e;
        }
    }

    /// On a server that is a process of its own.
    static Scene onProcessOfItsOwn(Path data, String cluster, Fault fault) throws IOException {
        var ports = FreePorts.next(10);
        var server = launch(data, ports);
        try {
            var api = new Api(server.awaitReady());
            return new OnOwnProcess(server, api, data, ports, cluster, fault);
        } catch (IOException | RuntimeException | Error e) {
            server.close();
            throw e;
        }
    }

    private static ServerProcess launch(Path data, PortRange ports) throws IOException {
        return ServerProcess.launchSmall(data, new PortRange(ports.first(), ports.last() - 1));
    }

    final Shard shard() {
        return shard;
    }

    final String cluster() {
        return cluster;
    }

    /// What the events say of the cluster since it was made, oldest first; but for its endpoint,
    /// whose port an engine that starts at this moment may have inherited until its program is
    /// loaded.
    final List<String> messages() {
        return api().messages(cluster).stream()
                .filter(message -> !message.equals("Cluster created."))
                .filter(message -> !message.startsWith("Port "))
                .toList();
    }

    final void callFailover() {
        api().client().failoverShard(request -> request.clusterName(cluster).shardName(Shard.NAME));
    }

    abstract Api api();

    /// The files of the shard's log.
    final LogFiles logFiles() {
        return new LogFiles(data, cluster);
    }

    /// What happens while no server runs.
    interface Interlude {
        void happen() throws IOException;
    }

    /// The server stops, by SIGKILL if it is a process of its own, and another starts.
    void restartServer(Interlude interlude)
            throws IOException, InterruptedException, TimeoutException, StartException {
        throw new IllegalStateException("others use this server, and so does this process");
    }

    /// SIGKILL, a new start that is killed before or after it has come to anything, and another.
    void restartServerTwice(BooleanSupplier isTime)
            throws IOException, InterruptedException, TimeoutException {
        throw new IllegalStateException("this process is not to be killed");
    }

    /// Waits until the present server of its own has complained about something that it keeps.
    void awaitComplaint(String text) {
        throw new IllegalStateException("others complain in the same log");
    }

    /// From now on no file of the shard's log can be opened.
    void forbidWriting() {
        throw new IllegalStateException("the disk of another process is the real one");
    }

    /// They can again.
    void allowWriting() {
        throw new IllegalStateException("the disk of another process is the real one");
    }

    /// Writes to the disk fail.
    void fillDisk() {
        throw new IllegalStateException("the disk of another process is the real one");
    }

    /// There is space again.
    void freeDisk() {
        throw new IllegalStateException("the disk of another process is the real one");
    }

    @Override
    public abstract void close();

    private static final class OnSharedServer extends Scene {
        private final TestServer server;

        OnSharedServer(TestServer server, Path data, String cluster, Fault fault) {
            super(server.api(), data, cluster, fault, server.nextEndpointPort());
            this.server = server;
        }

        @Override
        Api api() {
            return server.api();
        }

        @Override
        public void close() {
            await("it may be deleted", this::isDeleted);
        }

        private boolean isDeleted() {
            try {
                api().delete(cluster());
                return true;
            } catch (InvalidClusterStateException e) {
                return false; // a failover is not over yet
            }
        }
    }

    private static final class OnOwnServer extends Scene {
        private final Path data;
        private final SmallDisk disk;
        private TestServer server;
        private LogLines lines = LogLines.of("dev.keepsake");

        OnOwnServer(TestServer server, Path data, SmallDisk disk, String cluster, Fault fault) {
            super(server.api(), data, cluster, fault, server.endpointPort());
            this.data = data;
            this.disk = disk;
            this.server = server;
        }

        @Override
        Api api() {
            return server.api();
        }

        @Override
        void restartServer(Interlude interlude) throws IOException, StartException {
            server.close();
            interlude.happen();
            lines.close();
            lines = LogLines.of("dev.keepsake");
            server = server.again(data, SmallServer.parts(disk), SmallServer.tuning());
        }

        @Override
        void awaitComplaint(String text) {
            // The loggers are those of other servers in this process too.
            await("it says: " + text, () -> lines.anyContains(text, data.toString()));
        }

        @Override
        void forbidWriting() {
            disk.readOnly(logFiles().segments().getLast().resolveSibling(""));
        }

        @Override
        void allowWriting() {
            disk.writable();
        }

        @Override
        void fillDisk() {
            disk.full(true);
        }

        @Override
        void freeDisk() {
            disk.full(false);
        }

        @Override
        public void close() {
            lines.close();
            server.close();
        }
    }

    private static final class OnOwnProcess extends Scene {
        private final Path data;
        private final PortRange ports;
        private ServerProcess server;
        private Api api;

        OnOwnProcess(
                ServerProcess server,
                Api api,
                Path data,
                PortRange ports,
                String cluster,
                Fault fault) {
            super(api, data, cluster, fault, ports.last());
            this.data = data;
            this.ports = ports;
            this.server = server;
            this.api = api;
        }

        @Override
        Api api() {
            return api;
        }

        @Override
        void restartServer(Interlude interlude)
                throws IOException, InterruptedException, TimeoutException {
            api.close();
            server.kill();
            server.close();
            interlude.happen();
            server = launch(data, ports);
            api = new Api(server.awaitReady());
        }

        @Override
        void restartServerTwice(BooleanSupplier isTime)
                throws IOException, InterruptedException, TimeoutException {
            restartServer(() -> {
                try (var first = launch(data, ports)) {
                    await("some moment", isTime);
                    first.kill();
                } catch (InterruptedException | TimeoutException e) {
                    throw new IOException("it cannot be killed", e);
                }
            });
        }

        @Override
        public void close() {
            api.close();
            server.stop();
        }
    }
}
