package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.AclAlreadyExistsException;
import software.amazon.awssdk.services.memorydb.model.AclNotFoundException;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.ClusterNotFoundException;
import software.amazon.awssdk.services.memorydb.model.InputAuthenticationType;
import software.amazon.awssdk.services.memorydb.model.InvalidAclStateException;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterCombinationException;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterGroupStateException;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterValueException;
import software.amazon.awssdk.services.memorydb.model.MemoryDbRequest;
import software.amazon.awssdk.services.memorydb.model.MultiRegionClusterNotFoundException;
import software.amazon.awssdk.services.memorydb.model.MultiRegionParameterGroupNotFoundException;
import software.amazon.awssdk.services.memorydb.model.Node;
import software.amazon.awssdk.services.memorydb.model.ParameterNameValue;
import software.amazon.awssdk.services.memorydb.model.ServiceUpdateNotFoundException;
import software.amazon.awssdk.services.memorydb.model.Snapshot;
import software.amazon.awssdk.services.memorydb.model.SnapshotNotFoundException;
import software.amazon.awssdk.services.memorydb.model.SubnetGroupNotFoundException;
import software.amazon.awssdk.services.memorydb.model.Tag;
import software.amazon.awssdk.services.memorydb.model.TagNotFoundException;
import software.amazon.awssdk.services.memorydb.model.UserNotFoundException;

/// Walks through the operations with the AWS SDK for Java, and looks each time for what has
/// changed: in what the nodes answer, or in a later Describe.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ControlPlaneIT {
    private static final String PASSWORD = "correct-horse-battery";
    private static final String OTHER_PASSWORD = "staple-stable-battery";

    @TempDir static Path directory;
    private static TestServer server;
    private static MemoryDbClient api;
    private static int testsRun;

    @BeforeAll
    static void start() throws Exception {
        server =
                TestServer.start(
                        directory,
                        ServerParts.standard(),
                        TestServer.tuning().withRestoreFrom(List.of(elsewhere())));
        api = server.api().client();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void usersAndAclsSayWhoMayDoWhatOnRunningNodes() throws Exception {
        var alice =
                api.createUser(request ->
                                request.userName("Alice")
                                        .accessString("on ~app:* +@read +@write +@connection")
                                        .authenticationMode(mode ->
                                                mode.type(InputAuthenticationType.PASSWORD)
                                                        .passwords(PASSWORD)))
                        .user();
        assertThat(alice.name()).isEqualTo("alice");
        assertThat(alice.accessString())
                .isEqualTo("on ~app:* resetchannels -@all +@read +@write +@connection");
        assertThat(alice.authentication().passwordCount()).isEqualTo(1);
        assertThatThrownBy(() ->
                        api.createUser(request ->
                                request.userName("bob")
                                        .accessString("on ~* +@nonsense")
                                        .authenticationMode(mode ->
                                                mode.type(InputAuthenticationType.PASSWORD)
                                                        .passwords(PASSWORD))))
                .isInstanceOf(InvalidParameterValueException.class)
                .hasMessageContaining("@nonsense");
        api.createACL(request -> request.aclName("staff").userNames("alice"));
        awaitAcl("staff");
        assertThatThrownBy(() -> api.createACL(request -> request.aclName("staff")))
                .isInstanceOf(AclAlreadyExistsException.class);
        var trust = Trust.in(server.endpoint());
        var node = create("guarded", 1, 1, "staff").shards().getFirst().nodes().getFirst();

        try (var wire = Wire.to(node, trust)) {
            assertThat(wire.ask("GET", "app:1")).startsWith("-NOAUTH");
            assertThat(wire.ask("AUTH", "alice", PASSWORD)).isEqualTo("OK");
            assertThat(wire.ask("SET", "app:1", "v")).isEqualTo("OK");
            assertThat(wire.ask("SET", "other", "v")).startsWith("-NOPERM");
        }
        assertThat(aclClusters("staff")).containsExactly("guarded");
        assertThatThrownBy(() -> api.deleteACL(request -> request.aclName("staff")))
                .isInstanceOf(InvalidAclStateException.class);

        var modifying =
                api.updateUser(request ->
                                request.userName("alice")
                                        .accessString("on ~* +@all")
                                        .authenticationMode(mode ->
                                                mode.type(InputAuthenticationType.PASSWORD)
                                                        .passwords(OTHER_PASSWORD)))
                        .user();
        assertThat(modifying.status()).isEqualTo("modifying");
        awaitUser("alice");
        try (var wire = Wire.to(node, trust)) {
            // No waiting: active means that the engines have confirmed it.
            assertThat(wire.ask("AUTH", "alice", OTHER_PASSWORD)).isEqualTo("OK");
            assertThat(wire.ask("SET", "other", "v")).isEqualTo("OK");
            assertThat(wire.ask("AUTH", "alice", PASSWORD)).startsWith("-WRONGPASS");
        }

        api.updateCluster(request -> request.clusterName("guarded").aclName("open-access"));
        awaitAvailable("guarded");
        assertThat(describe("guarded").aclName()).isEqualTo("open-access");
        try (var wire = Wire.to(node, trust)) {
            assertThat(wire.ask("GET", "other")).isEqualTo("v");
        }
        api.updateACL(request -> request.aclName("staff").userNamesToRemove("alice"));
        awaitAcl("staff");
        api.deleteACL(request -> request.aclName("staff"));
        await(
                "the ACL is gone",
                () -> isGone(AclNotFoundException.class, () -> aclClusters("staff")));
        api.deleteUser(request -> request.userName("alice"));
        await("the user is gone", () -> isGone(UserNotFoundException.class, () -> user("alice")));
        assertThatThrownBy(() -> api.deleteUser(request -> request.userName("default")))
                .isInstanceOf(InvalidParameterValueException.class);
        server.api().delete("guarded");
    }

    @Test
    void parametersReachRunningEnginesAndThoseThatStartLater() throws IOException {
        api.createParameterGroup(request ->
                request.parameterGroupName("mine").family("memorydb_redis7").description("d"));
        var cluster = create("tuned", 1, 1, "open-access");
        assertThat(cluster.parameterGroupName()).isEqualTo("default.memorydb-redis7");
        api.updateCluster(request -> request.clusterName("tuned").parameterGroupName("mine"));
        awaitParameters("tuned");
        assertThatThrownBy(() ->
                        api.deleteParameterGroup(request -> request.parameterGroupName("mine")))
                .isInstanceOf(InvalidParameterGroupStateException.class);

        set("mine", "notify-keyspace-events", "KEA");
        awaitParameters("tuned");
        var nodes = cluster.shards().getFirst().nodes();
        assertNotifies(nodes.get(0), nodes.get(0));
        assertNotifies(nodes.get(1), nodes.get(0));
        server.api().failOver("tuned", "0001");
        assertNotifies(nodes.get(1), nodes.get(1));
        assertNotifies(nodes.get(0), nodes.get(1));

        set("mine", "hash-max-listpack-entries", "1");
        awaitParameters("tuned");
        try (var wire = Wire.to(cluster.shards().getFirst().nodes().get(1))) {
            wire.ask("HSET", "hash", "a", "1", "b", "2");
            assertThat(wire.ask("OBJECT", "ENCODING", "hash")).isEqualTo("hashtable");
        }
        assertThatThrownBy(() -> set("mine", "maxmemory-policy", "sometimes"))
                .isInstanceOf(InvalidParameterValueException.class);
        assertThatThrownBy(() -> set("default.memorydb-redis7", "timeout", "0"))
                .isInstanceOf(InvalidParameterGroupStateException.class);
        assertThat(value("mine", "notify-keyspace-events")).isEqualTo("KEA");
        api.resetParameterGroup(request -> request.parameterGroupName("mine").allParameters(true));
        awaitParameters("tuned");
        assertThat(value("mine", "notify-keyspace-events")).isNull();
        server.api().delete("tuned");
        api.deleteParameterGroup(request -> request.parameterGroupName("mine"));
        assertThat(api.describeParameterGroups(request -> {}).parameterGroups())
                .extracting(group -> group.name())
                .containsExactly(
                        "default.memorydb-redis6",
                        "default.memorydb-redis7",
                        "default.memorydb-redis7.search",
                        "default.memorydb-valkey7",
                        "default.memorydb-valkey7.search");
    }

    private static void assertNotifies(Node node, Node primary) throws IOException {
        try (var listener = Wire.to(node);
                var writer = Wire.to(primary)) {
            listener.ask("SUBSCRIBE", "__keyevent@0__:set");
            assertThat(writer.ask("SET", "k", "v")).isEqualTo("OK");
            assertThat(listener.read()).contains("__keyevent@0__:set");
        }
    }

    @Test
    void snapshotsAreTakenCopiedExportedAndRestoredIntoOtherShards() throws Exception {
        var source = create("source", 2, 0, "open-access");
        for (int i = 0; i < 200; i++) {
            write(source, "key-" + i, "value-" + i);
        }
        var snapshot =
                api.createSnapshot(request -> request.clusterName("source").snapshotName("One"))
                        .snapshot();
        assertThat(snapshot.name()).isEqualTo("one");
        assertThat(snapshot.status()).isEqualTo("creating");
        awaitSnapshot("one");
        var detail = snapshot("one");
        assertThat(detail.clusterConfiguration().numShards()).isEqualTo(2);
        assertThat(detail.clusterConfiguration().shards())
                .extracting(shard -> shard.configuration().slots())
                .containsExactly("0-8191", "8192-16383");
        assertThat(describe("source").status()).isEqualTo("available");

        api.copySnapshot(request ->
                request.sourceSnapshotName("one").targetSnapshotName("two").targetBucket("bucket"));
        awaitSnapshot("two");
        api.deleteSnapshot(request -> request.snapshotName("one"));
        await("one is gone", () -> isGone(SnapshotNotFoundException.class, () -> snapshot("one")));

        api.createCluster(request ->
                request.clusterName("restored")
                        .nodeType("db.t4g.small")
                        .aclName("open-access")
                        .tlsEnabled(false)
                        .snapshotName("two")
                        .numShards(3)
                        .port(server.endpointPort() - 1)
                        .numReplicasPerShard(1));
        awaitAvailable("restored");
        assertHolds(describe("restored"), 200);
        server.api().failOver("restored", "0002");
        assertHolds(describe("restored"), 200);

        var exported = directory.resolve("buckets").resolve("bucket");
        assertThat(exported.resolve("two-0001.rdb")).exists();
        var elsewhere = Files.createDirectories(elsewhere());
        Files.copy(exported.resolve("two-0001.rdb"), elsewhere.resolve("a.rdb"));
        api.createCluster(request ->
                request.clusterName("filled")
                        .nodeType("db.t4g.small")
                        .aclName("open-access")
                        .tlsEnabled(false)
                        .snapshotArns(
                                elsewhere.resolve("a.rdb").toUri().toString(),
                                "arn:aws:s3:::bucket/two-0002.rdb")
                        .port(server.endpointPort() - 2)
                        .numReplicasPerShard(0));
        awaitAvailable("filled");
        assertHolds(describe("filled"), 200);

        api.deleteCluster(request -> request.clusterName("filled").finalSnapshotName("last"));
        await(
                "filled is gone",
                () -> isGone(ClusterNotFoundException.class, () -> describe("filled")));
        awaitSnapshot("last");
        Files.writeString(elsewhere.resolve("broken.rdb"), "REDIS0009 no RDB");
        api.createCluster(request ->
                request.clusterName("broken")
                        .nodeType("db.t4g.small")
                        .aclName("open-access")
                        .tlsEnabled(false)
                        .snapshotArns(elsewhere.resolve("broken.rdb").toUri().toString())
                        .port(server.endpointPort() - 3));
        await("it fails", () -> describe("broken").status().equals("restore-failed"));
        assertThat(server.api().messages("broken"))
                .anyMatch(text -> text.startsWith("Restore from"));
        for (String name : List.of("broken", "restored", "source")) {
            server.api().delete(name);
        }
    }

    private static Path elsewhere() {
        return directory.resolve("elsewhere");
    }

    @Test
    void replicasComeAndGoAndEverythingElseOfAClusterChanges() throws IOException {
        create("grown", 2, 0, "open-access");
        for (int i = 0; i < 50; i++) {
            write(describe("grown"), "key-" + i, "value-" + i);
        }
        var updating =
                api.updateCluster(request ->
                                request.clusterName("grown")
                                        .replicaConfiguration(wanted -> wanted.replicaCount(2))
                                        .description("grown up")
                                        .maintenanceWindow("SUN:05:00-sun:06:00")
                                        .snapshotWindow("01:00-02:00")
                                        .securityGroupIds("sg-1"))
                        .cluster();
        assertThat(updating.status()).isEqualTo("updating");
        awaitAvailable("grown");
        var grown = describe("grown");
        assertThat(grown.shards()).allMatch(shard -> shard.numberOfNodes() == 3);
        assertThat(grown.description()).isEqualTo("grown up");
        assertThat(grown.maintenanceWindow()).isEqualTo("sun:05:00-sun:06:00");
        assertThat(grown.securityGroups()).hasSize(1);
        assertThat(server.api().messages("grown")).contains("Modified number of nodes from 2 to 6");
        server.api().failOver("grown", "0001");
        assertHolds(describe("grown"), 50);

        api.updateCluster(request ->
                request.clusterName("grown")
                        .replicaConfiguration(wanted -> wanted.replicaCount(0)));
        awaitAvailable("grown");
        assertThat(describe("grown").shards()).allMatch(shard -> shard.numberOfNodes() == 1);
        assertHolds(describe("grown"), 50);
        assertThatThrownBy(() ->
                        api.updateCluster(request ->
                                request.clusterName("grown")
                                        .shardConfiguration(wanted -> wanted.shardCount(3))))
                .isInstanceOf(InvalidParameterCombinationException.class)
                .hasMessageContaining("not offered");
        server.api().delete("grown");
    }

    @Test
    void subnetGroupsTagsAndReservationsAreKeptAndShown() {
        var group =
                api.createSubnetGroup(request ->
                                request.subnetGroupName("Net").subnetIds("subnet-1", "subnet-2"))
                        .subnetGroup();
        assertThat(group.name()).isEqualTo("net");
        assertThat(group.subnets()).hasSize(2);
        api.updateSubnetGroup(request -> request.subnetGroupName("net").description("other"));
        api.tagResource(request ->
                request.resourceArn(group.arn())
                        .tags(Tag.builder().key("Team").value("a").build()));
        assertThat(api.listTags(request -> request.resourceArn(group.arn())).tagList()).hasSize(1);
        assertThat(
                        api.untagResource(
                                        request -> request.resourceArn(group.arn()).tagKeys("Team"))
                                .tagList())
                .isEmpty();
        assertThatThrownBy(() ->
                        api.untagResource(
                                request -> request.resourceArn(group.arn()).tagKeys("Team")))
                .isInstanceOf(TagNotFoundException.class);
        assertThatThrownBy(
                        () -> api.deleteSubnetGroup(request -> request.subnetGroupName("default")))
                .isInstanceOf(InvalidParameterValueException.class);
        assertThat(api.describeSubnetGroups(request -> {}).subnetGroups())
                .extracting(shown -> shown.description())
                .containsExactly("", "other");
        api.deleteSubnetGroup(request -> request.subnetGroupName("net"));
        assertThatThrownBy(
                        () -> api.describeSubnetGroups(request -> request.subnetGroupName("net")))
                .isInstanceOf(SubnetGroupNotFoundException.class);

        var offering =
                api.describeReservedNodesOfferings(
                                request -> request.nodeType("db.r7g.large").duration("1"))
                        .reservedNodesOfferings()
                        .getFirst();
        api.purchaseReservedNodesOffering(request ->
                request.reservedNodesOfferingId(offering.reservedNodesOfferingId())
                        .reservationId("Mine")
                        .nodeCount(2));
        assertThat(
                        api.describeReservedNodes(request -> request.reservationId("mine"))
                                .reservedNodes())
                .singleElement()
                .satisfies(shown -> assertThat(shown.nodeCount()).isEqualTo(2));
    }

    @Test
    void whatThereIsToChooseFromIsTold() {
        assertThat(api.describeEngineVersions(request -> request.engine("valkey")).engineVersions())
                .extracting(version -> version.engineVersion())
                .containsExactly("7.2", "7.3");
        assertThat(api.describeServiceUpdates(request -> {}).serviceUpdates()).isEmpty();
        assertThatThrownBy(() ->
                        api.batchUpdateCluster(request ->
                                request.clusterNames("any")
                                        .serviceUpdate(
                                                update -> update.serviceUpdateNameToApply("any"))))
                .isInstanceOf(ServiceUpdateNotFoundException.class);
        assertThat(api.describeMultiRegionClusters(request -> {}).multiRegionClusters()).isEmpty();
        assertThat(
                        api.describeMultiRegionParameterGroups(request -> {})
                                .multiRegionParameterGroups())
                .extracting(group -> group.name())
                .containsExactly("default.memorydb-valkey7.multiregion");
        assertThat(
                        api.describeMultiRegionParameters(request ->
                                        request.multiRegionParameterGroupName(
                                                "default.memorydb-valkey7.multiregion"))
                                .multiRegionParameters())
                .isNotEmpty();
        assertThatThrownBy(() ->
                        api.describeMultiRegionParameters(
                                request -> request.multiRegionParameterGroupName("any")))
                .isInstanceOf(MultiRegionParameterGroupNotFoundException.class);
        assertThatThrownBy(() ->
                        api.createMultiRegionCluster(request ->
                                request.multiRegionClusterNameSuffix("any")
                                        .nodeType("db.r7g.xlarge")))
                .isInstanceOf(InvalidParameterCombinationException.class);
        for (Runnable call :
                List.<Runnable>of(
                        () ->
                                api.updateMultiRegionCluster(
                                        request -> request.multiRegionClusterName("any")),
                        () ->
                                api.deleteMultiRegionCluster(
                                        request -> request.multiRegionClusterName("any")),
                        () ->
                                api.listAllowedMultiRegionClusterUpdates(
                                        request -> request.multiRegionClusterName("any")))) {
            assertThatThrownBy(call::run).isInstanceOf(MultiRegionClusterNotFoundException.class);
        }
    }

    @Test
    void whatAClusterMayBecomeIsTold() {
        create("sized", 1, 0, "open-access");
        var types = api.listAllowedNodeTypeUpdates(request -> request.clusterName("sized"));
        assertThat(types.scaleUpNodeTypes()).contains("db.t4g.medium", "db.r7g.large");
        assertThat(types.scaleDownNodeTypes()).isEmpty();
        assertThatThrownBy(
                        () -> api.listAllowedNodeTypeUpdates(request -> request.clusterName("no")))
                .isInstanceOf(ClusterNotFoundException.class);
        server.api().delete("sized");
    }

    /// Comes last, and only with the others.
    @Test
    @Order(Integer.MAX_VALUE)
    void everyOperationOfTheModelHasBeenCalled() {
        var model =
                Arrays.stream(MemoryDbClient.class.getMethods())
                        .filter(method ->
                                method.getParameterCount() == 1
                                        && MemoryDbRequest.class.isAssignableFrom(
                                                method.getParameterTypes()[0])
                                        && !method.getName().endsWith("Paginator"))
                        .map(Method::getName)
                        .map(name ->
                                name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1))
                        .collect(Collectors.toSet());
        assertThat(model).hasSize(45);
        assumeTrue(testsRun == testsOf(), "not all tests of this class were run");
        assertThat(server.api().called()).containsAll(model);
    }

    @BeforeEach
    void count() {
        testsRun++;
    }

    private static long testsOf() {
        return Arrays.stream(ControlPlaneIT.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .count();
    }

    // ---- what the tests ask

    private static Cluster create(String name, int shards, int replicas, String acl) {
        api.createCluster(request ->
                request.clusterName(name)
                        .nodeType("db.t4g.small")
                        .aclName(acl)
                        .tlsEnabled(acl.equals("open-access") ? false : null)
                        .port(server.endpointPort())
                        .numShards(shards)
                        .numReplicasPerShard(replicas));
        awaitAvailable(name);
        return describe(name);
    }

    private static Cluster describe(String name) {
        return server.api().describe(name);
    }

    private static void awaitAvailable(String name) {
        await(name + " is available", () -> describe(name).status().equals("available"));
    }

    private static void awaitParameters(String name) {
        await("the parameters", () -> describe(name).parameterGroupStatus().equals("in-sync"));
    }

    private static void awaitAcl(String name) {
        await(
                "the ACL is active",
                () ->
                        api.describeACLs(request -> request.aclName(name))
                                .acLs()
                                .getFirst()
                                .status()
                                .equals("active"));
    }

    private static List<String> aclClusters(String name) {
        return api.describeACLs(request -> request.aclName(name)).acLs().getFirst().clusters();
    }

    private static String user(String name) {
        return api.describeUsers(request -> request.userName(name)).users().getFirst().status();
    }

    private static void awaitUser(String name) {
        await("the user is active", () -> user(name).equals("active"));
    }

    private static Snapshot snapshot(String name) {
        return api.describeSnapshots(request -> request.snapshotName(name).showDetail(true))
                .snapshots()
                .getFirst();
    }

    private static void awaitSnapshot(String name) {
        await(name + " is available", () -> snapshot(name).status().equals("available"));
    }

    private static boolean isGone(Class<? extends Exception> fault, Runnable call) {
        try {
            call.run();
            return false;
        } catch (RuntimeException e) {
            assertThat(e).isInstanceOf(fault);
            return true;
        }
    }

    private static void set(String group, String name, String value) {
        api.updateParameterGroup(request ->
                request.parameterGroupName(group)
                        .parameterNameValues(
                                ParameterNameValue.builder()
                                        .parameterName(name)
                                        .parameterValue(value)
                                        .build()));
    }

    private static @Nullable String value(String group, String name) {
        return api
                .describeParameters(request -> request.parameterGroupName(group))
                .parameters()
                .stream()
                .filter(parameter -> parameter.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value();
    }

    private static void write(Cluster cluster, String key, String value) throws IOException {
        assertThat(askAny(cluster, "SET", key, value)).isEqualTo("OK");
    }

    private static void assertHolds(Cluster cluster, int keys) throws IOException {
        for (int i = 0; i < keys; i++) {
            assertThat(askAny(cluster, "GET", "key-" + i)).isEqualTo("value-" + i);
        }
    }

    /// Asks one node after another until one owns the key.
    private static String askAny(Cluster cluster, String... command) throws IOException {
        for (var shard : cluster.shards()) {
            for (var node : shard.nodes()) {
                try (var wire = Wire.to(node)) {
                    String answer = wire.ask(command);
                    if (!answer.startsWith("-MOVED")) {
                        return answer;
                    }
                }
            }
        }
        throw new AssertionError("no node owns " + command[1]);
    }
}
