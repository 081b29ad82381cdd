package dev.keepsake.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.memorydb.model.CreateClusterResponse;
import software.amazon.awssdk.services.memorydb.model.DeleteClusterResponse;
import software.amazon.awssdk.services.memorydb.model.DescribeClustersResponse;
import software.amazon.awssdk.services.memorydb.model.DescribeEventsResponse;
import software.amazon.awssdk.services.memorydb.model.FailoverShardResponse;
import software.amazon.awssdk.services.memorydb.model.UpdateClusterResponse;
import tools.jackson.databind.JsonNode;

/// The JSON of every answer, member by member.
class ResponseShapeTest {
    private static final String[] BRIEF = {
        "Name",
        "Status",
        "NumberOfShards",
        "ClusterEndpoint",
        "NodeType",
        "Engine",
        "EngineVersion",
        "EnginePatchVersion",
        "ParameterGroupName",
        "ParameterGroupStatus",
        "SecurityGroups",
        "SubnetGroupName",
        "TLSEnabled",
        "ARN",
        "SnapshotRetentionLimit",
        "MaintenanceWindow",
        "SnapshotWindow",
        "AutoMinorVersionUpgrade",
        "DataTiering",
        "NetworkType",
        "IpDiscovery"
    };

    private final RunningApi api = new RunningApi();

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void aClusterThatIsBeingCreatedHasItsPortAndNoAddressOrPatchVersionYet() {
        var answer =
                api.call(
                                "CreateCluster",
                                """
                                {"ClusterName":"My-Cluster","NodeType":"db.r7g.large",
                                 "ACLName":"open-access","Description":"d","Port":7777,
                                 "NumShards":2,"SecurityGroupIds":["sg-1"]}\
                                """)
                        .ok();

        ModelShape.assertFits(answer, CreateClusterResponse.builder().build());
        var cluster = answer.path("Cluster");
        assertThat(cluster.path("Name").stringValue()).isEqualTo("my-cluster");
        assertThat(cluster.path("Status").stringValue()).isEqualTo("creating");
        assertThat(cluster.path("NumberOfShards").intValue()).isEqualTo(2);
        assertThat(cluster.path("AvailabilityMode").stringValue()).isEqualTo("multiaz");
        assertThat(cluster.path("ClusterEndpoint").toString()).isEqualTo("{\"Port\":7777}");
        assertThat(cluster.path("ParameterGroupStatus").stringValue()).isEqualTo("in-sync");
        assertThat(cluster.path("ARN").stringValue())
                .isEqualTo("arn:aws:memorydb:us-east-1:123456789012:cluster/my-cluster");
        assertThat(cluster.path("ACLName").stringValue()).isEqualTo("open-access");
        assertThat(cluster.path("DataTiering").stringValue()).isEqualTo("false");
        assertThat(cluster.path("TLSEnabled").booleanValue()).isTrue();
        assertThat(cluster.path("Description").stringValue()).isEqualTo("d");
        assertThat(cluster.path("SecurityGroups").toString())
                .isEqualTo("[{\"SecurityGroupId\":\"sg-1\",\"Status\":\"active\"}]");
        assertThat(cluster.has("EnginePatchVersion")).isFalse();
        assertThat(cluster.has("Shards")).isFalse();
    }

    @Test
    void whatIsNotSetIsLeftOut() {
        api.createAvailable("demo");
        for (String request : new String[] {"{}", "{\"ShowShardDetails\":true}"}) {
            var text = api.sendRaw(api.request("DescribeClusters", request)).body();
            assertThat(text)
                    .doesNotContain("null")
                    .doesNotContain("Description")
                    .doesNotContain("NextToken")
                    .doesNotContain("KmsKeyId")
                    .doesNotContain("SnsTopicArn")
                    .doesNotContain("PendingUpdates")
                    .contains("\"SecurityGroups\":[]");
        }
        assertThat(api.sendRaw(api.request("DescribeEvents", "{}")).body()).doesNotContain("null");
    }

    @Test
    void shardsAreShownOnRequestOnly() {
        api.createAvailable("demo");
        for (String request : new String[] {"{}", "{\"ShowShardDetails\":false}"}) {
            var clusters = api.call("DescribeClusters", request).ok().path("Clusters");
            assertThat(clusters.path(0).has("Shards")).isFalse();
        }

        var raw = api.sendRaw(api.request("DescribeClusters", "{\"ShowShardDetails\":true}"));

        var answer = RunningApi.Answer.of(raw).ok();
        ModelShape.assertFits(answer, DescribeClustersResponse.builder().build());
        var cluster = answer.path("Clusters").path(0);
        assertThat(cluster.path("ClusterEndpoint").toString())
                .isEqualTo("{\"Address\":\"127.0.0.1\",\"Port\":7000}");
        assertThat(cluster.path("EnginePatchVersion").stringValue()).isEqualTo("7.0.15");
        assertThat(raw.body())
                .endsWith(
                        """
                        "Shards":[{"Name":"0001","Status":"available","Slots":"0-16383","Nodes":[\
                        {"Name":"demo-0001-001","Status":"available",\
                        "AvailabilityZone":"us-east-1a","CreateTime":1629230643.961,\
                        "Endpoint":{"Address":"127.0.0.1","Port":7001}},\
                        {"Name":"demo-0001-002","Status":"available",\
                        "AvailabilityZone":"us-east-1b","CreateTime":1629230643.961,\
                        "Endpoint":{"Address":"127.0.0.1","Port":7002}}],"NumberOfNodes":2}]}]}\
                        """);
    }

    @Test
    void nodesThatAreBeingCreatedHaveNoEndpointYet() {
        api.call(
                        "CreateCluster",
                        """
                        {"ClusterName":"demo","NodeType":"db.t4g.small","ACLName":"open-access"}\
                        """)
                .ok();
        var shard =
                api.call("DescribeClusters", "{\"ShowShardDetails\":true}")
                        .ok()
                        .at("/Clusters/0/Shards/0");
        assertThat(shard.path("Status").stringValue()).isEqualTo("creating");
        assertThat(shard.at("/Nodes/0").has("Endpoint")).isFalse();
        assertThat(shard.at("/Nodes/0/Status").stringValue()).isEqualTo("creating");
    }

    @Test
    void aClusterWithoutReplicasIsInOneZone() {
        var answer =
                api.call(
                                "CreateCluster",
                                """
                                {"ClusterName":"demo","NodeType":"db.t4g.small",
                                 "ACLName":"open-access","NumReplicasPerShard":0}\
                                """)
                        .ok();
        assertThat(answer.at("/Cluster/AvailabilityMode").stringValue()).isEqualTo("singleaz");
    }

    @Test
    void failoverShardAndDeleteClusterAnswerABriefCluster() {
        api.createAvailable("demo");
        var failover =
                api.call("FailoverShard", "{\"ClusterName\":\"demo\",\"ShardName\":\"0001\"}").ok();
        ModelShape.assertFits(failover, FailoverShardResponse.builder().build());
        assertThat(failover.path("Cluster").propertyNames()).containsExactlyInAnyOrder(BRIEF);
        assertThat(failover.at("/Cluster/Status").stringValue()).isEqualTo("available");
        api.control.finishFailover(
                api.control.onlyCluster(), "demo-0001-001", "demo-0001-002", api.clock.now());

        var deletion = api.call("DeleteCluster", "{\"ClusterName\":\"demo\"}").ok();
        ModelShape.assertFits(deletion, DeleteClusterResponse.builder().build());
        assertThat(deletion.path("Cluster").propertyNames()).containsExactlyInAnyOrder(BRIEF);
        assertThat(deletion.at("/Cluster/Status").stringValue()).isEqualTo("deleting");
    }

    @Test
    void securityGroupsAreBeingModifiedUntilTheUpdateIsOver() {
        api.createAvailable("demo");
        var updating =
                api.call(
                                "UpdateCluster",
                                """
                                {"ClusterName":"demo","SecurityGroupIds":["sg-1","sg-2"]}\
                                """)
                        .ok();
        ModelShape.assertFits(updating, UpdateClusterResponse.builder().build());
        assertThat(updating.at("/Cluster/Status").stringValue()).isEqualTo("updating");
        assertThat(updating.at("/Cluster/SecurityGroups").toString())
                .isEqualTo(groups("modifying"));
        assertThat(describedGroups()).isEqualTo(groups("modifying"));

        api.control.finishEverything(api.clock.now());
        assertThat(describedGroups()).isEqualTo(groups("active"));

        var other =
                api.call("UpdateCluster", "{\"ClusterName\":\"demo\",\"Description\":\"d\"}").ok();
        assertThat(other.at("/Cluster/SecurityGroups").toString()).isEqualTo(groups("active"));
    }

    @Test
    void anAclIsPendingUntilTheNodesFollowItOrItsUsers() {
        api.createAvailable("demo");
        api.call(
                        "CreateUser",
                        """
                        {"UserName":"alice","AccessString":"on ~* +@all",\
                        "AuthenticationMode":{"Type":"iam"}}\
                        """)
                .ok();
        api.call("CreateACL", "{\"ACLName\":\"staff\",\"UserNames\":[\"alice\"]}").ok();
        api.control.finishEverything(api.clock.now());

        var updating =
                api.call("UpdateCluster", "{\"ClusterName\":\"demo\",\"ACLName\":\"staff\"}").ok();
        assertThat(updating.at("/Cluster/ACLName").stringValue()).isEqualTo("open-access");
        assertThat(updating.at("/Cluster/PendingUpdates").toString())
                .isEqualTo("{\"ACLs\":{\"ACLToApply\":\"staff\"}}");
        api.control.finishEverything(api.clock.now());
        assertThat(describedCluster().path("ACLName").stringValue()).isEqualTo("staff");
        assertThat(describedCluster().has("PendingUpdates")).isFalse();

        api.call("UpdateUser", "{\"UserName\":\"alice\",\"AccessString\":\"on ~a +get\"}").ok();
        assertThat(describedCluster().at("/PendingUpdates/ACLs/ACLToApply").stringValue())
                .isEqualTo("staff");
        api.control.finishEverything(api.clock.now());
        assertThat(describedCluster().has("PendingUpdates")).isFalse();
    }

    private JsonNode describedCluster() {
        return api.call("DescribeClusters", "{}").ok().at("/Clusters/0");
    }

    private String describedGroups() {
        return describedCluster().path("SecurityGroups").toString();
    }

    private static String groups(String status) {
        return """
        [{"SecurityGroupId":"sg-1","Status":"%1$s"},\
        {"SecurityGroupId":"sg-2","Status":"%1$s"}]\
        """
                .formatted(status);
    }

    @Test
    void eventsHaveTheTimeInSecondsWithAFraction() {
        api.createAvailable("demo");
        var raw = api.sendRaw(api.request("DescribeEvents", "{\"SourceType\":\"cluster\"}"));

        assertThat(raw.body())
                .isEqualTo(
                        """
                        {"Events":[{"SourceName":"demo","SourceType":"cluster",\
                        "Message":"Cluster created.","Date":1629230643.961}]}\
                        """);
        ModelShape.assertFits(
                RunningApi.Answer.of(raw).ok(), DescribeEventsResponse.builder().build());
    }

    @Test
    void aTimeOnTheFullSecondIsStillAPlainNumber() {
        api.clock.pass(Duration.ofMillis(39));
        api.createAvailable("demo");
        HttpResponse<String> raw = api.sendRaw(api.request("DescribeEvents", "{}"));
        assertThat(raw.body()).contains("\"Date\":1629230644.000}");
        assertThat(RunningApi.Answer.of(raw).body().at("/Events/0/Date").decimalValue())
                .isEqualByComparingTo(new BigDecimal("1629230644"));
    }

    @Test
    void emptyListsAreThere() {
        assertThat(api.sendRaw(api.request("DescribeClusters", "{}")).body())
                .isEqualTo("{\"Clusters\":[]}");
        assertThat(api.sendRaw(api.request("DescribeEvents", "{}")).body())
                .isEqualTo("{\"Events\":[]}");
    }
}
