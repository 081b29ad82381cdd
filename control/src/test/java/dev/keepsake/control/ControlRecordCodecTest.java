package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ControlRecordCodecTest {
    private static final Instant NOW = Instant.parse("2021-08-22T12:39:37.568123456Z");
    private static final ClusterId ID = new ClusterId("us-east-1", "demo", "00ff00ff00ff00ff");

    @ParameterizedTest
    @MethodSource("everyKind")
    void aRecordReadsBackAsItWasWritten(ControlRecord record) {
        assertThat(readBack(List.of(record))).containsExactly(record);
    }

    @Test
    void everyKindOfRecordIsAmongThoseTested() {
        assertThat(everyKind().map(Object::getClass).distinct())
                .containsExactlyInAnyOrder(ControlRecord.class.getPermittedSubclasses());
    }

    @Test
    void aDecisionsRecordsStayTogetherAndInOrder() {
        var records = everyKind().toList();
        assertThat(readBack(records)).isEqualTo(records);
        assertThat(readBack(List.of())).isEmpty();
    }

    /// What lies in a control log today has to be readable for ever.
    @Test
    void theStoredFormStaysAsItIs() {
        var stored =
                """
                {"version":1,"records":[\
                {"kind":"FailoverRequested","body":{"cluster":{"region":"us-east-1","name":"demo",\
                "incarnation":"00ff00ff00ff00ff"},"shard":"0001"}},\
                {"kind":"EventHappened","body":{"event":{"region":"us-east-1","sourceName":"demo",\
                "sourceType":"cluster","message":"Cluster created.",\
                "date":"2021-08-22T12:39:37.568123456Z"}}}]}\
                """;
        List<ControlRecord> records =
                List.of(
                        new ControlRecord.FailoverRequested(ID, "0001"),
                        new ControlRecord.EventHappened(
                                new Event(
                                        "us-east-1", "demo", "cluster", "Cluster created.", NOW)));

        assertThat(ControlRecordCodec.decode(stored.getBytes(UTF_8))).isEqualTo(records);
        assertThat(new String(ControlRecordCodec.encode(records), UTF_8)).isEqualTo(stored);
    }

    @Test
    void aRecordWithAComponentThatThisBuildDoesNotKnowIsRead() {
        var stored =
                """
                {"version":1,"records":[{"kind":"FailoverRequested","body":{"cluster":\
                {"region":"us-east-1","name":"demo","incarnation":"00ff00ff00ff00ff"},\
                "shard":"0001","colour":"red"}}]}\
                """;
        assertThat(ControlRecordCodec.decode(stored.getBytes(UTF_8)))
                .containsExactly(new ControlRecord.FailoverRequested(ID, "0001"));
    }

    @Test
    void aRecordFromBeforeNodesHadAddressesOfTheirOwnIsRead() {
        var stored =
                """
                {"version":1,"records":[{"kind":"EndpointsAssigned","body":{"cluster":\
                {"region":"us-east-1","name":"demo","incarnation":"00ff00ff00ff00ff"},\
                "endpoints":{"host":"127.0.0.1","clusterPort":6379,\
                "nodePorts":{"demo-0001-001":7001}}}}]}\
                """;
        assertThat(ControlRecordCodec.decode(stored.getBytes(UTF_8)))
                .containsExactly(
                        new ControlRecord.EndpointsAssigned(
                                ID,
                                new Endpoints("127.0.0.1", 6379, Map.of("demo-0001-001", 7001))));
    }

    @Test
    void recordsFromBeforeTheNamesOfEnginesWereKeptAreRead() {
        var stored =
                """
                {"version":1,"records":[{"kind":"ClusterProvisioned","body":{"cluster":\
                {"region":"us-east-1","name":"demo","incarnation":"00ff00ff00ff00ff"},\
                "enginePatchVersion":"7.0.15"}},{"kind":"EngineChanged","body":{"cluster":\
                {"region":"us-east-1","name":"demo","incarnation":"00ff00ff00ff00ff"},\
                "enginePatchVersion":"8.1.1"}}]}\
                """;
        assertThat(ControlRecordCodec.decode(stored.getBytes(UTF_8)))
                .containsExactly(
                        new ControlRecord.ClusterProvisioned(ID, "7.0.15", null),
                        new ControlRecord.EngineChanged(ID, "8.1.1", null));
    }

    @Test
    void anUnknownKindIsNamed() {
        assertUnreadable("{\"version\":1,\"records\":[{\"kind\":\"ClusterFrozen\",\"body\":{}}]}")
                .withMessage("control records of kind ClusterFrozen are unknown to this build");
    }

    @Test
    void aNewerVersionIsNamed() {
        assertUnreadable("{\"version\":2,\"records\":[]}")
                .withMessageContaining("version 2")
                .withMessageContaining("reads version 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "not JSON",
                "{\"version\":1}",
                "{\"version\":1,\"records\":null}",
                "{\"version\":1,\"records\":{}}",
                "{\"version\":\"one\",\"records\":[]}",
                "{\"version\":1,\"records\":[1]}",
                "{\"version\":1,\"records\":[{}]}",
                "{\"version\":1,\"records\":[{\"kind\":{},\"body\":{}}]}",
                "{\"version\":1,\"records\":[{\"kind\":\"ClusterRemoved\"}]}",
                "{\"version\":1,\"records\":[{\"kind\":\"ClusterRemoved\",\"body\":null}]}",
                "{\"version\":1,\"records\":[{\"kind\":\"ClusterRemoved\",\"body\":7}]}",
                "{\"version\":1,\"records\":[{\"kind\":\"EndpointsAssigned\",\"body\":"
                        + "{\"endpoints\":{\"host\":\"h\",\"clusterPort\":\"x\",\"nodePorts\":{}}}}]}",
                "{\"version\":1,\"records\":[]} {}"
            })
    void damagedRecordsAreRefusedNotGuessed(String stored) {
        assertUnreadable(stored);
    }

    @Test
    void recordsThatAreCutShortAreRefusedAtEveryByte() {
        var stored = ControlRecordCodec.encode(everyKind().toList());
        for (int length = 0; length < stored.length; length++) {
            var cut = Arrays.copyOf(stored, length);
            assertThatIllegalArgumentException()
                    .as("the first %d bytes", length)
                    .isThrownBy(() -> ControlRecordCodec.decode(cut));
        }
    }

    /// Records are logged and stored as they are, so none may hold a password or key.
    @Test
    void noRecordHasAPlaceForASecret() {
        assertThat(everyKind().map(Object::toString))
                .allSatisfy(text ->
                        assertThat(text.toLowerCase(Locale.ROOT))
                                .doesNotContain("password", "secret", "credential"));
    }

    private static List<ControlRecord> readBack(List<ControlRecord> records) {
        return ControlRecordCodec.decode(ControlRecordCodec.encode(records));
    }

    private static ThrowableAssertAlternative<IllegalArgumentException> assertUnreadable(
            String stored) {
        return assertThatIllegalArgumentException()
                .isThrownBy(() -> ControlRecordCodec.decode(stored.getBytes(UTF_8)));
    }

    private static Stream<ControlRecord> everyKind() {
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.ClusterCreated(spec(Create.named("plain"))));
        records.add(
                new ControlRecord.ClusterCreated(
                        spec(
                                Create.with(create -> {
                                    create.description = "\"quotes\", \n lines and ä€😀";
                                    create.numShards = 3;
                                    create.numReplicasPerShard = 2;
                                    create.securityGroupIds = List.of("sg-1");
                                    create.tags =
                                            List.of(new CreateClusterRequest.Tag("Team", "a b"));
                                    create.autoMinorVersionUpgrade = false;
                                    create.nodeType = "db.r6gd.xlarge";
                                    create.dataTiering = true;
                                    create.kmsKeyId = "alias/demo";
                                    create.snsTopicArn = "arn:aws:sns:us-east-1:111122223333:topic";
                                }))));
        records.add(
                new ControlRecord.EndpointsAssigned(
                        ID,
                        new Endpoints(
                                "127.0.0.1",
                                7000,
                                Map.of("demo-0001-001", 7001, "demo-0001-002", 7002))));
        records.add(
                new ControlRecord.EndpointsAssigned(
                        ID,
                        new Endpoints(
                                "127.0.1.1",
                                6379,
                                Map.of("demo-0001-001", 6379),
                                Map.of("demo-0001-001", "127.0.1.2"))));
        records.add(new ControlRecord.ClusterProvisioned(ID, "7.0.15", "redis"));
        records.add(new ControlRecord.EngineChanged(ID, "7.2.6", "valkey"));
        records.add(new ControlRecord.EngineMissing(ID, new EngineRelease("valkey", "9.1.2")));
        records.add(new ControlRecord.EngineFound(ID));
        records.add(new ControlRecord.ClusterCreateFailed(ID));
        records.add(new ControlRecord.ClusterRestoreFailed(ID));
        records.add(new ControlRecord.ClusterChanged(spec(Create.named("plain"))));
        records.add(
                new ControlRecord.ClusterUpdating(
                        spec(Create.named("plain")),
                        new ClusterUpdate(2, List.of("plain-0001-003"), "staff", true, true, NOW)));
        records.add(new ControlRecord.ClusterUpdated(filled()));
        records.add(new ControlRecord.ParametersPending(ID, NOW));
        records.add(new ControlRecord.ParametersApplied(ID));
        records.add(new ControlRecord.ClusterSnapshotting(ID));
        records.add(new ControlRecord.ClusterSnapshotted(ID));
        records.add(new ControlRecord.ClusterDeleting(ID, NOW));
        records.add(new ControlRecord.ClusterRemoved(ID));
        records.add(new ControlRecord.FailoverRequested(ID, "0001"));
        records.add(new ControlRecord.FailoverBegun(ID, "demo-0001-001"));
        records.add(new ControlRecord.FailoverPromoted(ID, "demo-0001-002"));
        records.add(new ControlRecord.FailoverFinished(ID, NOW));
        records.add(new ControlRecord.PrimaryChanged(ID, "demo-0001-002"));
        records.add(new ControlRecord.NodeRecovering(ID, "demo-0001-001"));
        records.add(new ControlRecord.NodeRecovered(ID, "demo-0001-001"));
        records.add(new ControlRecord.ServerStarted(NOW));
        records.add(new ControlRecord.ServerStopped(NOW));
        records.add(
                new ControlRecord.EventHappened(
                        new Event("us-east-1", "demo", "cluster", "Cluster created.", NOW)));
        records.add(
                new ControlRecord.UserChanged(
                        new User(
                                "us-east-1",
                                "alice",
                                User.Status.MODIFYING,
                                "on ~* resetchannels -@all +get",
                                User.Login.IAM,
                                Set.of("ab".repeat(32)),
                                NOW)));
        records.add(new ControlRecord.UserRemoved("us-east-1", "alice"));
        records.add(
                new ControlRecord.AclChanged(
                        new Acl(
                                "us-east-1",
                                "staff",
                                Acl.Status.MODIFYING,
                                List.of("alice"),
                                List.of(),
                                NOW)));
        records.add(new ControlRecord.AclRemoved("us-east-1", "staff"));
        records.add(
                new ControlRecord.ParameterGroupChanged(
                        new ParameterGroup(
                                "us-east-1",
                                "mine",
                                "memorydb_redis7",
                                null,
                                Map.of("maxmemory-policy", "allkeys-lru"))));
        records.add(new ControlRecord.ParameterGroupRemoved("us-east-1", "mine"));
        records.add(
                new ControlRecord.SubnetGroupChanged(
                        new SubnetGroup(
                                "us-east-1",
                                "mine",
                                "d",
                                List.of(new SubnetGroup.Subnet("subnet-1", "us-east-1a")))));
        records.add(new ControlRecord.SubnetGroupRemoved("us-east-1", "mine"));
        records.add(new ControlRecord.SnapshotChanged(snapshot()));
        records.add(new ControlRecord.SnapshotRemoved(snapshot().id()));
        records.add(
                new ControlRecord.NodesReserved(
                        new ReservedNode(
                                "us-east-1",
                                "mine",
                                ReservedNodesOffering.all().getFirst(),
                                3,
                                NOW)));
        records.add(
                new ControlRecord.TagsChanged(
                        new Resource("us-east-1", Resource.Kind.USER, "alice"),
                        Map.of("Team", "a")));
        records.add(new ControlRecord.Reset(NOW));
        records.add(new ControlRecord.StateBegins(7));
        records.add(new ControlRecord.ClusterKept(busy()));
        records.add(new ControlRecord.SnapshotsCounted(List.of(new SnapshotAsked(ID, NOW))));
        records.add(new ControlRecord.StatePart(1, 2));
        return records.stream();
    }

    private static ClusterState busy() {
        return new ClusterState(
                spec(Create.named("plain")),
                ClusterState.Status.UPDATING,
                new Endpoints("127.0.0.1", 7000, Map.of("plain-0001-001", 7001)),
                "7.0.15",
                new Failover("0001", new Failover.Failing("plain-0001-001")),
                new ClusterUpdate(2, List.of("plain-0001-003"), "staff", true, true, NOW),
                NOW,
                NOW,
                Set.of("plain-0001-001"),
                Map.of("0001", "plain-0001-001"),
                "redis",
                new EngineRelease("valkey", "8.0.1"));
    }

    private static ClusterSnapshot snapshot() {
        var id = new SnapshotId("us-east-1", "nightly", "00ff00ff00ff00ff");
        return new ClusterSnapshot(
                id,
                ClusterSnapshot.Status.COPYING,
                true,
                spec(Create.named("plain")),
                NOW,
                List.of(new SnapshotShard("0001", "0-16383", 1, 99, NOW)),
                id,
                "bucket",
                NOW,
                "alias/demo");
    }

    private static ClusterSpec filled() {
        return spec(
                Create.with(create ->
                        create.snapshotArns =
                                List.of("arn:aws:s3:::b/a.rdb", "arn:aws:s3:::b/k.rdb")));
    }

    private static ClusterSpec spec(CreateClusterRequest request) {
        return Create.spec(request, "us-east-1", NOW, new SplittableRandom(1));
    }
}
