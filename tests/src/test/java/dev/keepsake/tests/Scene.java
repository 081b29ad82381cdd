package dev.keepsake.tests;

import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/// A cluster with one shard, and what a fault may do to it. Owned by the test's thread.
abstract class Scene implements AutoCloseable {
    static final int LAG_MS = 200;

    private final String cluster;
    private final Shard shard;

    private Scene(Api api, Path data, String cluster, int replicas, int port) {
        this.cluster = cluster;
        api.create(cluster, 1, replicas, LAG_MS, port);
        this.shard = new Shard(api, cluster, data);
    }

    /// On a server that others use too.
    static Scene on(TestServer server, Path data, String cluster, int replicas) {
        return new OnSharedServer(server, data, cluster, replicas);
    }

    /// On a server that is a process of its own.
    static Scene onServerOfItsOwn(Path data, String cluster, int replicas) throws IOException {
        var ports = PortRange.findFree(10, RandomGenerator.getDefault());
        var server = launch(data, ports);
        try {
            var api = new Api(server.awaitReady());
            return new OnOwnServer(server, api, data, ports, cluster, replicas);
        } catch (IOException | RuntimeException | Error e) {
            server.close();
            throw e;
        }
    }

    private static ServerProcess launch(Path data, PortRange ports) throws IOException {
        return ServerProcess.launch(
                data, ports.first(), new PortRange(ports.first() + 1, ports.last() - 1));
    }

    final Shard shard() {
        return shard;
    }

    final String cluster() {
        return cluster;
    }

    /// What the events say of the cluster since it was made, oldest first.
    final List<String> messages() {
        return api().messages(cluster).stream()
                .filter(message -> !message.equals("Cluster created."))
                .toList();
    }

    final void callFailover() {
        api().client().failoverShard(request -> request.clusterName(cluster).shardName(Shard.NAME));
    }

    abstract Api api();

    /// SIGKILL, and a new start.
    abstract void restartServer() throws IOException, InterruptedException, TimeoutException;

    @Override
    public abstract void close();

    private static final class OnSharedServer extends Scene {
        private final TestServer server;

        OnSharedServer(TestServer server, Path data, String cluster, int replicas) {
            super(server.api(), data, cluster, replicas, server.endpointPort());
            this.server = server;
        }

        @Override
        Api api() {
            return server.api();
        }

        @Override
        void restartServer() {
            throw new UnsupportedOperationException("others use this server");
        }

        @Override
        public void close() {
            api().delete(cluster());
        }
    }

    private static final class OnOwnServer extends Scene {
        private final Path data;
        private final PortRange ports;
        private ServerProcess server;
        private Api api;

        OnOwnServer(
                ServerProcess server,
                Api api,
                Path data,
                PortRange ports,
                String cluster,
                int replicas) {
            super(api, data, cluster, replicas, ports.last());
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
        void restartServer() throws IOException, InterruptedException, TimeoutException {
            api.close();
            server.kill();
            server.close();
            server = launch(data, ports);
            api = new Api(server.awaitReady());
        }

        @Override
        public void close() {
            api.close();
            server.terminate();
            server.close();
        }
    }
}
