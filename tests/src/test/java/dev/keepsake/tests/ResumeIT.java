package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static java.util.Collections.nCopies;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.RunDirectory;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.MemoryDbClient;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.InputAuthenticationType;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import software.amazon.awssdk.services.memorydb.model.Node;
import software.amazon.awssdk.services.memorydb.model.ParameterNameValue;
import software.amazon.awssdk.services.memorydb.model.Tag;

/// Valid calls in any order, with a SIGKILL of the server at any moment: what was begun is finished
/// after the restart, everything is sound, no engine is left over, and what had settled before a
/// kill is the same after it. `-Dseed=N` replays the calls.
class ResumeIT {
    private static final Logger LOG = Logger.getLogger(ResumeIT.class.getName());
    private static final int PORTS = 80;
    private static final int ROUNDS = 14;
    private static final int CALLS_A_ROUND = 5;
    private static final int TRIES_A_ROUND = 60;
    private static final long NO_ROUND_AFTER_NS = TimeUnit.SECONDS.toNanos(25);
    private static final List<String> CLUSTERS = List.of("a", "b");
    private static final int KEYS = 100;
    private static final int MANY = 20; // files, so that the kill is not too late

    @TempDir Path data;

    @Test
    void whateverWasBegunIsFinishedAfterAKill() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        LOG.info("seed=" + seed);
        var random = new Random(seed);
        var ports = FreePorts.next(PORTS);
        var given = RdbFile.write(data.resolve("given.rdb"), KEYS);
        long startNs = System.nanoTime();
        int answered = 0;
        int rounds = 0;
        Inventory before = null;
        while (rounds < ROUNDS && System.nanoTime() - startNs < NO_ROUND_AFTER_NS) {
            try (var server = launch(ports);
                    var api = new Api(server.awaitReady())) {
                awaitSettled(api, before);
                int valid = 0;
                for (int tries = 0; tries < TRIES_A_ROUND && valid < CALLS_A_ROUND; tries++) {
                    valid += call(api.client(), random, ports.last(), given) ? 1 : 0;
                }
                answered += valid;
                before = null;
                if (rounds % 2 == 0) {
                    await("some moment", () -> random.nextInt(20) == 0);
                } else {
                    before = awaitSettled(api, null);
                }
                server.kill();
            }
            rounds++;
        }
        try (var server = launch(ports);
                var api = new Api(server.awaitReady())) {
            awaitSettled(api, before);
        }
        LOG.info("seed=%d rounds=%d answered=%d".formatted(seed, rounds, answered));
        assertThat(answered).as("calls that were answered").isGreaterThan(rounds);
    }

    /// The files are read shard by shard; the kill comes after the first, and before the last.
    @Test
    void aClusterThatIsFilledFromFilesIsFilledAfterAKill() throws Exception {
        int shards = 4;
        var ports = FreePorts.next(PORTS);
        var file = RdbFile.write(data.resolve("given.rdb"), KEYS);
        try (var server = launch(ports);
                var api = new Api(server.awaitReady())) {
            api.client()
                    .createCluster(request ->
                            request.clusterName("filled")
                                    .nodeType("db.t4g.small")
                                    .aclName("open-access")
                                    .tlsEnabled(false)
                                    .numShards(shards)
                                    .numReplicasPerShard(0)
                                    .port(ports.last())
                                    .snapshotArns(nCopies(MANY, file.toUri().toString())));
            await("a shard is filled", () -> filledShards() > 0);
            server.kill();
        }
        assertThat(filledShards()).as("shards that were filled").isBetween(1L, shards - 1L);
        try (var server = launch(ports);
                var api = new Api(server.awaitReady())) {
            awaitSettled(api, null);
            assertThat(api.messages("filled")).containsOnlyOnce("Cluster created.");
            assertThat(api.client().describeClusters(request -> {}).clusters())
                    .singleElement()
                    .satisfies(cluster -> assertThat(cluster.numberOfShards()).isEqualTo(shards));
            assertHoldsEachKeyOnce(api.describe("filled"));
        }
    }

    private static void assertHoldsEachKeyOnce(Cluster cluster) throws IOException {
        int found = 0;
        for (var shard : cluster.shards()) {
            try (var wire = Wire.to(shard.nodes().getFirst())) {
                found += Integer.parseInt(wire.ask("DBSIZE"));
                for (int i = 0; i < KEYS; i++) {
                    String answer = wire.ask("GET", RdbFile.key(i));
                    if (!answer.startsWith("-MOVED")) {
                        assertThat(answer).isEqualTo(RdbFile.value(i));
                    }
                }
            }
        }
        assertThat(found).isEqualTo(KEYS);
    }

    /// The shards of the only cluster that have got their share of the files.
    private long filledShards() {
        var clusters = data.resolve("clusters");
        if (!Files.isDirectory(clusters)) {
            return 0;
        }
        try (var files = Files.find(clusters, 4, (path, attributes) -> isSnapshot(path))) {
            return files.count();
        } catch (IOException | UncheckedIOException e) {
            return 0; // something went while it was being looked at
        }
    }

    private static boolean isSnapshot(Path path) {
        return path.getName(path.getNameCount() - 2).toString().endsWith("-snapshots")
                && !path.getFileName().toString().endsWith(".tmp");
    }

    private ServerProcess launch(PortRange ports) throws IOException {
        return ServerProcess.launch(
                data,
                new PortRange(ports.first(), ports.last() - 2),
                "--restore-from",
                data.toString());
    }

    /// One call at random.
    ///
    /// @return whether it was answered rather than refused
    private static boolean call(MemoryDbClient client, Random random, int port, Path given) {
        String cluster = CLUSTERS.get(random.nextInt(CLUSTERS.size()));
        String some = "" + (char) ('p' + random.nextInt(4));
        String other = "" + (char) ('p' + random.nextInt(4));
        int number = random.nextInt(3);
        try {
            switch (random.nextInt(32)) {
                case 0, 1, 2 ->
                        client.createCluster(request ->
                                request.clusterName(cluster)
                                        .nodeType("db.t4g.small")
                                        .aclName("open-access")
                                        .tlsEnabled(false)
                                        .numShards(1 + number % 2)
                                        .port(port - CLUSTERS.indexOf(cluster))
                                        .numReplicasPerShard(number / 2));
                case 3 ->
                        client.createCluster(request ->
                                request.clusterName(cluster)
                                        .nodeType("db.t4g.small")
                                        .aclName(some)
                                        .port(port - CLUSTERS.indexOf(cluster))
                                        .snapshotName(other)
                                        .numReplicasPerShard(0));
                case 4, 5 ->
                        client.updateCluster(request ->
                                request.clusterName(cluster)
                                        .replicaConfiguration(
                                                wanted -> wanted.replicaCount(number)));
                case 6 ->
                        client.updateCluster(
                                request -> request.clusterName(cluster).description(some));
                case 7 ->
                        client.updateCluster(
                                request -> request.clusterName(cluster).parameterGroupName(some));
                case 8 ->
                        client.createSnapshot(
                                request -> request.clusterName(cluster).snapshotName(some));
                case 9 ->
                        client.copySnapshot(request ->
                                request.sourceSnapshotName(some).targetSnapshotName(other));
                case 10 -> client.deleteSnapshot(request -> request.snapshotName(some));
                case 11 ->
                        client.failoverShard(
                                request -> request.clusterName(cluster).shardName("0001"));
                case 12 -> client.deleteCluster(request -> request.clusterName(cluster));
                case 13 ->
                        client.createUser(request ->
                                request.userName(some)
                                        .accessString("on ~* +@all")
                                        .authenticationMode(
                                                mode -> mode.type(InputAuthenticationType.IAM)));
                case 14 ->
                        client.updateUser(
                                request -> request.userName(some).accessString("on ~k +get"));
                case 15 -> client.deleteUser(request -> request.userName(some));
                case 16 -> client.createACL(request -> request.aclName(some).userNames(other));
                case 17 -> client.updateACL(request -> request.aclName(some).userNamesToAdd(other));
                case 18 ->
                        client.createParameterGroup(request ->
                                request.parameterGroupName(some).family("memorydb_redis7"));
                case 19 ->
                        client.updateCluster(request ->
                                request.clusterName(cluster)
                                        .aclName(number == 0 ? "open-access" : some)
                                        .securityGroupIds("sg-" + number));
                case 20 ->
                        client.deleteCluster(
                                request -> request.clusterName(cluster).finalSnapshotName(some));
                case 21 ->
                        client.copySnapshot(request ->
                                request.sourceSnapshotName(some)
                                        .targetSnapshotName(other)
                                        .targetBucket("bucket"));
                case 22 ->
                        client.createUser(request ->
                                request.userName(some)
                                        .accessString("on ~* +@all")
                                        .authenticationMode(mode ->
                                                mode.type(InputAuthenticationType.PASSWORD)
                                                        .passwords("correct-horse-battery")));
                case 23 ->
                        client.updateACL(request -> request.aclName(some).userNamesToRemove(other));
                case 24 -> client.deleteACL(request -> request.aclName(some));
                case 25 -> client.deleteParameterGroup(request -> request.parameterGroupName(some));
                case 26 ->
                        client.resetParameterGroup(
                                request -> request.parameterGroupName(some).allParameters(true));
                case 27 ->
                        client.createSubnetGroup(request ->
                                request.subnetGroupName(some).subnetIds("subnet-" + number));
                case 28 -> client.deleteSubnetGroup(request -> request.subnetGroupName(some));
                case 29 ->
                        client.untagResource(request ->
                                request.resourceArn(
                                                "arn:aws:memorydb:us-east-1:123456789012:cluster/"
                                                        + cluster)
                                        .tagKeys(some));
                case 30 ->
                        client.createCluster(request ->
                                request.clusterName(cluster)
                                        .nodeType("db.t4g.small")
                                        .aclName("open-access")
                                        .tlsEnabled(false)
                                        .numShards(1 + number)
                                        .port(port - CLUSTERS.indexOf(cluster))
                                        .snapshotArns(given.toUri().toString())
                                        .numReplicasPerShard(0));
                default -> {
                    client.updateParameterGroup(request ->
                            request.parameterGroupName(some)
                                    .parameterNameValues(
                                            ParameterNameValue.builder()
                                                    .parameterName("maxmemory-samples")
                                                    .parameterValue("" + (3 + number))
                                                    .build()));
                    client.tagResource(request ->
                            request.resourceArn(
                                            "arn:aws:memorydb:us-east-1:123456789012:cluster/"
                                                    + cluster)
                                    .tags(Tag.builder().key(some).value(other).build()));
                }
            }
            return true;
        } catch (MemoryDbException e) {
            assertThat(e.statusCode()).as("%s", e).isEqualTo(400);
            return false;
        }
    }

    /// Waits until nothing is under way any more, every node answers, and just their engines run.
    ///
    /// @param before what had settled before the last restart, if it had
    private Inventory awaitSettled(Api api, @Nullable Inventory before) throws IOException {
        await("nothing is under way", () -> isSettled(api));
        var found = Inventory.of(api);
        for (var cluster : found.clusters()) {
            for (var shard : cluster.shards()) {
                for (var node : shard.nodes()) {
                    await(node.name() + " answers", () -> answers(node, cluster.tlsEnabled()));
                }
            }
        }
        found = Inventory.of(api);
        found.assertSound();
        if (before != null) {
            found.assertIsAfterRestartOf(before);
        }
        int nodes = found.nodes();
        var sockets = RunDirectory.forData(data).toString();
        await("just the engines of the nodes run", () -> enginesAt(sockets) == nodes);
        return found;
    }

    private static boolean isSettled(Api api) {
        try {
            return Inventory.of(api).isSettled();
        } catch (MemoryDbException e) {
            return false; // something went while it was being looked at
        }
    }

    /// The engines of the machine that have their sockets there, whoever is their parent.
    private static long enginesAt(String sockets) {
        return ProcessHandle.allProcesses()
                .filter(process ->
                        List.of(process.info().arguments().orElseGet(() -> new String[0])).stream()
                                .anyMatch(argument ->
                                        argument.startsWith(sockets)
                                                && argument.endsWith(".sock"))) // no guard's
                .count();
    }

    private static boolean answers(Node node, boolean tls) {
        if (tls) {
            return true; // whoever has no certificate at hand cannot ask
        }
        try (var wire = Wire.to(node)) {
            wire.ask("READONLY");
            String answer = wire.ask("GET", "k");
            return !answer.startsWith("-LOADING") && !answer.startsWith("-CLUSTERDOWN");
        } catch (IOException e) {
            return false;
        }
    }
}
