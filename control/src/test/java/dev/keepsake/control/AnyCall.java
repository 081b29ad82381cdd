package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// One call of the API that changes something, chosen by chance; names are few, so calls meet.
final class AnyCall {
    /// How many kinds of calls there are.
    static final int KINDS = 27;

    private static final List<String> CLUSTERS = List.of("a", "B", "c-1", "demo", "Demo");
    private static final List<String> NAMES = List.of("p", "Q", "r");
    private static final List<String> ACLS = List.of("open-access", "p", "q", "r");

    private final MemoryControl control;
    private final SplittableRandom random;

    AnyCall(MemoryControl control, long seed) {
        this.control = control;
        this.random = new SplittableRandom(seed);
    }

    /// @param kind from 0 to [#KINDS]
    /// @throws ApiException when it is refused
    void make(int kind) {
        String cluster = pick(CLUSTERS);
        String name = pick(NAMES);
        String other = pick(NAMES);
        int number = random.nextInt(4);
        var now = control.now;
        switch (kind) {
            case 0, 1 -> create(create(cluster));
            case 2 ->
                    create(
                            Create.with(create -> {
                                create.clusterName = cluster;
                                create.snapshotName = name;
                                create.aclName = other;
                            }));
            case 3 ->
                    create(
                            Create.with(create -> {
                                create.clusterName = cluster;
                                create.snapshotArns =
                                        List.of(
                                                number == 0
                                                        ? "file:///missing.rdb"
                                                        : "arn:aws:s3:::bucket/a.rdb");
                            }));
            case 4 ->
                    control.decide(
                            plane -> plane.deleteCluster(REGION, cluster, null, null, now, random));
            case 5 ->
                    control.decide(
                            plane -> plane.deleteCluster(REGION, cluster, null, name, now, random));
            case 6 -> control.failOver(cluster, "%04d".formatted(1 + number));
            case 7 ->
                    update(
                            Update.with(update -> {
                                update.clusterName = cluster;
                                update.replicaCount = number;
                            }));
            case 8 ->
                    update(
                            Update.with(update -> {
                                update.clusterName = cluster;
                                update.aclName = pick(ACLS);
                                update.securityGroupIds = List.of("sg-" + number);
                            }));
            case 9 ->
                    update(
                            Update.with(update -> {
                                update.clusterName = cluster;
                                update.description = name;
                                update.parameterGroupName = number == 0 ? null : other;
                                update.snapshotRetentionLimit = number;
                                update.maintenanceWindow = "sun:05:00-sun:06:00";
                            }));
            case 10 ->
                    control.decide(plane ->
                            plane.snapshots()
                                    .create(REGION, cluster, name, null, tags(), now, random));
            case 11 ->
                    control.decide(plane ->
                            plane.snapshots()
                                    .copy(
                                            REGION,
                                            name,
                                            other,
                                            number == 0 ? "bucket" : null,
                                            null,
                                            null,
                                            now,
                                            random));
            case 12 -> control.decide(plane -> plane.snapshots().delete(REGION, name, now));
            case 13 ->
                    control.decide(plane ->
                            plane.access()
                                    .createUser(REGION, name, login(), "on ~* +@all", tags(), now));
            case 14 ->
                    control.decide(plane ->
                            plane.access().updateUser(REGION, name, login(), "on ~k +get", now));
            case 15 -> control.decide(plane -> plane.access().deleteUser(REGION, name, now));
            case 16 ->
                    control.decide(plane ->
                            plane.access().createAcl(REGION, name, List.of(other), tags(), now));
            case 17 ->
                    control.decide(plane ->
                            plane.access().updateAcl(REGION, name, List.of(other), null, now));
            case 18 ->
                    control.decide(plane ->
                            plane.access().updateAcl(REGION, name, null, List.of(other), now));
            case 19 -> control.decide(plane -> plane.access().deleteAcl(REGION, name, now));
            case 20 ->
                    control.decide(plane ->
                            plane.parameters()
                                    .create(REGION, name, "memorydb_redis7", null, tags(), now));
            case 21 ->
                    control.decide(plane ->
                            plane.parameters()
                                    .update(
                                            REGION,
                                            name,
                                            List.of(Map.entry("maxmemory-policy", "allkeys-lru")),
                                            now));
            case 22 ->
                    control.decide(
                            plane -> plane.parameters().reset(REGION, name, true, null, now));
            case 23 -> control.decide(plane -> plane.parameters().delete(REGION, name, now));
            case 24 -> subnets(name, number);
            case 25 -> tag(cluster, name, number);
            default ->
                    control.decide(plane ->
                            plane.reservations()
                                    .purchase(
                                            REGION,
                                            ReservedNodesOffering.all().getFirst().id(),
                                            name,
                                            1,
                                            tags(),
                                            now,
                                            random));
        }
    }

    private void create(CreateClusterRequest request) {
        control.decide(plane -> plane.createCluster(request, REGION, control.now, random));
    }

    private CreateClusterRequest create(String cluster) {
        return Create.with(create -> {
            create.clusterName = cluster;
            create.numShards = random.nextInt(1, 4);
            create.numReplicasPerShard = random.nextInt(0, 4);
            create.aclName = pick(ACLS);
            create.subnetGroupName = random.nextInt(3) == 0 ? "p" : null;
            create.parameterGroupName = random.nextInt(3) == 0 ? "q" : null;
            create.snapshotRetentionLimit = random.nextInt(3);
        });
    }

    private void update(UpdateClusterRequest request) {
        control.decide(plane -> plane.updateCluster(request, REGION, control.now, random));
    }

    private void subnets(String name, int number) {
        var ids = List.of("subnet-1", "subnet-2", "subnet-3", "subnet-4", "subnet-5");
        control.decide(plane ->
                switch (number) {
                    case 0 -> plane.subnets().delete(REGION, name, control.now);
                    case 1 ->
                            plane.subnets()
                                    .update(REGION, name, "d", ids.subList(0, 4), control.now);
                    default -> plane.subnets().create(REGION, name, null, ids, tags(), control.now);
                });
    }

    private void tag(String cluster, String name, int number) {
        String account = "123456789012";
        var resource =
                number % 2 == 0
                        ? new Resource(REGION, Resource.Kind.CLUSTER, cluster)
                        : new Resource(REGION, Resource.Kind.USER, name);
        control.decide(plane ->
                number < 2
                        ? plane.tags().tag(resource.arn(account), tags(), account, REGION)
                        : plane.tags()
                                .untag(resource.arn(account), List.of("team"), account, REGION));
    }

    private List<CreateClusterRequest.Tag> tags() {
        return List.of(new CreateClusterRequest.Tag("team", "t" + random.nextInt(9)));
    }

    private Access.AuthenticationMode login() {
        return random.nextBoolean()
                ? new Access.AuthenticationMode("iam", null)
                : new Access.AuthenticationMode(
                        "password", List.of("correct-horse-battery", "staple-stable-battery"));
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
