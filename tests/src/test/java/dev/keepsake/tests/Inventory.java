package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.services.memorydb.model.ACL;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.Event;
import software.amazon.awssdk.services.memorydb.model.Parameter;
import software.amazon.awssdk.services.memorydb.model.ParameterGroup;
import software.amazon.awssdk.services.memorydb.model.Snapshot;
import software.amazon.awssdk.services.memorydb.model.SubnetGroup;
import software.amazon.awssdk.services.memorydb.model.Tag;
import software.amazon.awssdk.services.memorydb.model.User;

/// Everything that the API tells of one region.
record Inventory(
        List<Cluster> clusters,
        List<Snapshot> snapshots,
        List<User> users,
        List<ACL> acls,
        List<ParameterGroup> parameterGroups,
        Map<String, List<Parameter>> parameters,
        List<SubnetGroup> subnetGroups,
        Map<String, List<Tag>> tags,
        List<Event> events) {
    private static final int SLOTS = 16_384;

    static Inventory of(Api api) {
        var client = api.client();
        var clusters =
                client.describeClusters(request -> request.showShardDetails(true)).clusters();
        var snapshots = client.describeSnapshots(request -> request.showDetail(true)).snapshots();
        var groups = client.describeParameterGroups(request -> {}).parameterGroups();
        var parameters = new TreeMap<String, List<Parameter>>();
        for (var group : groups) {
            parameters.put(
                    group.name(),
                    client.describeParameters(request -> request.parameterGroupName(group.name()))
                            .parameters());
        }
        var tags = new TreeMap<String, List<Tag>>();
        clusters.forEach(cluster -> tags.put(cluster.arn(), tagsOf(api, cluster.arn())));
        snapshots.forEach(snapshot -> tags.put(snapshot.arn(), tagsOf(api, snapshot.arn())));
        return new Inventory(
                clusters,
                snapshots,
                client.describeUsers(request -> {}).users(),
                client.describeACLs(request -> {}).acLs(),
                groups,
                parameters,
                client.describeSubnetGroups(request -> {}).subnetGroups(),
                tags,
                client.describeEventsPaginator(request -> {}).events().stream().toList());
    }

    private static List<Tag> tagsOf(Api api, String arn) {
        return api.client().listTags(request -> request.resourceArn(arn)).tagList();
    }

    int nodes() {
        return clusters.stream()
                .flatMap(cluster -> cluster.shards().stream())
                .mapToInt(shard -> shard.nodes().size())
                .sum();
    }

    /// Whether nothing is under way.
    boolean isSettled() {
        return clusters.stream()
                        .allMatch(cluster ->
                                cluster.status().equals("available")
                                        && cluster.parameterGroupStatus().equals("in-sync"))
                && snapshots.stream().allMatch(snapshot -> snapshot.status().equals("available"))
                && acls.stream().allMatch(acl -> acl.status().equals("active"))
                && users.stream().allMatch(user -> user.status().equals("active"));
    }

    /// Slots are covered once, names and ports are nobody else's, and each node is in one shard.
    void assertSound() {
        assertThat(clusters).extracting(Cluster::name).doesNotHaveDuplicates();
        assertThat(snapshots).extracting(Snapshot::name).doesNotHaveDuplicates();
        assertThat(users).extracting(User::name).doesNotHaveDuplicates().contains("default");
        assertThat(acls).extracting(ACL::name).doesNotHaveDuplicates().contains("open-access");
        var nodes = new HashSet<String>();
        var ports = new HashSet<Integer>();
        for (var cluster : clusters) {
            assertThat(ports.add(cluster.clusterEndpoint().port())).isTrue();
            int next = 0;
            for (var shard : cluster.shards()) {
                var slots = shard.slots().split("-", -1);
                assertThat(Integer.parseInt(slots[0])).isEqualTo(next);
                next = Integer.parseInt(slots[1]) + 1;
                assertThat(shard.numberOfNodes()).isEqualTo(shard.nodes().size()).isPositive();
                for (var node : shard.nodes()) {
                    assertThat(nodes.add(node.name())).as(node.name()).isTrue();
                    assertThat(ports.add(node.endpoint().port())).as(node.name()).isTrue();
                }
            }
            assertThat(next).isEqualTo(SLOTS);
            assertThat(cluster.numberOfShards()).isEqualTo(cluster.shards().size());
            assertThat(acls)
                    .filteredOn(acl -> acl.name().equals(cluster.aclName()))
                    .singleElement()
                    .satisfies(acl -> assertThat(acl.clusters()).contains(cluster.name()));
        }
        for (var acl : acls) {
            for (String name : acl.userNames()) {
                assertThat(users)
                        .filteredOn(user -> user.name().equals(name))
                        .singleElement()
                        .satisfies(user -> assertThat(user.aclNames()).contains(acl.name()));
            }
        }
    }

    /// What was there before a restart is there after it; events may only be added.
    void assertIsAfterRestartOf(Inventory before) {
        assertThat(withoutEvents()).isEqualTo(before.withoutEvents());
        assertThat(events.subList(events.size() - before.events.size(), events.size()))
                .isEqualTo(before.events);
    }

    private Inventory withoutEvents() {
        return new Inventory(
                clusters,
                snapshots,
                users,
                acls,
                parameterGroups,
                parameters,
                subnetGroups,
                tags,
                new ArrayList<>());
    }
}
