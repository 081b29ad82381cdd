package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.Node;
import software.amazon.awssdk.services.memorydb.model.Tag;

/// What a test gets, and what it can do with it.
@Keepsake(
        value = {
            @Cluster(name = "orders", tls = false, topologyLagMs = 1),
            @Cluster(name = "stock")
        },
        options = KeepsakeExtensionIT.PATIENT)
class KeepsakeExtensionIT {
    /// On a busy machine an engine may need long for an answer, and is not to be replaced for that.
    static final String PATIENT = "--engine-timeout-ms=100000";

    private static final String ORDERS = "orders";
    private static final String SHARD = "0001";

    private final KeepsakeServer server;
    private final KeepsakeCluster orders;
    private final MemoryDbClient api;

    KeepsakeExtensionIT(
            KeepsakeServer server,
            @ClusterName(ORDERS) KeepsakeCluster orders,
            MemoryDbClient api) {
        this.server = server;
        this.orders = orders;
        this.api = api;
    }

    @Test
    void allParametersAreOfTheSameServer(
            URI endpoint,
            SSLContext trust,
            @CaFile Path ca,
            @ClusterName("stock") KeepsakeCluster stock)
            throws Exception {
        assertThat(endpoint).isEqualTo(server.endpoint());
        assertThat(ca).isEqualTo(server.caFile()).content().contains("BEGIN CERTIFICATE");
        assertThat(server.clusters()).containsExactly(orders, stock);
        assertThat(api.describeClusters(request -> {}).clusters())
                .extracting(cluster -> cluster.name())
                .containsExactlyInAnyOrder("orders", "stock");
        assertThat(stock.uri()).isEqualTo(URI.create("rediss://127.0.0.1:" + stock.port()));
        assertThat(orders.uri()).isEqualTo(URI.create("redis://127.0.0.1:" + orders.port()));
        assertThat(stock.shards()).containsExactly(SHARD);
        var address = new ClusterCalls.Address(stock.host(), stock.port());
        try (var link = NodeLink.to(address, trust)) {
            assertThat(link.ask("PING")).isEqualTo("+PONG");
        }
        assertThatThrownBy(() -> NodeLink.to(address, SSLContext.getDefault()))
                .isInstanceOf(IOException.class);
        assertThat(server.log()).content().contains("Keepsake is ready");
        assertThat(ProcessHandle.of(server.pid()).orElseThrow().isAlive()).isTrue();
    }

    @Test
    void aFailoverMakesAReplicaThePrimaryAndLosesNothing() throws Exception {
        orders.reset();
        var before = primary();
        assertThat(onPrimary("INCR", "n")).isEqualTo(":1");
        int seen = orders.events().size();

        orders.failover(SHARD);
        orders.awaitRecovered();

        assertThat(primary().name()).isNotEqualTo(before.name());
        assertThat(onPrimary("INCR", "n")).isEqualTo(":2");
        assertThat(orders.events().stream().skip(seen).map(KeepsakeEvent::message))
                .containsExactly(
                        "FailoverShard API called for shard 0001",
                        "Failover from primary node %s to replica node %s completed"
                                .formatted(before.name(), primary().name()),
                        "Recovering nodes " + before.name(),
                        "Finished recovery for nodes " + before.name());
    }

    @Test
    void aCallThatTheServerRefusesSaysWhy() {
        assertThatThrownBy(() -> orders.failover("0009"))
                .isInstanceOf(KeepsakeException.class)
                .hasMessageContainingAll(
                        "FailoverShard was refused: Shard 0009 not found", "ShardNotFoundFault");
        assertThatThrownBy(() -> server.cluster("stocks"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("no cluster is declared as stocks", "orders", "stock at");
    }

    @Test
    void theModeOfOneFailoverIsThatOfNoOther() throws Exception {
        orders.awaitRecovered();
        var before = primary();
        try (var link = NodeLink.to(address(before), null)) {
            assertThat(link.ask("PING")).isEqualTo("+PONG");
            orders.failover(SHARD, FailoverMode.HANDOVER);
            assertThat(tags()).containsEntry("keepsake:failover-mode", "handover");
            orders.awaitRecovered();
            assertThat(link.ask("INCR", "m")).as("is still connected").startsWith("-MOVED");
        }
        assertThat(tags()).isEqualTo(Map.of("keepsake:topology-lag-ms", "1"));
    }

    @Test
    void aResetMakesTheClusterAsItWasDeclared() throws Exception {
        orders.topologyLag(Duration.ofSeconds(2));
        assertThat(tags()).containsEntry("keepsake:topology-lag-ms", "2000");
        onPrimary("SET", "k", "v");
        int port = orders.port();

        orders.reset();

        assertThat(onPrimary("DBSIZE")).isEqualTo(":0");
        assertThat(tags()).isEqualTo(Map.of("keepsake:topology-lag-ms", "1"));
        assertThat(orders.port()).isEqualTo(port);
    }

    @Nested
    class InANestedClass {
        @Test
        void theClustersAreThoseOfTheClassAroundIt(@ClusterName(ORDERS) KeepsakeCluster cluster) {
            assertThat(cluster).isSameAs(orders);
        }
    }

    @Test
    void theDataIsPrivateToItsOwner() throws Exception {
        var scratch = server.log().getParent();
        assertThat(Files.getPosixFilePermissions(scratch)).hasSize(3);
    }

    private Map<String, String> tags() {
        String arn = describe().arn();
        return api.listTags(request -> request.resourceArn(arn)).tagList().stream()
                .collect(Collectors.toMap(Tag::key, Tag::value));
    }

    private software.amazon.awssdk.services.memorydb.model.Cluster describe() {
        return api.describeClusters(request -> request.clusterName(ORDERS).showShardDetails(true))
                .clusters()
                .get(0);
    }

    private List<Node> nodes() {
        return describe().shards().get(0).nodes();
    }

    private static ClusterCalls.Address address(Node node) {
        return new ClusterCalls.Address(node.endpoint().address(), node.endpoint().port());
    }

    private Node primary() throws IOException {
        for (var node : nodes()) {
            try (var link = NodeLink.to(address(node), null)) {
                if (link.ask("ROLE").equals("*3")) { // a replica's reply has five elements
                    return node;
                }
            }
        }
        throw new AssertionError("no node is the primary");
    }

    private String onPrimary(String... command) throws IOException {
        try (var link = NodeLink.to(address(primary()), null)) {
            return link.ask(command);
        }
    }
}
