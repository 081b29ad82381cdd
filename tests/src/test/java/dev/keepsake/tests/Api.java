package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.ClusterNotFoundException;
import software.amazon.awssdk.services.memorydb.model.CreateClusterRequest;
import software.amazon.awssdk.services.memorydb.model.Event;
import software.amazon.awssdk.services.memorydb.model.InputAuthenticationType;
import software.amazon.awssdk.services.memorydb.model.Node;
import software.amazon.awssdk.services.memorydb.model.ParameterNameValue;
import software.amazon.awssdk.services.memorydb.model.SourceType;
import software.amazon.awssdk.services.memorydb.model.Tag;

/// The API of a running server, through the SDK.
final class Api implements AutoCloseable {
    private static final String OPEN_ACCESS = "open-access";
    private static final String REPLICA_LAG = "keepsake:replica-lag-ms";

    private final MemoryDbClient client;
    private final Set<String> called = ConcurrentHashMap.newKeySet();

    Api(URI endpoint) {
        this.client =
                MemoryDbClient.builder()
                        .endpointOverride(endpoint)
                        .region(Region.US_EAST_1)
                        .credentialsProvider(
                                StaticCredentialsProvider.create(
                                        AwsBasicCredentials.create("k", "s")))
                        .httpClient(
                                UrlConnectionHttpClient.builder()
                                        .socketTimeout(Duration.ofMinutes(2))
                                        .build())
                        .overrideConfiguration(
                                config -> config.addExecutionInterceptor(new Noting(called)))
                        .build();
    }

    MemoryDbClient client() {
        return client;
    }

    /// The operations that have been called so far.
    Set<String> called() {
        return Set.copyOf(called);
    }

    private record Noting(Set<String> called) implements ExecutionInterceptor {
        @Override
        public void beforeExecution(
                Context.BeforeExecution context, ExecutionAttributes attributes) {
            called.add(attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME));
        }
    }

    /// Makes a cluster and waits until it is available.
    Cluster create(String name, int shards, int replicas, int lagMs, int port) {
        return create(name, shards, replicas, port, Map.of(REPLICA_LAG, "" + lagMs));
    }

    /// Makes a cluster that may listen wherever a port is free, and waits until it is available.
    Cluster create(String name, int shards, int replicas, Map<String, String> tags) {
        return create(name, shards, replicas, null, tags, false, OPEN_ACCESS);
    }

    /// Makes a cluster that speaks TLS, as they do unless they are told not to, and waits until it
    /// is available.
    Cluster createWithTls(String name, int shards, int replicas, int port) {
        return createWithTls(name, shards, replicas, port, OPEN_ACCESS);
    }

    /// The same, for the users of an ACL.
    Cluster createWithTls(String name, int shards, int replicas, int port, String acl) {
        return create(name, shards, replicas, port, Map.of(), true, acl);
    }

    /// Makes a user who logs in with any of these passwords.
    void createUser(String name, String accessString, String... passwords) {
        client.createUser(request ->
                request.userName(name)
                        .accessString(accessString)
                        .authenticationMode(mode ->
                                mode.type(InputAuthenticationType.PASSWORD).passwords(passwords)));
    }

    /// Makes an ACL and waits until it is active.
    void createAcl(String name, String... users) {
        client.createACL(request -> request.aclName(name).userNames(users));
        awaitAcl(name);
    }

    /// Waits until a user is active, and so the nodes know what has changed of it.
    void awaitUser(String name) {
        await(
                "user %s is active".formatted(name),
                () ->
                        client.describeUsers(request -> request.userName(name))
                                .users()
                                .getFirst()
                                .status()
                                .equals("active"));
    }

    /// Waits until an ACL is active, and so the nodes of its clusters do as it says.
    void awaitAcl(String name) {
        await(
                "ACL %s is active".formatted(name),
                () ->
                        client.describeACLs(request -> request.aclName(name))
                                .acLs()
                                .getFirst()
                                .status()
                                .equals("active"));
    }

    /// Gives a cluster a parameter group of its own, which sets one parameter, and waits until the
    /// nodes do as it says.
    void setParameter(String cluster, String parameter, String value) {
        String group = cluster + "-parameters";
        client.createParameterGroup(request ->
                request.parameterGroupName(group).family("memorydb_redis7").description("d"));
        client.updateParameterGroup(request ->
                request.parameterGroupName(group)
                        .parameterNameValues(
                                ParameterNameValue.builder()
                                        .parameterName(parameter)
                                        .parameterValue(value)
                                        .build()));
        client.updateCluster(request -> request.clusterName(cluster).parameterGroupName(group));
        await(
                "the parameters are in sync",
                () -> describe(cluster).parameterGroupStatus().equals("in-sync"));
    }

    /// Makes a cluster of one node out of what `from` names; it is being filled when this returns.
    void fill(String name, int port, Consumer<CreateClusterRequest.Builder> from) {
        client.createCluster(request -> {
            request.clusterName(name)
                    .nodeType("db.t4g.small")
                    .aclName(OPEN_ACCESS)
                    .tlsEnabled(false)
                    .numReplicasPerShard(0)
                    .port(port);
            from.accept(request);
        });
    }

    void awaitSnapshot(String name, String status) {
        await(
                "snapshot %s is %s".formatted(name, status),
                () ->
                        client.describeSnapshots(request -> request.snapshotName(name))
                                .snapshots()
                                .getFirst()
                                .status()
                                .equals(status));
    }

    /// The same, with any tags.
    Cluster create(String name, int shards, int replicas, int port, Map<String, String> tags) {
        return create(name, shards, replicas, port, tags, false, OPEN_ACCESS);
    }

    private Cluster create(
            String name,
            int shards,
            int replicas,
            @Nullable Integer port,
            Map<String, String> tags,
            boolean tls,
            String acl) {
        client.createCluster(request ->
                request.clusterName(name)
                        .nodeType("db.t4g.small")
                        .aclName(acl)
                        .port(port)
                        .tlsEnabled(tls ? null : false)
                        .numShards(shards)
                        .numReplicasPerShard(replicas)
                        .tags(
                                tags.entrySet().stream()
                                        .map(tag ->
                                                Tag.builder()
                                                        .key(tag.getKey())
                                                        .value(tag.getValue())
                                                        .build())
                                        .toList()));
        await(
                name + " is available",
                () ->
                        client.describeClusters(request -> request.clusterName(name))
                                .clusters()
                                .getFirst()
                                .status()
                                .equals("available"));
        return describe(name);
    }

    Cluster describe(String name) {
        return client.describeClusters(request -> request.clusterName(name).showShardDetails(true))
                .clusters()
                .getFirst();
    }

    Node node(String cluster, int shard, int node) {
        return describe(cluster).shards().get(shard).nodes().get(node);
    }

    /// Calls FailoverShard and waits until the failed node is a replica again.
    void failOver(String cluster, String shard) {
        long before = recoveries(cluster);
        client.failoverShard(request -> request.clusterName(cluster).shardName(shard));
        await("the failover has finished", () -> recoveries(cluster) > before);
    }

    void delete(String cluster) {
        client.deleteCluster(request -> request.clusterName(cluster));
        awaitGone(cluster);
    }

    void awaitGone(String cluster) {
        await(cluster + " is gone", () -> isGone(cluster));
    }

    private boolean isGone(String cluster) {
        try {
            describe(cluster);
            return false;
        } catch (ClusterNotFoundException e) {
            return true;
        }
    }

    private long recoveries(String cluster) {
        return messages(cluster).stream()
                .filter(text -> text.startsWith("Finished recovery"))
                .count();
    }

    /// What the events say of clusters, oldest first, but for which engine they run on and what
    /// holes that has: both depend on the machine.
    List<String> messages() {
        return client
                .describeEvents(request -> request.sourceType(SourceType.CLUSTER))
                .events()
                .reversed()
                .stream()
                .map(Event::message)
                .filter(Api::isOfEveryMachine)
                .toList();
    }

    /// The same of one cluster.
    List<String> messages(String cluster) {
        return allMessages(cluster).stream().filter(Api::isOfEveryMachine).toList();
    }

    private static boolean isOfEveryMachine(String message) {
        return !message.contains(", which has known holes: ")
                && !message.matches("Engine .* is not installed; the cluster runs on .*");
    }

    /// What the events say of one cluster, oldest first.
    List<String> allMessages(String cluster) {
        return client
                .describeEventsPaginator(
                        request -> request.sourceName(cluster).sourceType(SourceType.CLUSTER))
                .events()
                .stream()
                .map(Event::message)
                .toList()
                .reversed();
    }

    /// When the newest event that begins so happened.
    Instant date(String message) {
        return client.describeEvents(request -> {}).events().stream()
                .filter(event -> event.message().startsWith(message))
                .findFirst()
                .orElseThrow()
                .date();
    }

    @Override
    public void close() {
        client.close();
    }
}
