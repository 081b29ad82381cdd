package dev.keepsake.api;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What there is before a call of `fault-calls.tsv`.
final class FaultScene {
    /// More tags than a resource may have.
    static final String TAGS =
            IntStream.rangeClosed(0, 50)
                    .mapToObj("{\"Key\":\"k%d\",\"Value\":\"v\"}"::formatted)
                    .collect(Collectors.joining(",", "[", "]"));

    /// More subnets than a group may have.
    static final String SUBNETS =
            IntStream.rangeClosed(0, 20)
                    .mapToObj("\"subnet-%d\""::formatted)
                    .collect(Collectors.joining(",", "[", "]"));

    private static final String IAM = "{\"Type\":\"iam\"}";

    private final RunningApi api;

    FaultScene(RunningApi api) {
        this.api = api;
    }

    void build(String name) {
        switch (name) {
            case "" -> {}
            case "portsUsedUp" -> api.control.useUpPorts();
            case "cluster" -> cluster("demo", 1, 1, "");
            case "clusterWithoutReplicas" -> cluster("demo", 1, 0, "");
            case "wideCluster" -> cluster("demo", 20, 0, "");
            case "clusterCreating" -> create("demo", 1, 1, "");
            case "clusterDeleting" -> {
                cluster("demo", 1, 1, "");
                call("DeleteCluster", "{\"ClusterName\":\"demo\"}");
            }
            case "failedOver" -> {
                cluster("demo", 1, 1, "");
                call("FailoverShard", "{\"ClusterName\":\"demo\",\"ShardName\":\"0001\"}");
                api.control.finishFailover(
                        api.control.onlyCluster(),
                        "demo-0001-001",
                        "demo-0001-002",
                        api.clock.now());
            }
            case "manyNodes" -> {
                for (int i = 0; i < 3; i++) {
                    cluster("big-" + i, 15, 5, "");
                }
                cluster("demo", 10, 0, "");
            }
            case "snapshot" -> snapshots(1);
            case "tieredSnapshot" -> {
                call(
                        "CreateCluster",
                        """
                        {"ClusterName":"demo","NodeType":"db.r6gd.xlarge","ACLName":"open-access",\
                        "DataTiering":true}\
                        """);
                api.control.finishEverything(api.clock.now());
                snapshot("one");
                api.control.finishEverything(api.clock.now());
            }
            case "manySnapshots" -> snapshots(20);
            case "snapshotUnderWay" -> {
                cluster("demo", 1, 1, "");
                snapshot("one");
            }
            case "user" -> user("alice");
            case "userModifying" -> {
                user("alice");
                call("UpdateUser", "{\"UserName\":\"alice\",\"AccessString\":\"on\"}");
            }
            case "manyUsers" -> IntStream.range(1, 2_000).forEach(i -> user("user-" + i));
            case "acl" -> acl();
            case "aclDeleting" -> {
                acl();
                call("DeleteACL", "{\"ACLName\":\"staff\"}");
            }
            case "clusterAndAclDeleting" -> {
                cluster("demo", 1, 1, "");
                build("aclDeleting");
            }
            case "aclInUse" -> {
                acl();
                create("demo", "staff", 1, 1, "");
            }
            case "manyAcls" ->
                    IntStream.range(1, 200)
                            .forEach(i ->
                                    call("CreateACL", "{\"ACLName\":\"acl-%d\"}".formatted(i)));
            case "parameterGroup" -> parameterGroup("mine");
            case "parameterGroupInUse" -> {
                parameterGroup("mine");
                create("demo", 1, 1, ",\"ParameterGroupName\":\"mine\"");
            }
            case "manyParameterGroups" ->
                    IntStream.range(3, 300).forEach(i -> parameterGroup("group-" + i));
            case "subnetGroup" -> subnetGroup("net");
            case "subnetGroupInUse" -> {
                subnetGroup("net");
                create("demo", 1, 1, ",\"SubnetGroupName\":\"net\"");
            }
            case "manySubnetGroups" ->
                    IntStream.range(1, 300).forEach(i -> subnetGroup("net-" + i));
            case "reservation" ->
                    call(
                            "PurchaseReservedNodesOffering",
                            "{\"ReservedNodesOfferingId\":\"%s\",\"ReservationId\":\"mine\"}"
                                    .formatted(offering()));
            default -> throw new AssertionError("there is no scene " + name);
        }
    }

    /// The id of an offering.
    String offering() {
        return api.call("DescribeReservedNodesOfferings", "{}")
                .ok()
                .path("ReservedNodesOfferings")
                .path(0)
                .path("ReservedNodesOfferingId")
                .stringValue();
    }

    /// A subnet that is in another zone than the subnet group `net`.
    String subnetElsewhere() {
        String here = zone("net-0", "subnet-1");
        return IntStream.range(2, 100)
                .mapToObj("subnet-%d"::formatted)
                .filter(subnet -> !zone("net-" + subnet, subnet).equals(here))
                .findFirst()
                .orElseThrow();
    }

    private String zone(String group, String subnet) {
        return api.call(
                        "CreateSubnetGroup",
                        "{\"SubnetGroupName\":\"%s\",\"SubnetIds\":[\"%s\"]}"
                                .formatted(group, subnet))
                .ok()
                .path("SubnetGroup")
                .path("Subnets")
                .path(0)
                .path("AvailabilityZone")
                .path("Name")
                .stringValue();
    }

    private void cluster(String name, int shards, int replicas, String more) {
        create(name, shards, replicas, more);
        api.control.finishEverything(api.clock.now());
    }

    private void create(String name, int shards, int replicas, String more) {
        create(name, "open-access", shards, replicas, more);
    }

    private void create(String name, String acl, int shards, int replicas, String more) {
        call(
                "CreateCluster",
                """
                {"ClusterName":"%s","NodeType":"db.t4g.small","ACLName":"%s","NumShards":%d,\
                "NumReplicasPerShard":%d%s}\
                """
                        .formatted(name, acl, shards, replicas, more));
    }

    private void snapshots(int count) {
        cluster("demo", 1, 1, "");
        snapshot("one");
        for (int i = 1; i < count; i++) {
            api.control.finishEverything(api.clock.now());
            snapshot("another-" + i);
        }
        api.control.finishEverything(api.clock.now());
    }

    private void snapshot(String name) {
        call(
                "CreateSnapshot",
                "{\"ClusterName\":\"demo\",\"SnapshotName\":\"%s\"}".formatted(name));
    }

    private void user(String name) {
        call(
                "CreateUser",
                "{\"UserName\":\"%s\",\"AccessString\":\"on ~* +@all\",\"AuthenticationMode\":%s}"
                        .formatted(name, IAM));
    }

    private void acl() {
        user("alice");
        call("CreateACL", "{\"ACLName\":\"staff\",\"UserNames\":[\"alice\"]}");
        api.control.finishEverything(api.clock.now());
    }

    private void parameterGroup(String name) {
        call(
                "CreateParameterGroup",
                "{\"ParameterGroupName\":\"%s\",\"Family\":\"memorydb_redis7\"}".formatted(name));
    }

    private void subnetGroup(String name) {
        call(
                "CreateSubnetGroup",
                "{\"SubnetGroupName\":\"%s\",\"SubnetIds\":[\"subnet-1\"]}".formatted(name));
    }

    private void call(String operation, String request) {
        api.call(operation, request).ok();
    }
}
