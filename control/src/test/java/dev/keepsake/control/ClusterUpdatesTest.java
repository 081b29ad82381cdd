package dev.keepsake.control;

import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// UpdateCluster: what is only described, and what is checked though it cannot be carried out.
class ClusterUpdatesTest {
    private static final String TOPIC = "arn:aws:sns:us-east-1:111122223333:topic";

    private final MemoryControl control = new MemoryControl();

    // ---- topics

    @Test
    void aTopicIsTakenSilencedAndTakenAgain() {
        control.available(Create.named("demo"));
        assertThat(update(with("SnsTopicArn", TOPIC)).spec().snsTopic())
                .isEqualTo(new SnsTopic(TOPIC, true));
        assertThat(update(with("SnsTopicStatus", "inactive")).spec().snsTopic())
                .isEqualTo(new SnsTopic(TOPIC, false));
        assertThat(update(with("SnsTopicStatus", "ACTIVE")).spec().snsTopic())
                .isEqualTo(new SnsTopic(TOPIC, true));
        // This is how Terraform takes a topic away.
        assertThat(
                        update(request(Map.of("SnsTopicArn", "", "SnsTopicStatus", "inactive")))
                                .spec()
                                .snsTopic())
                .isEqualTo(new SnsTopic(TOPIC, false));
        assertThat(control.replayed().clusters().getFirst().spec().snsTopic())
                .isEqualTo(new SnsTopic(TOPIC, false));
    }

    @Test
    void aTopicThatIsNoneOrAStatusWithoutATopicIsRefused() {
        control.available(Create.named("demo"));
        refused(Fault.INVALID_PARAMETER_VALUE, with("SnsTopicArn", "topic"), "SnsTopicArn topic");
        refused(
                Fault.INVALID_PARAMETER_VALUE,
                with("SnsTopicStatus", "asleep"),
                "expected active or inactive");
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                with("SnsTopicStatus", "active"),
                "has no topic");
        refused(Fault.NO_OPERATION, with("SnsTopicStatus", "inactive"));
    }

    // ---- what is checked before it is refused

    @ParameterizedTest
    @CsvSource({
        "NodeType, db.none, INVALID_PARAMETER_VALUE, is not known",
        "NodeType, db.r6gd.xlarge, INVALID_PARAMETER_COMBINATION, ListAllowedNodeTypeUpdates",
        "NodeType, db.r7g.large, INVALID_PARAMETER_COMBINATION, not offered by this version",
        "Engine, memcached, INVALID_PARAMETER_VALUE, is not known",
        "Engine, valkey, INVALID_PARAMETER_COMBINATION, not offered by this version",
        "EngineVersion, 9.9, INVALID_PARAMETER_VALUE, is not known",
        "EngineVersion, 6.2, INVALID_PARAMETER_COMBINATION, engines are only upgraded",
        "EngineVersion, 7.1, INVALID_PARAMETER_COMBINATION, not offered by this version",
        "ShardCount, 0, INVALID_PARAMETER_VALUE, expected 1 to 500",
        "ShardCount, 501, SHARDS_PER_CLUSTER_QUOTA_EXCEEDED, at most 500",
        "ShardCount, 46, NODE_QUOTA_FOR_CLUSTER_EXCEEDED, at most 90",
        "ShardCount, 2, INVALID_PARAMETER_COMBINATION, not offered by this version",
        "IpDiscovery, ipx, INVALID_PARAMETER_VALUE, expected one of",
        "IpDiscovery, ipv6, INVALID_PARAMETER_COMBINATION, ipv4",
        "SecurityGroupIds, default, INVALID_PARAMETER_VALUE, sg-"
    })
    void aChangeIsCheckedBeforeItIsRefused(
            String member, String value, Fault fault, String message) {
        control.available(Create.named("demo"));
        refused(fault, with(member, value), message);
    }

    @Test
    void valkeyIsNotChangedBackToRedis() {
        control.available(
                Create.with(create -> {
                    create.engine = "valkey";
                    create.engineVersion = "7.3";
                }));
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                with("Engine", "redis"),
                "valkey 7.3 cannot be changed to redis");
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                with("EngineVersion", "7.2"),
                "engines are only upgraded");
    }

    @Test
    void anotherEngineNeedsAParameterGroupOfItsFamily() {
        control.decide(plane ->
                plane.parameters()
                        .create(
                                MemoryControl.REGION,
                                "mine",
                                "memorydb_redis7",
                                null,
                                null,
                                control.now));
        control.available(Create.with(create -> create.parameterGroupName = "mine"));
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                with("Engine", "valkey"),
                "Parameter group mine does not fit valkey");
    }

    @Test
    void shardsAreNotChangedTogetherWithOtherThings() {
        control.available(Create.named("demo"));
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                request(Map.of("ShardCount", "2", "NodeType", "db.r7g.large")),
                "one after the other");
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                request(Map.of("ShardCount", "2", "ReplicaCount", "2")),
                "one after the other");
    }

    @Test
    void whatIsAsItWasIsNoChange() {
        control.available(Create.named("demo"));
        refused(
                Fault.NO_OPERATION,
                request(
                        Map.of(
                                "NodeType", "db.t4g.small",
                                "Engine", "redis",
                                "EngineVersion", "7.0",
                                "ShardCount", "1",
                                "IpDiscovery", "ipv4")));
    }

    // ---- data tiering

    @Test
    void aClusterWithDataTieringTakesNoOtherEviction() {
        control.decide(plane ->
                plane.parameters()
                        .create(
                                MemoryControl.REGION,
                                "mine",
                                "memorydb_redis7",
                                null,
                                null,
                                control.now));
        setPolicy("allkeys-lfu");
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () -> control.create(tiered("mine")),
                "maxmemory-policy allkeys-lfu",
                "noeviction, volatile-lru, allkeys-lru");
        control.available(tiered(null));
        refused(
                Fault.INVALID_PARAMETER_COMBINATION,
                with("ParameterGroupName", "mine"),
                "maxmemory-policy allkeys-lfu");
        setPolicy("allkeys-lru");
        update(with("ParameterGroupName", "mine"));
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () -> setPolicy("volatile-ttl"),
                "maxmemory-policy volatile-ttl");
    }

    private void setPolicy(String policy) {
        control.decide(plane ->
                plane.parameters()
                        .update(
                                MemoryControl.REGION,
                                "mine",
                                List.of(Map.entry("maxmemory-policy", policy)),
                                control.now));
    }

    private static CreateClusterRequest tiered(@Nullable String group) {
        return Create.with(create -> {
            create.nodeType = "db.r6gd.xlarge";
            create.dataTiering = true;
            create.parameterGroupName = group;
        });
    }

    // ---- node types

    @ParameterizedTest
    @CsvSource({
        "db.t4g.small, db.t4g.medium db.r6g.large db.r7g.16xlarge, ''",
        "db.r6g.large, db.r6g.xlarge db.r7g.large db.r7g.xlarge, db.t4g.medium",
        "db.r7g.large, db.r6g.xlarge db.r7g.xlarge, db.r6g.large db.t4g.medium",
        "db.r7g.16xlarge, '', db.r6g.16xlarge db.r7g.12xlarge db.t4g.small",
        "db.r6gd.2xlarge, db.r6gd.4xlarge db.r6gd.8xlarge, db.r6gd.xlarge"
    })
    void aClusterMayGrowAndShrinkWithinItsKind(String type, String larger, String smaller) {
        control.available(
                Create.with(create -> {
                    create.nodeType = type;
                    create.dataTiering = type.startsWith("db.r6gd.");
                }));
        var allowed = control.query(plane -> plane.allowedNodeTypes(MemoryControl.REGION, "demo"));
        assertThat(allowed.get(0).containsAll(words(larger)))
                .as(allowed.get(0).toString())
                .isTrue();
        assertThat(allowed.get(1).containsAll(words(smaller)))
                .as(allowed.get(1).toString())
                .isTrue();
        assertThat(Collections.disjoint(allowed.get(0), allowed.get(1))).isTrue();
        boolean tiered = type.startsWith("db.r6gd.");
        for (var types : allowed) {
            assertThat(types)
                    .doesNotContain(type)
                    .allMatch(other -> other.startsWith("db.r6gd.") == tiered);
        }
        long kind = NodeType.all().stream().filter(other -> other.isTiered() == tiered).count();
        assertThat(allowed.get(0).size() + allowed.get(1).size()).isEqualTo((int) kind - 1);
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
    }

    // ---- asking

    private void refused(Fault fault, UpdateClusterRequest request, String... texts) {
        assertRefused(fault, () -> update(request), texts);
    }

    /// Asks for it, and reports that it is carried out.
    private ClusterState update(UpdateClusterRequest request) {
        var updating =
                control.decide(plane ->
                        plane.updateCluster(
                                request,
                                MemoryControl.REGION,
                                control.now,
                                new SplittableRandom(1)));
        control.decide(plane -> plane.clusterUpdated(updating.spec().id(), control.now));
        return control.describe("demo");
    }

    private static UpdateClusterRequest with(String member, String value) {
        return request(Map.of(member, value));
    }

    private static UpdateClusterRequest request(Map<String, String> members) {
        return new UpdateClusterRequest(
                "demo",
                null,
                members.containsKey("SecurityGroupIds")
                        ? List.of(members.get("SecurityGroupIds"))
                        : null,
                null,
                members.get("SnsTopicArn"),
                members.get("SnsTopicStatus"),
                members.get("ParameterGroupName"),
                null,
                null,
                members.get("NodeType"),
                members.get("Engine"),
                members.get("EngineVersion"),
                number(members.get("ReplicaCount")),
                number(members.get("ShardCount")),
                null,
                members.get("IpDiscovery"));
    }

    private static @Nullable Integer number(@Nullable String text) {
        return text == null ? null : Integer.valueOf(text);
    }
}
