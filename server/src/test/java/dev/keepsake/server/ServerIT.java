package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.core.PortLease;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.ClusterNotFoundException;
import software.amazon.awssdk.services.memorydb.model.InvalidClusterStateException;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterValueException;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import software.amazon.awssdk.services.memorydb.model.Node;
import software.amazon.awssdk.services.memorydb.model.ShardNotFoundException;
import software.amazon.awssdk.services.memorydb.model.SourceType;
import software.amazon.awssdk.services.memorydb.model.TestFailoverNotAvailableException;

/// What a user of the API and of the nodes sees, over a server with real engines.
class ServerIT {
    private static final long WITHIN_NS = TimeUnit.MINUTES.toNanos(3);

    @TempDir Path directory;
    private ServerConfig config;
    private PortLease ports;

    @AfterEach
    void givePortsBack() {
        ports.close();
    }

    @BeforeEach
    void choosePorts() {
        ports = PortLease.take(30, RandomGenerator.getDefault());
        config =
                new ServerConfig(
                        "127.0.0.1",
                        0,
                        directory,
                        new PortRange(ports.first(), ports.last()),
                        null);
    }

    @Test
    void afterFailoverShardEveryNodeNamesThePromotedOneAndTheOldOneIsAReplicaWithAllData()
            throws Exception {
        try (var server = Server.start(config);
                var api = client(server.endpoint())) {
            var cluster = create(api, 1);
            var nodes = cluster.shards().getFirst().nodes();
            try (var primary = node(nodes.get(0))) {
                primary.set("before", "1");
            }

            failOver(api);

            for (var each : nodes) {
                try (var jedis = node(each)) {
                    assertThat(primaryPort(jedis)).isEqualTo(nodes.get(1).endpoint().port());
                }
            }
            try (var promoted = node(nodes.get(1));
                    var old = node(nodes.get(0))) {
                assertThat(promoted.get("before")).isEqualTo("1");
                promoted.set("after", "2");
                old.readonly();
                await(() -> "2".equals(old.get("after")));
                assertThat(old.get("before")).isEqualTo("1");
            }

            failOver(api);

            try (var jedis = node(nodes.get(1))) {
                assertThat(primaryPort(jedis)).isEqualTo(nodes.get(0).endpoint().port());
            }
            assertThat(messages(api))
                    .containsSubsequence(
                            "FailoverShard API called for shard 0001",
                            "Failover from primary node demo-0001-001 to replica node demo-0001-002"
                                    + " completed",
                            "Recovering nodes demo-0001-001",
                            "Finished recovery for nodes demo-0001-001",
                            "FailoverShard API called for shard 0001",
                            "Failover from primary node demo-0001-002 to replica node demo-0001-001"
                                    + " completed",
                            "Recovering nodes demo-0001-002",
                            "Finished recovery for nodes demo-0001-002");
        }
    }

    @Test
    void aRestartBringsRolesEndpointsAndDataBack() throws Exception {
        Cluster before;
        try (var server = Server.start(config);
                var api = client(server.endpoint())) {
            before = create(api, 1);
            failOver(api);
            try (var primary = node(before.shards().getFirst().nodes().get(1))) {
                primary.set("k", "v");
            }
        }
        try (var server = Server.start(config);
                var api = client(server.endpoint())) {
            var after = describe(api);
            assertThat(after).isEqualTo(before);
            var nodes = after.shards().getFirst().nodes();
            await(() -> "v".equals(get(nodes.get(1), "k")));
            try (var primary = node(nodes.get(1))) {
                assertThat(primaryPort(primary)).isEqualTo(nodes.get(1).endpoint().port());
            }
        }
    }

    @Test
    void whatCannotFailOverSaysWhyAndChangesNothing() throws Exception {
        try (var server = Server.start(config);
                var api = client(server.endpoint())) {
            assertThatThrownBy(() -> callFailover(api, "nobody", "0001"))
                    .isInstanceOf(ClusterNotFoundException.class);
            api.createCluster(request ->
                    request.clusterName("demo")
                            .nodeType("db.t4g.small")
                            .aclName("open-access")
                            .numReplicasPerShard(0)
                            .port(config.nodePorts().last()));
            assertThatThrownBy(() -> callFailover(api, "demo", "0001"))
                    .isInstanceOf(InvalidClusterStateException.class);
            await(() -> describe(api).status().equals("available"));
            assertThatThrownBy(() -> callFailover(api, "demo", "0002"))
                    .isInstanceOf(ShardNotFoundException.class);
            assertThatThrownBy(() -> callFailover(api, "demo", null))
                    .isInstanceOf(InvalidParameterValueException.class)
                    .extracting(e -> ((MemoryDbException) e).statusCode())
                    .isEqualTo(400);
            assertThatThrownBy(() -> callFailover(api, "demo", "0001"))
                    .isInstanceOf(TestFailoverNotAvailableException.class);
            assertThat(messages(api)).containsExactly("Cluster created.");
        }
    }

    @Test
    void aDeletedClusterIsGoneAndItsNameAndPortsAreFree() throws Exception {
        try (var server = Server.start(config);
                var api = client(server.endpoint())) {
            var first = create(api, 1);
            api.deleteCluster(request -> request.clusterName("demo"));
            await(() -> isGone(api));
            var second = create(api, 1);
            assertThat(second.clusterEndpoint()).isEqualTo(first.clusterEndpoint());
            try (var jedis = node(second.shards().getFirst().nodes().getFirst())) {
                assertThat(jedis.dbSize()).isZero();
            }
        }
    }

    @Test
    void aSecondServerOnTheSameDataIsRefused() throws Exception {
        try (var server = Server.start(config)) {
            assertThat(server.endpoint()).isNotNull();
            assertThatThrownBy(() -> Server.start(config))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("in use by another server")
                    .hasMessageContaining(directory.toString());
        }
    }

    private static MemoryDbClient client(URI endpoint) {
        return MemoryDbClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create("k", "s")))
                .httpClient(UrlConnectionHttpClient.create())
                .build();
    }

    private Cluster create(MemoryDbClient api, int replicas) {
        api.createCluster(request ->
                request.clusterName("demo")
                        .nodeType("db.t4g.small")
                        .aclName("open-access")
                        .port(config.nodePorts().last())
                        .tlsEnabled(false)
                        .numReplicasPerShard(replicas));
        await(() -> describe(api).status().equals("available"));
        return describe(api);
    }

    private static Cluster describe(MemoryDbClient api) {
        return api.describeClusters(request -> request.clusterName("demo").showShardDetails(true))
                .clusters()
                .getFirst();
    }

    private static boolean isGone(MemoryDbClient api) {
        try {
            describe(api);
            return false;
        } catch (ClusterNotFoundException e) {
            return true;
        }
    }

    private static void callFailover(MemoryDbClient api, String cluster, @Nullable String shard) {
        api.failoverShard(request -> request.clusterName(cluster).shardName(shard));
    }

    private static void failOver(MemoryDbClient api) {
        long before = finished(api);
        callFailover(api, "demo", "0001");
        await(() -> finished(api) > before);
    }

    private static long finished(MemoryDbClient api) {
        return messages(api).stream().filter(text -> text.startsWith("Finished")).count();
    }

    /// Oldest first, but for holes in the engine: which that is depends on the machine.
    private static List<String> messages(MemoryDbClient api) {
        return api
                .describeEvents(request -> request.sourceType(SourceType.CLUSTER))
                .events()
                .reversed()
                .stream()
                .map(event -> event.message())
                .filter(message -> !message.contains(", which has known holes: "))
                .toList();
    }

    private static Jedis node(Node node) {
        return new Jedis(node.endpoint().address(), node.endpoint().port());
    }

    private static String get(Node node, String key) {
        try (var jedis = node(node)) {
            return jedis.get(key);
        } catch (RuntimeException e) {
            return String.valueOf(e.getMessage()); // still loading
        }
    }

    private static int primaryPort(Jedis jedis) {
        var slots = (List<?>) jedis.sendCommand(Protocol.Command.CLUSTER, "SLOTS");
        var shard = (List<?>) slots.getFirst();
        var primary = (List<?>) shard.get(2);
        return Math.toIntExact((Long) primary.get(1));
    }

    private static void await(BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + WITHIN_NS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time is up").isLessThan(deadlineNs);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }
}
