package dev.keepsake.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What is kept and described, though nothing is done with it; and what is checked before it is
/// refused.
class DescribedOnlyTest {
    private static final String KEY = "1234abcd-12ab-34cd-56ef-1234567890ab";
    private static final String OTHER_KEY = "arn:aws:kms:us-east-1:111122223333:key/" + KEY;
    private static final String TOPIC = "arn:aws:sns:us-east-1:111122223333:topic";
    private static final String KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/" + KEY;

    private final RunningApi api = new RunningApi();

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void aKeyIsDescribedAsAnArnAndGoesOnToSnapshotsAndCopies() {
        assertThat(create("\"KmsKeyId\":\"%s\"".formatted(KEY)).path("KmsKeyId").stringValue())
                .isEqualTo(KEY_ARN);
        api.control.finishEverything(api.clock.now());
        assertThat(cluster().path("KmsKeyId").stringValue()).isEqualTo(KEY_ARN);
        assertThat(snapshot("one", "").path("KmsKeyId").stringValue()).isEqualTo(KEY_ARN);
        assertThat(copy("one", "two", "").path("KmsKeyId").stringValue()).isEqualTo(KEY_ARN);
        assertThat(
                        copy("one", "three", ",\"KmsKeyId\":\"%s\"".formatted(OTHER_KEY))
                                .path("KmsKeyId")
                                .stringValue())
                .isEqualTo(OTHER_KEY);
        assertThat(snapshot("four", ",\"KmsKeyId\":\"alias/mine\"").path("KmsKeyId").stringValue())
                .isEqualTo("arn:aws:kms:us-east-1:123456789012:alias/mine");
        refused(
                "CreateSnapshot",
                "{\"ClusterName\":\"demo\",\"SnapshotName\":\"five\",\"KmsKeyId\":\"key\"}",
                "InvalidParameterValueException");
        refused(
                "CopySnapshot",
                "{\"SourceSnapshotName\":\"one\",\"TargetSnapshotName\":\"five\",\"KmsKeyId\":\"key\"}",
                "InvalidParameterValueException");
    }

    @Test
    void aTopicIsDescribedWithItsStatus() {
        create("\"SnsTopicArn\":\"%s\"".formatted(TOPIC));
        api.control.finishEverything(api.clock.now());
        assertThat(cluster().path("SnsTopicArn").stringValue()).isEqualTo(TOPIC);
        assertThat(cluster().path("SnsTopicStatus").stringValue()).isEqualTo("ACTIVE");
        api.call("UpdateCluster", "{\"ClusterName\":\"demo\",\"SnsTopicStatus\":\"inactive\"}")
                .ok();
        api.control.finishEverything(api.clock.now());
        assertThat(cluster().path("SnsTopicStatus").stringValue()).isEqualTo("INACTIVE");
        assertThat(snapshot("one", "").path("ClusterConfiguration").path("TopicArn").stringValue())
                .isEqualTo(TOPIC);
    }

    @Test
    void dataTieringIsDescribedAndKeptBySnapshots() {
        assertThat(
                        create("\"NodeType\":\"db.r6gd.xlarge\",\"DataTiering\":true")
                                .path("DataTiering")
                                .stringValue())
                .isEqualTo("true");
        api.control.finishEverything(api.clock.now());
        assertThat(snapshot("one", "").path("DataTiering").stringValue()).isEqualTo("true");
        String restore =
                "{\"ClusterName\":\"again\",\"ACLName\":\"open-access\",\"SnapshotName\":\"one\",";
        assertThat(
                        api.call("CreateCluster", restore + "\"NodeType\":\"db.r6g.xlarge\"}")
                                .refused(400, "InvalidParameterCombinationException"))
                .contains("only be restored into another one");
        api.call(
                        "CreateCluster",
                        restore + "\"NodeType\":\"db.r6gd.2xlarge\",\"DataTiering\":true}")
                .ok();
    }

    @Test
    void batchUpdateProcessesTheClustersThatThereAreAndNamesTheOthers() {
        create("\"Description\":\"d\"");
        api.control.finishEverything(api.clock.now());
        var answer = api.call("BatchUpdateCluster", "{\"ClusterNames\":[\"Demo\",\"none\"]}").ok();
        assertThat(answer.path("ProcessedClusters").size()).isEqualTo(1);
        assertThat(answer.path("ProcessedClusters").path(0).path("Name").stringValue())
                .isEqualTo("demo");
        var left = answer.path("UnprocessedClusters");
        assertThat(left.size()).isEqualTo(1);
        assertThat(left.path(0).path("ClusterName").stringValue()).isEqualTo("none");
        assertThat(left.path(0).path("ErrorType").stringValue()).isEqualTo("ClusterNotFoundFault");
        assertThat(left.path(0).path("ErrorMessage").stringValue()).contains("none not found");
        refused(
                "BatchUpdateCluster",
                "{\"ClusterNames\":[\"-\"]}",
                "InvalidParameterValueException");
        refused(
                "BatchUpdateCluster",
                "{\"ClusterNames\":[\"demo\"],\"ServiceUpdate\":{}}",
                "InvalidParameterValueException");
    }

    @Test
    void theFiltersOfServiceUpdatesAreChecked() {
        refused(
                "DescribeServiceUpdates",
                "{\"ClusterNames\":[\"-\"]}",
                "InvalidParameterValueException");
        refused(
                "DescribeServiceUpdates",
                "{\"Status\":[\"sometimes\"]}",
                "InvalidParameterValueException");
        var answer =
                api.call(
                                "DescribeServiceUpdates",
                                "{\"ServiceUpdateName\":\"any\",\"ClusterNames\":[\"demo\"],\"Status\":[\"available\"]}")
                        .ok();
        assertThat(answer.path("ServiceUpdates").size()).isZero();
    }

    @Test
    void whatIsWrongWithAMultiRegionClusterIsSaidFirst() {
        refusedMultiRegion("\"NodeType\":\"db.none\"", "InvalidParameterValueException");
        refusedMultiRegion("\"NodeType\":\"db.r6g.xlarge\"", "InvalidParameterValueException");
        refusedMultiRegion("\"Engine\":\"memcached\"", "InvalidParameterValueException");
        refusedMultiRegion("\"NumShards\":0", "InvalidParameterValueException");
        refusedMultiRegion(
                "\"MultiRegionClusterNameSuffix\":\"a--b\"", "InvalidParameterValueException");
        refusedMultiRegion(
                "\"Tags\":[{\"Key\":\"aws:a\",\"Value\":\"b\"}]", "InvalidParameterValueException");
        assertThat(
                        refusedMultiRegion(
                                "\"Engine\":\"redis\"", "InvalidParameterCombinationException"))
                .contains("does not run on redis");
        assertThat(
                        refusedMultiRegion(
                                "\"EngineVersion\":\"7.2\"",
                                "InvalidParameterCombinationException"))
                .contains("expected valkey 7.3");
        assertThat(
                        refusedMultiRegion(
                                "\"MultiRegionParameterGroupName\":\"default.memorydb-valkey7.multiregion\"",
                                "InvalidParameterCombinationException"))
                .contains("not offered by this version");
    }

    @Test
    void theMultiRegionParameterGroupIsThereWithItsParameters() {
        String name = "default.memorydb-valkey7.multiregion";
        for (String request :
                new String[] {"{}", "{\"MultiRegionParameterGroupName\":\"%s\"}".formatted(name)}) {
            var groups = api.call("DescribeMultiRegionParameterGroups", request).ok();
            var group = groups.path("MultiRegionParameterGroups");
            assertThat(group.size()).isEqualTo(1);
            assertThat(group.path(0).path("Name").stringValue()).isEqualTo(name);
            assertThat(group.path(0).path("Family").stringValue()).isEqualTo("memorydb_valkey7");
            assertThat(group.path(0).path("ARN").stringValue())
                    .isEqualTo("arn:aws:memorydb::123456789012:multiregionparametergroup/" + name);
        }
        String all = "{\"MultiRegionParameterGroupName\":\"%s\"".formatted(name);
        var parameters =
                api.call("DescribeMultiRegionParameters", all + "}")
                        .ok()
                        .path("MultiRegionParameters");
        var names = new ArrayList<String>();
        for (var parameter : parameters) {
            names.add(parameter.path("Name").stringValue());
            assertThat(parameter.path("Source").stringValue()).isEqualTo("engine-default");
        }
        assertThat(names).contains("maxmemory-policy").isSorted();
        assertThat(
                        api.call("DescribeMultiRegionParameters", all + ",\"Source\":\"user\"}")
                                .ok()
                                .path("MultiRegionParameters")
                                .size())
                .isZero();
        refused(
                "DescribeMultiRegionParameters",
                all + ",\"Source\":\"heaven\"}",
                "InvalidParameterValueException");
    }

    @Test
    void theGroupsForSearchAreListedAndCannotBeChanged() {
        var groups = api.call("DescribeParameterGroups", "{}").ok().path("ParameterGroups");
        var names = new ArrayList<String>();
        groups.forEach(group -> names.add(group.path("Name").stringValue()));
        assertThat(names)
                .containsExactly(
                        "default.memorydb-redis6",
                        "default.memorydb-redis7",
                        "default.memorydb-redis7.search",
                        "default.memorydb-valkey7",
                        "default.memorydb-valkey7.search");
        var parameters =
                api.call(
                                "DescribeParameters",
                                "{\"ParameterGroupName\":\"default.memorydb-valkey7.search\"}")
                        .ok()
                        .path("Parameters");
        for (var parameter : parameters) {
            if (parameter.path("Name").stringValue().equals("search-enabled")) {
                assertThat(parameter.path("Value").stringValue()).isEqualTo("yes");
            }
        }
        refused(
                "DeleteParameterGroup",
                "{\"ParameterGroupName\":\"default.memorydb-valkey7.search\"}",
                "InvalidParameterGroupStateFault");
    }

    private String refusedMultiRegion(String member, String fault) {
        var request = new StringBuilder("{").append(member);
        if (!member.contains("NameSuffix")) {
            request.append(",\"MultiRegionClusterNameSuffix\":\"all\"");
        }
        if (!member.contains("NodeType")) {
            request.append(",\"NodeType\":\"db.r7g.xlarge\"");
        }
        return refused("CreateMultiRegionCluster", request.append('}').toString(), fault);
    }

    private String refused(String operation, String request, String fault) {
        return api.call(operation, request).refused(400, fault);
    }

    private JsonNode create(String members) {
        String type = members.contains("NodeType") ? "" : ",\"NodeType\":\"db.t4g.small\"";
        return api.call(
                        "CreateCluster",
                        "{\"ClusterName\":\"demo\",\"ACLName\":\"open-access\"%s,%s}"
                                .formatted(type, members))
                .ok()
                .path("Cluster");
    }

    private JsonNode cluster() {
        return api.call("DescribeClusters", "{\"ClusterName\":\"demo\"}")
                .ok()
                .path("Clusters")
                .path(0);
    }

    private JsonNode snapshot(String name, String members) {
        var snapshot =
                api.call(
                                "CreateSnapshot",
                                "{\"ClusterName\":\"demo\",\"SnapshotName\":\"%s\"%s}"
                                        .formatted(name, members))
                        .ok()
                        .path("Snapshot");
        api.control.finishEverything(api.clock.now());
        return snapshot;
    }

    private JsonNode copy(String from, String to, String members) {
        return api.call(
                        "CopySnapshot",
                        "{\"SourceSnapshotName\":\"%s\",\"TargetSnapshotName\":\"%s\"%s}"
                                .formatted(from, to, members))
                .ok()
                .path("Snapshot");
    }
}
