package dev.keepsake.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.AZStatus;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.ClusterAlreadyExistsException;
import software.amazon.awssdk.services.memorydb.model.ClusterNotFoundException;
import software.amazon.awssdk.services.memorydb.model.DataTieringStatus;
import software.amazon.awssdk.services.memorydb.model.Event;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterCombinationException;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import software.amazon.awssdk.services.memorydb.model.Node;
import software.amazon.awssdk.services.memorydb.model.SourceType;

/// What the AWS SDK for Java makes of the answers.
class SdkCallsTest {
    private static final int CALLS = 100;

    private final RunningApi api = new RunningApi();
    private final MemoryDbClient sdk = api.sdk();

    @AfterEach
    void close() {
        sdk.close();
        api.close();
    }

    @BeforeEach
    void createOneCluster() {
        create(sdk, "Demo");
        api.control.finishCreating(api.clock.now());
    }

    @Test
    void aClusterIsReadWithItsShardsNodesAndEndpoints() {
        var cluster = describe("demo");

        assertThat(cluster.name()).isEqualTo("demo");
        assertThat(cluster.status()).isEqualTo("available");
        assertThat(cluster.availabilityMode()).isEqualTo(AZStatus.MULTIAZ);
        assertThat(cluster.dataTiering()).isEqualTo(DataTieringStatus.FALSE);
        assertThat(cluster.networkTypeAsString()).isEqualTo("ipv4");
        assertThat(cluster.ipDiscoveryAsString()).isEqualTo("ipv4");
        assertThat(cluster.clusterEndpoint().port()).isEqualTo(7000);
        assertThat(cluster.clusterEndpoint().address()).isEqualTo("127.0.0.1");
        assertThat(cluster.shards()).hasSize(1);
        assertThat(cluster.shards().getFirst().nodes())
                .extracting(Node::name)
                .containsExactly("demo-0001-001", "demo-0001-002");
        assertThat(cluster.shards().getFirst().nodes())
                .extracting(Node::createTime)
                .containsOnly(api.clock.now());
        assertThat(cluster.pendingUpdates()).isNull();
        assertThat(cluster.kmsKeyId()).isNull();
        assertThat(cluster.hasSecurityGroups()).isTrue();
    }

    @Test
    void aFailoverIsAnsweredAndToldInEvents() {
        api.clock.pass(Duration.ofSeconds(1));
        var answer = sdk.failoverShard(request -> request.clusterName("demo").shardName("0001"));
        assertThat(answer.cluster().status()).isEqualTo("available");
        assertThat(answer.responseMetadata().requestId()).hasSize(36);
        api.clock.pass(Duration.ofMillis(250));
        api.control.finishFailover(
                api.control.onlyCluster(), "demo-0001-001", "demo-0001-002", api.clock.now());

        var events =
                sdk.describeEvents(request ->
                                request.sourceName("demo")
                                        .sourceType(SourceType.CLUSTER)
                                        .startTime(api.clock.now().minusMillis(250)))
                        .events();

        assertThat(events)
                .extracting(Event::message)
                .containsExactly(
                        "Finished recovery for nodes demo-0001-001",
                        "Recovering nodes demo-0001-001",
                        "Failover from primary node demo-0001-001 to replica node demo-0001-002"
                                + " completed",
                        "FailoverShard API called for shard 0001");
        assertThat(events.getFirst().date()).isEqualTo(api.clock.now());
        assertThat(events.getFirst().sourceType()).isEqualTo(SourceType.CLUSTER);
    }

    @Test
    void aClusterIsDeletedAndThenNotFound() {
        assertThat(sdk.deleteCluster(request -> request.clusterName("demo")).cluster().status())
                .isEqualTo("deleting");
        api.control.finishDeleting(api.clock.now());

        assertThatThrownBy(() -> describe("demo"))
                .isInstanceOfSatisfying(
                        ClusterNotFoundException.class,
                        e -> {
                            assertThat(e.statusCode()).isEqualTo(400);
                            assertThat(e.requestId()).hasSize(36);
                            assertThat(e.awsErrorDetails().errorCode())
                                    .isEqualTo("ClusterNotFoundFault");
                            assertThat(e.awsErrorDetails().errorMessage())
                                    .isEqualTo("Cluster demo not found.");
                        });
    }

    @Test
    void theRegionOfTheCredentialsIsTheRegionOfTheCluster() {
        try (var ireland = api.sdk(Region.EU_WEST_1)) {
            assertThat(ireland.describeClusters(request -> {}).clusters()).isEmpty();
            create(ireland, "demo");
            assertThat(ireland.describeClusters(request -> {}).clusters().getFirst().arn())
                    .isEqualTo("arn:aws:memorydb:eu-west-1:123456789012:cluster/demo");
        }
        assertThat(sdk.describeClusters(request -> {}).clusters()).hasSize(1);
    }

    @Test
    void thePaginatorsFollowTheTokensToTheEnd() {
        IntStream.range(0, 44).forEach(i -> create(sdk, "more-" + i));
        api.control.finishCreating(api.clock.now());

        assertThat(sdk.describeClustersPaginator(request -> request.maxResults(20)).clusters())
                .extracting(Cluster::name)
                .hasSize(45)
                .doesNotHaveDuplicates()
                .isSorted();
        assertThat(sdk.describeEventsPaginator(request -> request.maxResults(7)).events())
                .filteredOn(event -> event.sourceType() == SourceType.CLUSTER)
                .extracting(Event::sourceName)
                .hasSize(45)
                .doesNotHaveDuplicates();
    }

    @Test
    void aHundredCallsAtOnceAreAllAnswered() throws Exception {
        var calls = new ArrayList<Callable<String>>();
        for (int i = 0; i < CALLS; i++) {
            int number = i;
            calls.add(() ->
                    switch (number % 4) {
                        case 0 -> create(sdk, "parallel-" + number).status();
                        case 1 -> describe("demo").status();
                        case 2 -> String.valueOf(sdk.describeEvents(request -> {}).events().size());
                        default -> creationOfTheSame();
                    });
        }
        var answers = new ArrayList<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<String> answer : threads.invokeAll(calls, 300, TimeUnit.SECONDS)) {
                answers.add(answer.get());
            }
        }

        assertThat(answers).hasSize(CALLS);
        assertThat(answers).filteredOn("creating"::equals).hasSize(CALLS / 4 + 1);
        assertThat(answers).filteredOn("exists"::equals).hasSize(CALLS / 4 - 1);
        assertThat(sdk.describeClusters(request -> {}).clusters()).hasSize(CALLS / 4 + 2);
    }

    @Test
    void whatIsNotOfferedYetIsAModelledFault() {
        assertThatThrownBy(() ->
                        sdk.createMultiRegionCluster(request ->
                                request.multiRegionClusterNameSuffix("all")
                                        .nodeType("db.r7g.xlarge")))
                .isInstanceOf(InvalidParameterCombinationException.class)
                .hasMessageContaining("not offered by this version of Keepsake");
    }

    @Test
    void aRequestThatIsTooLargeIsRefusedHoweverMuchIsStillToBeSent() {
        for (int mib : new int[] {1, 2, 8, 32}) {
            String description = "x".repeat(mib << 20);
            assertThatThrownBy(() ->
                            sdk.createCluster(request ->
                                    request.clusterName("other").description(description)))
                    .as("%d MiB", mib)
                    .isInstanceOfSatisfying(
                            MemoryDbException.class,
                            e -> assertThat(e.statusCode()).isEqualTo(413));
        }
    }

    private String creationOfTheSame() {
        try {
            return create(sdk, "the-same").status();
        } catch (ClusterAlreadyExistsException e) {
            return "exists";
        }
    }

    private static Cluster create(MemoryDbClient client, String name) {
        return client.createCluster(request ->
                        request.clusterName(name).nodeType("db.t4g.small").aclName("open-access"))
                .cluster();
    }

    private Cluster describe(String name) {
        return sdk.describeClusters(request -> request.clusterName(name).showShardDetails(true))
                .clusters()
                .getFirst();
    }
}
