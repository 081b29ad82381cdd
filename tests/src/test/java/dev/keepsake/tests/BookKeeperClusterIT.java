package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.core.Term;
import dev.keepsake.log.AppendOutcome;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.log.bookkeeper.TestBookKeeper;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.ServerParts;
import dev.keepsake.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Clusters whose logs, and the control plane's, are on BookKeeper.
class BookKeeperClusterIT {
    private static final int WRITES_AT_ONCE = 20;

    @TempDir Path directory;
    private TestBookKeeper bookKeeper;

    @BeforeEach
    void start() throws Exception {
        bookKeeper = TestBookKeeper.start(directory.resolve("bookkeeper"), 3);
    }

    @AfterEach
    void stop() {
        bookKeeper.close();
    }

    @Test
    void failoversUnderLoadLoseNothingAndARestartBringsEverythingBack() throws Exception {
        var data = directory.resolve("data");
        int acknowledged = 0;
        int leader = 0;
        try (var server = TestServer.start(data, onBookKeeper(data))) {
            var nodes = nodesOf(server.api().create("demo", 1, 1, 0, server.endpointPort()));
            for (int failover = 0; failover < 3; failover++) {
                acknowledged = writeUntilItFails(server, nodes.get(leader), acknowledged, failover);
                leader = 1 - leader;
                var promoted = nodes.get(leader);
                await("another serves", () -> answers(promoted, "SET", "k", "v").equals("OK"));
                assertHolds(promoted, acknowledged);
                int failovers = failover + 1;
                await("the failed node is back", () -> recoveries(server.api()) == failovers);
            }
            assertThat(acknowledged).isGreaterThan(100);
        }
        try (var server = TestServer.start(data, onBookKeeper(data))) {
            var primary = server.api().node("demo", 0, leader);
            await("it is back", () -> answers(primary, "SET", "k", "v").equals("OK"));
            assertHolds(primary, acknowledged);
            assertThat(logFiles(data)).isEmpty();

            int ledgers = bookKeeper.countLedgers();
            server.api().delete("demo");
            assertThat(bookKeeper.countLedgers()).isLessThanOrEqualTo(ledgers - 5);
        }
    }

    @Test
    void afterSigkillTheNextStartReadsOnWhereTheBookiesAre() throws Exception {
        var ports = FreePorts.next(30);
        try (var server = launch(ports);
                var api = new Api(server.awaitReady())) {
            var nodes = nodesOf(api.create("demo", 1, 1, 0, ports.last()));
            try (var wire = Wire.to(nodes.get(0))) {
                for (int i = 0; i < 500; i++) {
                    assertThat(wire.ask("SET", key(i), "v" + i)).isEqualTo("OK");
                }
            }
            server.kill();
            bookKeeper.stopBookie(0);
            try (var next = launch(ports)) {
                next.awaitReady();
                await("data is back", () -> answers(nodes.get(0), "GET", key(499)).equals("v499"));
                assertHolds(nodes.get(0), 500);
                assertThat(answers(nodes.get(0), "SET", key(500), "v500")).isEqualTo("OK");
            }
        }
    }

    /// A server on another data directory cannot know whether whoever led before has ended; and may
    /// be outranked by yet another one. Here that is nobody but the log's leader, who has a node's
    /// name, and answers reads for as long as its lease holds.
    @Test
    void aServerLeadsOnlyOnceTheLeaseOfAnotherIsOver() throws Exception {
        var first = directory.resolve("first");
        var second = directory.resolve("second");
        try (var server = TestServer.start(first, onBookKeeper(first))) {
            var primary = nodesOf(server.api().create("demo", 1, 1, 0, server.endpointPort()));
            assertThat(answers(primary.get(0), "SET", "k", "v")).isEqualTo("OK");
        }
        try (var log = SharedLog.of(bookKeeper, first)) {
            var term = log.lead();
            try (var server = TestServer.start(second, onBookKeeper(second))) {
                assertLeadsUndisturbed(log.log(), term);
                awaitPrimary(server);
                assertLeadsUndisturbed(log.log(), log.lead());
                awaitPrimary(server);
            }
        }
    }

    /// For longer than a silence would last.
    private static void assertLeadsUndisturbed(TransactionLog log, Term term) {
        long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
        while (System.nanoTime() - untilNs < 0) {
            assertThat(log.renew(term).toCompletableFuture().join())
                    .isInstanceOf(AppendOutcome.Appended.class);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    private static void awaitPrimary(TestServer server) {
        var nodes = nodesOf(server.api().describe("demo"));
        await(
                "a node leads",
                () -> nodes.stream().anyMatch(node -> answers(node, "GET", "k").equals("v")));
    }

    @Test
    void withoutBookKeeperTheServerSaysInOneLineWhereItLooked() throws Exception {
        bookKeeper.stopZooKeeper();
        var ports = FreePorts.next(30);
        try (var server = launch(ports)) {
            assertThat(server.firstLine()).isNull();
            assertThat(server.awaitEnd()).as(server.errors()).isEqualTo(2);
            assertThat(server.errors().lines())
                    .filteredOn(line -> line.startsWith("keepsake: "))
                    .singleElement()
                    .satisfies(line -> assertThat(line).contains(bookKeeper.metadata().toString()));
        }
    }

    /// Writes keys, a few at a time, while the primary is made to fail.
    ///
    /// @return how many keys, from the first on, are acknowledged for certain
    private static int writeUntilItFails(
            TestServer server, Node primary, int acknowledged, int failover) {
        int next = acknowledged;
        try (var wire = Wire.to(primary)) {
            while (true) {
                for (int i = 0; i < WRITES_AT_ONCE; i++) {
                    wire.send("SET", key(next + i), "v" + (next + i));
                }
                for (int i = 0; i < WRITES_AT_ONCE; i++) {
                    if (!wire.read().equals("OK")) {
                        return next;
                    }
                    next++;
                }
                if (next >= acknowledged + 200 && recoveries(server.api()) == failover) {
                    server.api()
                            .client()
                            .failoverShard(
                                    request -> request.clusterName("demo").shardName("0001"));
                    acknowledged = Integer.MAX_VALUE - 200; // once
                }
            }
        } catch (IOException e) {
            return next;
        }
    }

    private static void assertHolds(Node node, int keys) throws IOException {
        try (var wire = Wire.to(node)) {
            for (int i = 0; i < keys; i++) {
                wire.send("GET", key(i));
            }
            for (int i = 0; i < keys; i++) {
                assertThat(wire.read()).isEqualTo("v" + i);
            }
        }
    }

    private ServerParts onBookKeeper(Path data) throws StartException {
        return SharedLog.parts(bookKeeper, data);
    }

    private ServerProcess launch(PortRange ports) throws IOException {
        return ServerProcess.launch(
                directory.resolve("data"),
                new PortRange(ports.first(), ports.last() - 1),
                "--log",
                "bookkeeper",
                "--metadata",
                bookKeeper.metadata().toString(),
                "--ledgers-path",
                bookKeeper.ledgersPath(),
                "--quorum",
                "3/3/2");
    }

    private static List<Path> logFiles(Path data) throws IOException {
        try (var files = Files.walk(data)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .filter(file -> !file.toString().contains("engine-"))
                    .toList();
        }
    }

    private static List<Node> nodesOf(Cluster cluster) {
        return cluster.shards().getFirst().nodes();
    }

    private static long recoveries(Api api) {
        return api.messages().stream().filter(text -> text.startsWith("Finished recovery")).count();
    }

    private static String key(int number) {
        return "key-" + number;
    }

    private static String answers(Node node, String... command) {
        try (var wire = Wire.to(node)) {
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }
}
