package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlRecord;
import dev.keepsake.control.ControlRecordCodec;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.Create;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.ClaimOutcome;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.InsufficientClusterCapacityException;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterValueException;
import software.amazon.awssdk.services.memorydb.model.NodeQuotaForCustomerExceededException;

/// A server whose ports for nodes are used up, by clusters or by somebody else.
class PortsUsedUpIT {
    private static final int NODE_PORTS = 4;

    @TempDir Path directory;

    private static final int USUAL_PORT = 6379;

    // Those of nodes, and one for the endpoint of a cluster.
    private final PortRange ports = FreePorts.next(NODE_PORTS + 1);

    @Test
    void whatThereAreNoPortsForIsRefusedAndWhatWasDeletedMakesRoom() throws Exception {
        try (var server = start();
                var api = new Api(server.endpoint())) {
            api.create("a", 1, 1, 0, ports.last());
            assertThatThrownBy(() -> create(api, "b", 1))
                    .isInstanceOf(InsufficientClusterCapacityException.class)
                    .hasMessageContaining("1 ports are missing");
            assertThatThrownBy(() -> replicas(api, 4))
                    .isInstanceOf(NodeQuotaForCustomerExceededException.class);
            replicas(api, 3);
            await("it has replicas", () -> api.describe("a").status().equals("available"));
            replicas(api, 0);
            await("they are gone", () -> api.describe("a").status().equals("available"));
            createOnceThereIsRoom(api, "b", 1); // on the ports that the replicas had
            await("b is there", () -> api.describe("b").status().equals("available"));
            api.delete("a");
            api.delete("b");
            createOnceThereIsRoom(api, "c", 2);
            await("c is there", () -> api.describe("c").status().equals("available"));
        }
    }

    @Test
    void aClusterThatWasAcceptedAndFindsNoPortsFailsAndCanBeDeleted() throws Exception {
        accept("late");
        var taken = takeNodePorts();
        try (var server = start();
                var api = new Api(server.endpoint())) {
            await("it fails", () -> api.describe("late").status().equals("create-failed"));
            assertThat(api.messages("late"))
                    .containsExactly(
                            "Failed to create cluster due to unsuccessful creation of its node(s).",
                            "Deleting all nodes belonging to this cluster.");
            assertThat(api.describe("late").shards().getFirst().nodes())
                    .allMatch(node -> node.endpoint() == null);
            for (var socket : taken) {
                socket.close();
            }
            api.delete("late");
            createOnceThereIsRoom(api, "late", 1);
            await("it is there", () -> api.describe("late").status().equals("available"));
        } finally {
            for (var socket : taken) {
                socket.close();
            }
        }
    }

    @Test
    void aClusterWhosePortsSomebodyElseTookMeanwhileIsServedByTheOthersUntilTheyAreFree()
            throws Exception {
        int first;
        int second;
        try (var server = start();
                var api = new Api(server.endpoint())) {
            var nodes = api.create("a", 1, 1, 0, ports.last()).shards().getFirst().nodes();
            first = nodes.get(0).endpoint().port();
            second = nodes.get(1).endpoint().port();
            assertThat(answerAt(first, "SET", "k", "v")).isEqualTo("OK");
        }
        var taken = List.of(take(first), take(ports.last()));
        try (var lines = LogLines.of("dev.keepsake.fleet");
                var server = start();
                var api = new Api(server.endpoint())) {
            await("the other leads", () -> answerAt(second, "GET", "k").equals("v"));
            await(
                    "an event names the port",
                    () -> hasMessage(api, "Port %d at 127.0.0.1 cannot be listened on"));
            assertThat(lines.anyContains("cluster=a does not listen", "port=" + ports.last()))
                    .isTrue();
            assertThat(hasMessage(api, "Port %d at 127.0.0.1 is free")).isFalse();
            for (var socket : taken) {
                socket.close();
            }
            await("the first is back", () -> answerAt(first, "ROLE").startsWith("[slave"));
            await("the endpoint is back", () -> answerAt(ports.last(), "PING").equals("PONG"));
            await(
                    "events say so",
                    () ->
                            api.messages("a").contains("Finished recovery for nodes a-0001-001")
                                    && hasMessage(api, "Port %d at 127.0.0.1 is free"));
            assertThat(api.messages("a"))
                    .as("said once, however often it was tried")
                    .filteredOn(message -> message.contains("cannot be listened on"))
                    .hasSize(1);
        } finally {
            for (var socket : taken) {
                socket.close();
            }
        }
    }

    private boolean hasMessage(Api api, String beginning) {
        return api.messages("a").stream()
                .anyMatch(message -> message.startsWith(beginning.formatted(ports.last())));
    }

    @Test
    void aPortThatWasAskedForByItsNumberIsThatOneOrNone() throws Exception {
        try (var server = start();
                var api = new Api(server.endpoint())) {
            try (var others = new ServerSocket(ports.last(), 1, InetAddress.getLoopbackAddress())) {
                assertPortRefused(api, others.getLocalPort(), "another program listens");
            }
            createOn(api, "a", ports.last());
            // whether or not it has been seen to already
            assertPortRefused(api, ports.last(), "cluster ");
            await("a is there", () -> api.describe("a").status().equals("available"));
            var a = api.describe("a");
            assertThat(a.clusterEndpoint().port()).isEqualTo(ports.last());
            assertPortRefused(api, ports.last(), "cluster a listens");
            assertPortRefused(
                    api,
                    a.shards().getFirst().nodes().getFirst().endpoint().port(),
                    "a node of cluster a listens");
            api.delete("a");
            createOn(api, "b", ports.last()); // at once, as who replaces a cluster does
            await("b is there", () -> api.describe("b").status().equals("available"));
            assertThat(api.describe("b").clusterEndpoint().port()).isEqualTo(ports.last());
        }
    }

    @Test
    void anotherPortThanTheUsualOneIsAnnounced() throws Exception {
        try (var lines = LogLines.of("dev.keepsake.fleet");
                var server = start();
                var api = new Api(server.endpoint());
                var others = takeUsualPort()) {
            createOn(api, "a", null);
            await("a is there", () -> api.describe("a").status().equals("available"));
            int port = api.describe("a").clusterEndpoint().port();
            assertThat(port).isNotEqualTo(USUAL_PORT);
            assertThat(api.messages("a"))
                    .contains(
                            "Port 6379 is taken on this machine; the endpoint of the cluster listens on port %d."
                                    .formatted(port));
            await("the log says so", () -> lines.anyContains("port=6379", "instead=" + port));
            assertThat(others == null || others.isBound()).isTrue();
        }
    }

    /// Unless somebody else has it anyway.
    private static @Nullable ServerSocket takeUsualPort() {
        try {
            return new ServerSocket(USUAL_PORT, 1, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            return null;
        }
    }

    private static void assertPortRefused(Api api, int port, String owner) {
        assertThatThrownBy(() -> createOn(api, "refused", port))
                .isInstanceOf(InvalidParameterValueException.class)
                .hasMessageContaining("Port is " + port)
                .hasMessageContaining(owner)
                .hasMessageContaining("--node-addresses");
    }

    private static void createOn(Api api, String name, @Nullable Integer port) {
        api.client()
                .createCluster(request ->
                        request.clusterName(name)
                                .nodeType("db.t4g.small")
                                .aclName("open-access")
                                .tlsEnabled(false)
                                .numReplicasPerShard(0)
                                .port(port));
    }

    private static String answerAt(int port, String... command) {
        try (var wire = Wire.to(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }

    /// A port that a server has just left may be held for a moment.
    private static ServerSocket take(int port) {
        var taken = new AtomicReference<ServerSocket>();
        await(
                port + " is free",
                () -> {
                    try {
                        taken.set(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
                        return true;
                    } catch (IOException e) {
                        return false;
                    }
                });
        return taken.get();
    }

    private Server start() throws Exception {
        return Server.start(
                new ServerConfig(
                        "127.0.0.1",
                        0,
                        directory,
                        new PortRange(ports.first(), ports.last() - 1),
                        null),
                ServerParts.standard());
    }

    private List<ServerSocket> takeNodePorts() throws IOException {
        var taken = new ArrayList<ServerSocket>();
        for (int port = ports.first(); port < ports.last(); port++) {
            taken.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        }
        return taken;
    }

    private void create(Api api, String name, int replicas) {
        api.client()
                .createCluster(request ->
                        request.clusterName(name)
                                .nodeType("db.t4g.small")
                                .aclName("open-access")
                                .tlsEnabled(false)
                                .numReplicasPerShard(replicas)
                                .port(ports.last() - 1)); // the last one that a node would get
    }

    /// A listener that was closed may hold its port for a moment.
    private void createOnceThereIsRoom(Api api, String name, int replicas) {
        await(
                "there is room for " + name,
                () -> {
                    try {
                        create(api, name, replicas);
                        return true;
                    } catch (InsufficientClusterCapacityException
                            | InvalidParameterValueException e) {
                        return false;
                    }
                });
    }

    private static void replicas(Api api, int wanted) {
        api.client()
                .updateCluster(request ->
                        request.clusterName("a")
                                .replicaConfiguration(replicas -> replicas.replicaCount(wanted)));
    }

    /// Leaves the records that a server leaves that was killed right after it had accepted a
    /// cluster.
    private void accept(String name) throws Exception {
        var decided =
                new ControlPlane(new ControlState())
                        .createCluster(
                                Create.with(create -> {
                                    create.clusterName = name;
                                    create.port = ports.last();
                                    create.tlsEnabled = false;
                                }),
                                "us-east-1",
                                Instant.now(),
                                RandomGenerator.getDefault());
        List<ControlRecord> records = decided.records();
        try (var log = ServerParts.standard().logs().open(directory.resolve("control"))) {
            var claim = log.claim("control", -1).toCompletableFuture().get();
            assertThat(claim).isInstanceOf(ClaimOutcome.Won.class);
            var outcome =
                    log.append(
                                    ((ClaimOutcome.Won) claim).term(),
                                    0,
                                    ByteBuffer.wrap(ControlRecordCodec.encode(records)))
                            .toCompletableFuture()
                            .get();
            assertThat(outcome).isInstanceOf(AppendOutcome.Appended.class);
        }
    }
}
