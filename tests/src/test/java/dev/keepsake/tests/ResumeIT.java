package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.awaitPassed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.InputAuthenticationType;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Valid calls in any order, each followed by a SIGKILL of the server at any moment: what was begun
/// is finished after the restart, and the clusters are sound. `-Dseed=N` replays the calls.
class ResumeIT {
    private static final int PORTS = 60;
    private static final int ROUNDS = 12;

    @TempDir Path data;

    @Test
    void whateverWasBegunIsFinishedAfterAKill(TestReporter reporter) throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        reporter.publishEntry("seed", "" + seed);
        var random = new Random(seed);
        var ports = PortRange.findFree(PORTS, random);
        for (int round = 0; round < ROUNDS; round++) {
            try (var server = launch(ports);
                    var api = new Api(server.awaitReady())) {
                awaitSettled(api);
                var before = clusters(api);
                if (round > 0) {
                    before.forEach(ResumeIT::assertSound);
                }
                for (int i = 0; i < 3; i++) {
                    call(api, random, round * 3 + i, ports.last());
                }
                await("some moment", () -> random.nextInt(20) == 0);
                server.kill();
            }
        }
        List<Cluster> last;
        try (var server = launch(ports);
                var api = new Api(server.awaitReady())) {
            awaitSettled(api);
            last = clusters(api);
            last.forEach(ResumeIT::assertSound);
            int nodes = last.stream().mapToInt(ResumeIT::nodes).sum();
            await("no orphans run", () -> server.engines().size() == nodes);
            server.kill();
        }
        try (var server = launch(ports);
                var api = new Api(server.awaitReady())) {
            awaitSettled(api);
            assertThat(clusters(api)).isEqualTo(last);
        }
    }

    private ServerProcess launch(PortRange ports) throws IOException {
        return ServerProcess.launch(
                data, ports.first(), new PortRange(ports.first() + 1, ports.last() - 1));
    }

    private static void call(Api api, Random random, int number, int port) {
        var client = api.client();
        var names = List.of("a", "b");
        String name = names.get(random.nextInt(names.size()));
        var calls =
                List.<Consumer<String>>of(
                        cluster ->
                                client.createCluster(request ->
                                        request.clusterName(cluster)
                                                .nodeType("db.t4g.small")
                                                .aclName("open-access")
                                                .tlsEnabled(false)
                                                .numShards(1 + random.nextInt(2))
                                                .port(port)
                                                .numReplicasPerShard(random.nextInt(2))),
                        cluster ->
                                client.updateCluster(request ->
                                        request.clusterName(cluster)
                                                .replicaConfiguration(wanted ->
                                                        wanted.replicaCount(random.nextInt(3)))),
                        cluster ->
                                client.createSnapshot(request ->
                                        request.clusterName(cluster).snapshotName("s" + number)),
                        cluster ->
                                client.failoverShard(
                                        request -> request.clusterName(cluster).shardName("0001")),
                        cluster -> client.deleteCluster(request -> request.clusterName(cluster)),
                        cluster ->
                                client.createUser(request ->
                                        request.userName("u" + number)
                                                .accessString("on ~* +@all")
                                                .authenticationMode(mode ->
                                                        mode.type(InputAuthenticationType.IAM))),
                        cluster -> client.createACL(request -> request.aclName("acl" + number)),
                        cluster ->
                                client.updateCluster(request ->
                                        request.clusterName(cluster).description("d" + number)));
        try {
            calls.get(random.nextInt(calls.size())).accept(name);
        } catch (MemoryDbException e) {
            assertThat(e.statusCode()).as("%s", e).isEqualTo(400);
        }
    }

    /// Waits until nothing is under way any more.
    private static void awaitSettled(Api api) {
        var client = api.client();
        awaitPassed(() ->
                assertThat(clusters(api))
                        .extracting(Cluster::status)
                        .allMatch(status -> status.equals("available")));
        await(
                "all snapshots have been taken",
                () ->
                        client.describeSnapshots(request -> {}).snapshots().stream()
                                .noneMatch(snapshot -> snapshot.status().equals("creating")));
        await(
                "all ACLs are active",
                () ->
                        client.describeACLs(request -> {}).acLs().stream()
                                .allMatch(acl -> acl.status().equals("active")));
        for (var cluster : clusters(api)) {
            for (var node : cluster.shards().stream().flatMap(s -> s.nodes().stream()).toList()) {
                await(node.name() + " answers", () -> answers(node));
            }
        }
    }

    private static boolean answers(Node node) {
        try (var wire = Wire.to(node)) {
            wire.ask("READONLY");
            String answer = wire.ask("GET", "k");
            return !answer.startsWith("-LOADING") && !answer.startsWith("-CLUSTERDOWN");
        } catch (IOException e) {
            return false;
        }
    }

    private static List<Cluster> clusters(Api api) {
        return new ArrayList<>(
                api.client()
                        .describeClusters(request -> request.showShardDetails(true))
                        .clusters());
    }

    private static int nodes(Cluster cluster) {
        return cluster.shards().stream().mapToInt(shard -> shard.nodes().size()).sum();
    }

    private static void assertSound(Cluster cluster) {
        int next = 0;
        var names = new ArrayList<String>();
        for (var shard : cluster.shards()) {
            var slots = shard.slots().split("-", -1);
            assertThat(Integer.parseInt(slots[0])).isEqualTo(next);
            next = Integer.parseInt(slots[1]) + 1;
            shard.nodes().forEach(node -> names.add(node.name()));
        }
        assertThat(next).isEqualTo(16_384);
        assertThat(names).doesNotHaveDuplicates();
    }
}
