package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepsake.core.AddressBlock;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.ServerParts;
import dev.keepsake.server.StartException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.Endpoint;
import software.amazon.awssdk.services.memorydb.model.InsufficientClusterCapacityException;
import software.amazon.awssdk.services.memorydb.model.Node;

/// What clients are told of where nodes are, when each has an address of its own, and when they
/// have a host name.
class NodeAddressesIT {
    @TempDir Path directory;
    private final PortRange ports = FreePorts.next(12);

    @Test
    void eachNodeHasAnAddressOfItsOwnAndKeepsIt() throws Exception {
        var random = RandomGenerator.getDefault();
        var block =
                AddressBlock.parse(
                        "127.%d.%d.32/28".formatted(random.nextInt(1, 255), random.nextInt(256)));
        assumeTrue(isOwn(block.address(0)), "this machine does not have " + block);
        Cluster cluster;
        try (var server = start(config().withNodeAddresses(block));
                var api = new Api(server.endpoint())) {
            cluster = api.createWithTls("demo", 2, 1, ports.last());
            assertThat(endpoints(cluster))
                    .hasSize(5)
                    .allMatch(endpoint -> endpoint.port() == ports.last())
                    .extracting(Endpoint::address)
                    .doesNotHaveDuplicates()
                    .allMatch(addressesOf(block)::contains);
            var trust = Trust.in(server.endpoint());
            var first = node(cluster, 0, 0);
            var second = node(cluster, 1, 0).endpoint();
            try (var wire = Wire.to(first, trust)) {
                assertThat(wire.ask("GET", "a"))
                        .isEqualTo("-MOVED 15495 %s:%d".formatted(second.address(), ports.last()));
                assertThat(wire.ask("CLUSTER", "SLOTS"))
                        .startsWith(
                                "[[0 8191 [%s %d "
                                        .formatted(first.endpoint().address(), ports.last()));
                assertThat(wire.ask("SET", "b", "v")).isEqualTo("OK");
            }
            try (var socket =
                    trust.handshake(
                            connect(cluster.clusterEndpoint()),
                            cluster.clusterEndpoint().address())) {
                assertThat(socket.getSession().isValid()).isTrue();
            }
            var other = api.createWithTls("other", 1, 1, ports.last()); // on the same port
            assertThat(endpoints(other)).doesNotContainAnyElementsOf(endpoints(cluster));
            assertThatThrownBy(() -> api.createWithTls("third", 1, 5, ports.last()))
                    .isInstanceOf(InsufficientClusterCapacityException.class)
                    .hasMessageContaining("1 addresses whose port %d is free", ports.last());
        }
        // Where they are is recorded, so this holds even when the server is told otherwise.
        try (var server = start(config());
                var api = new Api(server.endpoint())) {
            assertThat(endpoints(api.describe("demo"))).isEqualTo(endpoints(cluster));
            var trust = Trust.in(server.endpoint());
            await("it answers", () -> answers(node(cluster, 0, 0), trust, "v", "GET", "b"));
            api.failOver("demo", "0001");
            await("so does the other", () -> answers(node(cluster, 0, 1), trust, "v", "GET", "b"));
        }
    }

    @Test
    void aHostNameIsToldByTheApiAndByTheNodes() throws Exception {
        try (var server = start(config().announcing("localhost"));
                var api = new Api(server.endpoint())) {
            var cluster = api.createWithTls("demo", 2, 1, ports.last());
            assertThat(endpoints(cluster))
                    .allMatch(endpoint -> endpoint.address().equals("localhost"));
            var trust = Trust.in(server.endpoint());
            int port = node(cluster, 0, 0).endpoint().port();
            try (var wire = Wire.to(node(cluster, 0, 0), trust)) {
                assertThat(wire.ask("GET", "a"))
                        .isEqualTo(
                                "-MOVED 15495 localhost:%d"
                                        .formatted(node(cluster, 1, 0).endpoint().port()));
                assertThat(wire.ask("CLUSTER", "SLOTS"))
                        .matches(
                                "\\[\\[0 8191 \\[localhost %d [0-9a-f]{40} \\[ip 127.0.0.1]] .*"
                                        .formatted(port));
                assertThat(wire.ask("CLUSTER", "NODES"))
                        .contains(
                                " 127.0.0.1:%d@%d,localhost myself,master "
                                        .formatted(port, Math.min(65_535, port + 10_000)));
                assertThat(wire.ask("CLUSTER", "SHARDS"))
                        .contains(
                                "tls-port %d ip 127.0.0.1 endpoint localhost hostname localhost "
                                        .formatted(port));
                assertThat(wire.ask("SET", "b", "v")).isEqualTo("OK");
                await(
                        "the replica has come as far, and both tell so",
                        () -> {
                            var told = offsets(node(cluster, 0, 0), trust);
                            return told.equals(offsets(node(cluster, 0, 1), trust))
                                    && told.get(0).equals(told.get(1))
                                    && !told.get(0).equals("0");
                        });
            }
        }
    }

    @Test
    void addressesOfOtherMachinesAreRefusedWithTheWayOut() {
        assertThatThrownBy(
                        () -> start(config().withNodeAddresses(AddressBlock.parse("192.0.2.0/24"))))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("nothing can listen on 192.0.2.1")
                .hasMessageContaining("127.0.1.0/24 works");
    }

    private ServerConfig config() {
        return new ServerConfig(
                "127.0.0.1", 0, directory, new PortRange(ports.first(), ports.last() - 1), null);
    }

    private static Server start(ServerConfig with) throws StartException {
        return Server.start(with, ServerParts.standard());
    }

    private static boolean isOwn(String address) {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(address, 0));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Set<String> addressesOf(AddressBlock block) {
        return IntStream.range(0, block.size()).mapToObj(block::address).collect(toSet());
    }

    private static Node node(Cluster cluster, int shard, int number) {
        return cluster.shards().get(shard).nodes().get(number);
    }

    /// Of the cluster and of its nodes.
    private static List<Endpoint> endpoints(Cluster cluster) {
        var endpoints = new ArrayList<>(List.of(cluster.clusterEndpoint()));
        cluster.shards()
                .forEach(shard -> shard.nodes().forEach(node -> endpoints.add(node.endpoint())));
        return endpoints;
    }

    private static Socket connect(Endpoint endpoint) throws IOException {
        return new Socket(endpoint.address(), endpoint.port());
    }

    private static boolean answers(Node node, Trust trust, String reply, String... command) {
        try (var wire = Wire.to(node, trust)) {
            wire.ask("READONLY");
            return wire.ask(command).equals(reply);
        } catch (IOException e) {
            return false;
        }
    }

    /// How far the nodes of the first shard have come, as a node tells it.
    private static List<String> offsets(Node node, Trust trust) {
        try (var wire = Wire.to(node, trust)) {
            var shards = wire.ask("CLUSTER", "SHARDS");
            return Pattern.compile("replication-offset (\\d+)")
                    .matcher(shards)
                    .results()
                    .map(found -> found.group(1))
                    .limit(2)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
