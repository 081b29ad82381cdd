package dev.keepsake.drill;

import dev.keepsake.control.DrillTags;
import dev.keepsake.control.FailoverMode;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Supplier;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.ClusterNotFoundException;
import software.amazon.awssdk.services.memorydb.model.CreateClusterRequest;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import software.amazon.awssdk.services.memorydb.model.Node;
import software.amazon.awssdk.services.memorydb.model.SourceType;
import software.amazon.awssdk.services.memorydb.model.Tag;

/// The cluster of the drill, created and watched through the AWS API. Owned by the drill's thread.
final class DrillCluster implements AutoCloseable {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
    private static final Duration CREATE_LIMIT = Duration.ofSeconds(30);
    private static final Duration DELETE_LIMIT = Duration.ofSeconds(10);

    private final MemoryDbClient api;
    private final URI endpoint;
    private final String name = "drill-" + UUID.randomUUID().toString().substring(0, 8);
    private boolean mayExist;

    /// Prepares calls of the API at the endpoint. Sends nothing yet.
    DrillCluster(URI endpoint) {
        this.endpoint = endpoint;
        this.api =
                MemoryDbClient.builder()
                        .endpointOverride(endpoint)
                        .region(Region.US_EAST_1)
                        .credentialsProvider(
                                StaticCredentialsProvider.create(
                                        AwsBasicCredentials.create("drill", "drill")))
                        .httpClientBuilder(
                                UrlConnectionHttpClient.builder().socketTimeout(CALL_LIMIT))
                        // The SDK must not repeat FailoverShard, because that would be a second
                        // failover.
                        .overrideConfiguration(
                                config -> config.retryStrategy(AwsRetryStrategy.doNotRetry()))
                        .build();
    }

    String name() {
        return name;
    }

    /// Creates the cluster and waits until it is available.
    ///
    /// @param port the port of the cluster's endpoint, or empty for any
    /// @throws DrillException when it does not become available
    Topology create(DrillOptions options, OptionalInt port)
            throws DrillException, InterruptedException {
        mayExist = true;
        try {
            call("CreateCluster", () -> api.createCluster(request(options, port)));
        } catch (DrillException e) {
            mayExist = !isRefused(e);
            throw e;
        }
        if (!Waiting.until(CREATE_LIMIT, () -> describe().status().equals("available"))) {
            throw new DrillException(
                    "cluster %s is still %s after %d s"
                            .formatted(name, describe().status(), CREATE_LIMIT.toSeconds()));
        }
        return topology(describe());
    }

    private CreateClusterRequest request(DrillOptions options, OptionalInt port) {
        var request =
                CreateClusterRequest.builder()
                        .clusterName(name)
                        .description("keepsake drill")
                        .nodeType("db.t4g.small")
                        .aclName("open-access")
                        .numShards(options.shards())
                        .numReplicasPerShard(options.replicas())
                        .tags(tags(options));
        port.ifPresent(request::port);
        return request.build();
    }

    /// Whether a call has certainly changed nothing. After a timeout, for example, this is unknown.
    private static boolean isRefused(DrillException e) {
        return e.getCause() instanceof MemoryDbException || hasCause(e, ConnectException.class);
    }

    private static boolean hasCause(Throwable effect, Class<? extends Throwable> kind) {
        for (Throwable e = effect; e != null; e = e.getCause()) {
            if (kind.isInstance(e)) {
                return true;
            }
        }
        return false;
    }

    private static List<Tag> tags(DrillOptions options) {
        var tags = new ArrayList<Tag>();
        if (options.lagMs() > 0) {
            tags.add(tag(DrillTags.LAG_TAG, Integer.toString(options.lagMs())));
        }
        if (options.mode() != FailoverMode.CRASH) {
            tags.add(tag(DrillTags.MODE_TAG, options.mode().option()));
        }
        return tags;
    }

    private static Tag tag(String key, String value) {
        return Tag.builder().key(key).value(value).build();
    }

    /// The node that listens on a port.
    String nodeAt(int port) throws DrillException, InterruptedException {
        return describe().shards().stream()
                .flatMap(shard -> shard.nodes().stream())
                .filter(node -> node.endpoint().port() == port)
                .findFirst()
                .orElseThrow(() -> new DrillException("no node listens on port " + port))
                .name();
    }

    /// The names of all nodes.
    List<String> nodes() throws DrillException, InterruptedException {
        return describe().shards().stream()
                .flatMap(shard -> shard.nodes().stream())
                .map(Node::name)
                .toList();
    }

    private Topology topology(Cluster cluster) throws DrillException, InterruptedException {
        var endpoint = cluster.clusterEndpoint();
        var shards =
                cluster.shards().stream()
                        .map(shard -> ShardSlots.parse(shard.name(), shard.slots()))
                        .toList();
        return new Topology(
                new HostAndPort(endpoint.address(), endpoint.port()),
                ServerTrust.of(this.endpoint),
                shards);
    }

    private Cluster describe() throws DrillException, InterruptedException {
        var answer =
                call(
                        "DescribeClusters",
                        () ->
                                api.describeClusters(request ->
                                        request.clusterName(name).showShardDetails(true)));
        return answer.clusters().getFirst();
    }

    void failOver(String shard) throws DrillException, InterruptedException {
        call(
                "FailoverShard",
                () -> api.failoverShard(request -> request.clusterName(name).shardName(shard)));
    }

    /// All events of the cluster so far, oldest first.
    List<DrillEvent> events() throws DrillException, InterruptedException {
        return call(
                "DescribeEvents",
                () -> {
                    var events = new ArrayList<DrillEvent>();
                    api
                            .describeEventsPaginator(request ->
                                    request.sourceName(name)
                                            .sourceType(SourceType.CLUSTER)
                                            .duration(
                                                    Math.toIntExact(
                                                            Duration.ofDays(1).toMinutes())))
                            .stream()
                            .flatMap(page -> page.events().stream())
                            .map(event -> new DrillEvent(event.date(), event.message()))
                            .forEach(events::add);
                    Collections.reverse(events); // The API returns the newest first.
                    return events;
                });
    }

    private <T> T call(String operation, Supplier<T> request)
            throws DrillException, InterruptedException {
        try {
            return request.get();
        } catch (AbortedException e) {
            // The SDK reports the interrupt in this way. The thread stays marked, which would abort
            // the clean-up.
            Thread.interrupted();
            throw new InterruptedException();
        } catch (SdkException e) {
            throw new DrillException(
                    "%s at %s failed: %s".formatted(operation, endpoint, e.getMessage()), e);
        }
    }

    /// Deletes the cluster and waits until it is gone. Does nothing when there is no cluster.
    void delete() throws DrillException, InterruptedException {
        if (!mayExist) {
            return;
        }
        if (isGone(
                "DeleteCluster", () -> api.deleteCluster(request -> request.clusterName(name)))) {
            return;
        }
        boolean gone =
                Waiting.until(
                        DELETE_LIMIT,
                        () ->
                                isGone(
                                        "DescribeClusters",
                                        () ->
                                                api.describeClusters(
                                                        request -> request.clusterName(name))));
        if (!gone) {
            throw new DrillException(
                    "cluster %s is still there %d s after DeleteCluster"
                            .formatted(name, DELETE_LIMIT.toSeconds()));
        }
    }

    private boolean isGone(String operation, Supplier<?> request)
            throws DrillException, InterruptedException {
        try {
            call(operation, request);
            return false;
        } catch (DrillException e) {
            if (e.getCause() instanceof ClusterNotFoundException) {
                return true;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        api.close();
    }

    /// The addresses of the cluster and the slots of its shards.
    record Topology(HostAndPort endpoint, ServerTrust trust, List<ShardSlots> shards) {
        /// The port of a shard's primary, according to the cluster's nodes.
        int primaryPort(int shard) throws DrillException {
            try (var jedis = new Jedis(endpoint, trust.jedis().build())) {
                for (var answer : (List<?>) jedis.sendCommand(Protocol.Command.CLUSTER, "SLOTS")) {
                    if (answer instanceof List<?> slots
                            && slots.get(0) instanceof Long first
                            && slots.get(2) instanceof List<?> primary
                            && primary.get(1) instanceof Long port
                            && first == shards.get(shard).ranges().getFirst().first()) {
                        return Math.toIntExact(port);
                    }
                }
            } catch (JedisException e) {
                throw new DrillException("CLUSTER SLOTS failed: " + e.getMessage(), e);
            }
            throw new DrillException("CLUSTER SLOTS has no primary of shard " + shard);
        }
    }
}
