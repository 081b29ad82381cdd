package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Clusters that are deleted while something is under way for them: they go at once, and leave
/// neither engine nor file nor port behind.
class GivenUpIT {
    private static final int NODE_PORTS = 6;

    @TempDir Path directory;

    // The API's, those of the nodes, and one for the endpoint of a cluster.
    private final PortRange ports = FreePorts.next(NODE_PORTS + 2);

    @Test
    void whateverIsUnderWay() throws Exception {
        try (var server = Server.start(config(null, TestServer.tuning()), parts());
                var api = new Api(server.endpoint())) {
            for (int i = 0; i < 3; i++) {
                begin(api, "creating");
                assertGoes(api, "creating");
            }
            begin(api, "launching");
            await("an engine is launched", () -> !engines().isEmpty());
            assertGoes(api, "launching");

            api.create("updating", 1, 1, ports.last(), Map.of());
            api.client()
                    .updateCluster(request ->
                            request.clusterName("updating")
                                    .replicaConfiguration(wanted -> wanted.replicaCount(3)));
            assertThat(api.describe("updating").status()).isEqualTo("updating");
            assertGoes(api, "updating");

            for (String mode : List.of("crash", "silent", "handover")) {
                api.create(mode, 1, 1, ports.last(), Map.of("keepsake:failover-mode", mode));
                api.client().failoverShard(request -> request.clusterName(mode).shardName("0001"));
                assertGoes(api, mode);
            }

            api.create("snapshotting", 1, 1, ports.last(), Map.of());
            api.client()
                    .createSnapshot(request ->
                            request.clusterName("snapshotting").snapshotName("asked-for"));
            assertThat(api.describe("snapshotting").status()).isEqualTo("snapshotting");
            assertGoes(api, "snapshotting");
            api.awaitSnapshot("asked-for", "available");
        }
    }

    /// Nothing but the deletion ends an engine that hangs at its start, for ten seconds. It has
    /// been examined before.
    @Test
    void anEngineThatHangsAtItsStart() throws Exception {
        var engine = directory.resolve("redis-server");
        Files.writeString(
                engine,
                """
                #!/bin/sh
                [ "$1" = --version ] && echo 'Redis server v=7.0.15 sha=00000000:0' && exit
                case "$*" in */examined-*) exec %s "$@" ;; esac
                while :; do read line || exec tail -f /dev/null "$0"; done
                """
                        .formatted(ServedNode.findEngine(directory).path()));
        Files.setPosixFilePermissions(engine, PosixFilePermissions.fromString("rwx------"));
        try (var server = Server.start(config(engine, TestServer.tuning()), parts());
                var api = new Api(server.endpoint())) {
            begin(api, "hanging");
            await("engines are launched", () -> engines().size() == 2);
            assertGoes(api, "hanging");
        }
    }

    /// A server that is killed while a cluster is deleting is followed by one that goes on with it.
    @Test
    void aServerThatIsKilledMeanwhile() throws Exception {
        var nodes = new PortRange(ports.first() + 1, ports.last() - 1);
        try (var first = ServerProcess.launch(data(), ports.first(), nodes, "--pace", "aws/2");
                var api = new Api(first.awaitReady())) {
            begin(api, "creating");
            api.client().deleteCluster(request -> request.clusterName("creating"));
            first.kill();
        }
        try (var second = ServerProcess.launch(data(), ports.first(), nodes);
                var api = new Api(second.awaitReady())) {
            assertGone(api, "creating");
            assertThat(api.messages("creating")).containsExactly("Cluster deleted.");
        }
    }

    private void begin(Api api, String name) {
        api.client()
                .createCluster(request ->
                        request.clusterName(name)
                                .nodeType("db.t4g.small")
                                .aclName("open-access")
                                .tlsEnabled(false)
                                .numReplicasPerShard(1)
                                .port(ports.last()));
    }

    private void assertGoes(Api api, String name) throws IOException {
        assertThat(
                        api.client()
                                .deleteCluster(request -> request.clusterName(name))
                                .cluster()
                                .status())
                .isEqualTo("deleting");
        assertGone(api, name);
        assertThat(api.messages(name)).endsWith("Cluster deleted.");
    }

    private void assertGone(Api api, String name) throws IOException {
        await(name + " is gone", () -> isGone(api));
        await("no engine is left of " + name, () -> engines().isEmpty());
        await("no port is left of " + name, this::arePortsFree);
        var clusters = data().resolve("clusters").resolve("us-east-1");
        if (Files.exists(clusters)) {
            try (var left = Files.list(clusters)) {
                assertThat(left).as("what is left of %s", name).isEmpty();
            }
        }
    }

    private static boolean isGone(Api api) {
        return api.client().describeClusters(request -> {}).clusters().isEmpty();
    }

    private boolean arePortsFree() {
        return IntStream.rangeClosed(ports.first() + 1, ports.last())
                .allMatch(GivenUpIT::isPortFree);
    }

    private static boolean isPortFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    /// The lines that engines of this server were started with, or what stands for them.
    private List<String> engines() {
        return ProcessHandle.current()
                .descendants()
                .map(each -> String.join(" ", each.info().arguments().orElse(new String[0])))
                .filter(line -> line.contains(directory.toString()))
                .filter(line -> !line.contains("dev.keepsake.cli.Main"))
                .filter(line -> !line.contains("keepsake-guard")) // which ends with the server
                .toList();
    }

    private Path data() {
        return directory.resolve("data");
    }

    private static ServerParts parts() {
        return ServerParts.standard();
    }

    private ServerConfig config(@Nullable Path engine, FleetTuning tuning) {
        return new ServerConfig(
                "127.0.0.1",
                ports.first(),
                data(),
                new PortRange(ports.first() + 1, ports.last() - 1),
                engine,
                tuning);
    }
}
