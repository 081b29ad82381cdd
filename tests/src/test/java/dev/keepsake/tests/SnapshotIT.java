package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.awaitPassed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Snapshots as a user notices them: by a log that does not grow, and data that come back.
class SnapshotIT {
    private static final long SILENT_MAX_NS = TimeUnit.MINUTES.toNanos(2);
    private static final int SNAPSHOT_EVERY_BYTES = 256 << 10;
    private static final int MORE_THAN_SOCKETS_HOLD_BYTES = 24 << 20;

    @TempDir Path directory;

    @Test
    void endlessWritesToTheSameKeysKeepTheLogSmallAndTheDataRight() throws Exception {
        try (var server = start()) {
            var api = server.api();
            var nodes = create(server, 0);
            try (var wire = Wire.to(nodes.get(0))) {
                wire.ask("SET", "expires", "soon", "PX", "1");
                wire.ask("SET", "expires-late", "v", "EX", "100000");
                wire.ask("RPUSH", "list", "a", "b");
                wire.ask(
                        "FUNCTION",
                        "LOAD",
                        "#!lua name=lib\nredis.register_function('one', function() return 1 end)");
                for (int round = 0; round <= 3; round++) {
                    writeUntilSnapshot(wire, round);
                }
                await(
                        "the log is trimmed",
                        () -> logBytes() < SNAPSHOT_EVERY_BYTES + 4L * SEGMENT_BYTES);
            }
            api.failOver("demo", "0001"); // the replaced node starts from a snapshot
            try (var promoted = Wire.to(nodes.get(1));
                    var old = Wire.to(nodes.get(0))) {
                assertHolds(promoted, 3);
                old.ask("READONLY");
                await("the old one follows", () -> asks(old, "GET", "k7").equals(value(3)));
                assertHolds(old, 3);
            }
        }
        try (var server = start()) {
            // Whoever leads now: on a slow machine it need not be the one that led before. Nobody
            // answers while it becomes the primary.
            for (var node : server.api().describe("demo").shards().getFirst().nodes()) {
                awaitPassed(() -> assertHolds(node, 3));
            }
        }
    }

    /// A script that does not end, for instance.
    @Test
    void aReplicaThatReadsNothingDoesNotLetTheLogGrowAndBeginsAnew() throws Exception {
        try (var server = start()) {
            var nodes = create(server, 0);
            try (var wire = Wire.to(nodes.get(0));
                    var busy = Wire.to(nodes.get(1))) {
                busy.ask("READONLY");
                busy.send("EVAL_RO", "while true do end", "0");
                for (int round = 0; round < 5; round++) {
                    writeBytes(wire, round, MORE_THAN_SOCKETS_HOLD_BYTES / 5);
                }
                writeUntilSnapshot(wire, 5);
                await(
                        "the log is trimmed",
                        () -> logBytes() < 5L * SNAPSHOT_EVERY_BYTES + 4L * SEGMENT_BYTES);
                // Or with the engine, if the feed has found out already that it is too late.
                await(
                        "the script is over",
                        () -> answers(nodes.get(1), "SCRIPT", "KILL").matches("OK|-NOTBUSY .*"));
            }
            awaitPassed(() -> assertHolds(nodes.get(1), 5));
            assertThat(server.api().describe("demo").status()).isEqualTo("available");
        }
    }

    @Test
    void aReplicaThatIsBehindKeepsWhatItHasYetToRead() throws Exception {
        try (var server = start()) {
            var nodes = create(server, 1_000);
            try (var wire = Wire.to(nodes.get(0));
                    var behind = Wire.to(nodes.get(1))) {
                behind.ask("READONLY");
                for (int round = 0; round < 2; round++) {
                    writeUntilSnapshot(wire, round);
                }
                await("it has read all", () -> asks(behind, "GET", "k7").equals(value(1)));
                assertHolds(behind, 1); // over the connection that it had all the time
            }
        }
    }

    @Test
    void aSnapshotThatDoesNotFitItsLogIsNamedAndNothingIsServedInItsPlace() throws Exception {
        Node primary;
        try (var server = start()) {
            primary = create(server, 0).get(0);
            try (var wire = Wire.to(primary)) {
                writeUntilSnapshot(wire, 0);
                writeUntilSnapshot(wire, 1);
            }
        }
        var snapshot = snapshots().getFirst();
        LogFiles.flipBit(snapshot);
        assertRefused(primary, snapshot + " is damaged", "-LOADING");
        LogFiles.flipBit(snapshot);

        var elsewhere = directory.resolve("elsewhere");
        Files.move(snapshot, elsewhere);
        assertRefused(primary, "has been trimmed", "-LOADING");

        var ofALongerLog = snapshot.resolveSibling(withEntriesUpTo(9_999_999, snapshot));
        Files.move(elsewhere, ofALongerLog);
        assertRefused(primary, ofALongerLog + " holds all up to entry 9999998", "no reply");
        Files.move(ofALongerLog, snapshot);

        try (var server = start()) {
            assertThat(server.api().describe("demo").name()).isEqualTo("demo");
            await("it is back", () -> answers(primary, "GET", "k7").equals(value(1)));
        }
    }

    /// Its log begins with what has been written since, and so does not miss what came before.
    @Test
    void aFilledClusterIsNotServedWithoutWhatItBeganWith() throws Exception {
        Node filled;
        try (var server = start()) {
            var source = create(server, 0).get(0);
            try (var wire = Wire.to(source)) {
                assertThat(wire.ask("SET", "k7", "v")).isEqualTo("OK");
            }
            filled = fill(server, "filled");
            assertThat(answers(filled, "GET", "k7")).isEqualTo("v");
        }
        var snapshot =
                snapshots().stream()
                        .filter(file -> file.toString().contains("/filled-"))
                        .findFirst()
                        .orElseThrow();
        var elsewhere = directory.resolve("elsewhere");
        Files.move(snapshot, elsewhere);
        assertRefused(filled, "no snapshot in " + snapshot.getParent(), "no reply");

        Files.move(elsewhere, snapshot);
        try (var server = start()) {
            assertThat(server.api().describe("filled").name()).isEqualTo("filled");
            await("it is back", () -> answers(filled, "GET", "k7").equals("v"));
        }
    }

    /// Makes a cluster of one node out of what "demo" holds.
    private static Node fill(TestServer server, String name) {
        var client = server.api().client();
        client.createSnapshot(request -> request.clusterName("demo").snapshotName("one"));
        server.api().awaitSnapshot("one", "available");
        server.api().fill(name, server.endpointPort() - 1, request -> request.snapshotName("one"));
        await("it is filled", () -> server.api().describe(name).status().equals("available"));
        return server.api().node(name, 0, 0);
    }

    private void assertRefused(Node primary, String complaint, String answer) throws Exception {
        try (var lines = LogLines.of("dev.keepsake");
                var server = start()) {
            assertThat(server.api().describe("demo").name()).isEqualTo("demo");
            await("it is said: " + complaint, () -> lines.anyContains(complaint));
            assertThat(answers(primary, "GET", "k7")).startsWith(answer);
        }
    }

    /// A snapshot's name says which log entry goes on from it.
    private static String withEntriesUpTo(long nextIndex, Path snapshot) {
        var parts = snapshot.getFileName().toString().split("-", 3);
        return "%s-%020d-%s".formatted(parts[0], nextIndex, parts[2]);
    }

    /// Each try restores a whole shard, so what goes on failing may not be tried all the time.
    @Test
    void snapshotsThatFailAreTriedLessAndLessOftenUntilOneSucceeds() throws Exception {
        try (var lines = LogLines.of("dev.keepsake.fleet");
                var server = start()) {
            var primary = create(server, 0).get(0);
            var obstacle = obstructSnapshots();
            try (var wire = Wire.to(primary)) {
                for (int i = 0; i < 2 * SNAPSHOT_EVERY_BYTES / value(0).length(); i++) {
                    assertThat(wire.ask("SET", "k" + i % 10, value(0))).isEqualTo("OK");
                }
            }
            await("two fail", () -> lines.count("snapshot failed") >= 2);
            var failed = lines.times("snapshot failed");
            assertThat(Duration.between(failed.get(0), failed.get(1)))
                    .isGreaterThan(Duration.ofMillis(900)); // a second, and clocks differ a little
            assertThat(lines.count("next_try_ms=1000")).isEqualTo(1);
            assertThat(lines.count("next_try_ms=2000")).isEqualTo(1);
            assertThat(snapshots()).isEmpty();
            Files.delete(obstacle);
            Files.delete(obstacle.getParent());
            await("one is taken", () -> !snapshots().isEmpty());
            assertThat(lines.count("snapshot failed")).isEqualTo(2);
        }
    }

    /// Puts something where a snapshot is written to first.
    private Path obstructSnapshots() throws IOException {
        try (var files = Files.walk(directory)) {
            var store =
                    files.filter(file -> file.endsWith("0001-snapshots")).findFirst().orElseThrow();
            var file = store.resolve("candidate.tmp").resolve("in-the-way");
            Files.createDirectories(file.getParent());
            return Files.createFile(file);
        }
    }

    private static final int SEGMENT_BYTES = 64 << 10;

    /// An engine that begins a long script is silent at first, on a slow machine for long.
    private TestServer start() throws Exception {
        return TestServer.start(
                directory,
                ServerParts.withSegmentsOf(SEGMENT_BYTES),
                TestServer.tuning()
                        .withSnapshotEvery(SNAPSHOT_EVERY_BYTES)
                        .withEngineTimeout(SILENT_MAX_NS));
    }

    private static List<Node> create(TestServer server, int lagMs) {
        return server.api()
                .create("demo", 1, 1, lagMs, server.endpointPort())
                .shards()
                .getFirst()
                .nodes();
    }

    /// Writes a round of values to ten keys, again and again, until a snapshot has been taken that
    /// began after the first write of the round.
    private void writeUntilSnapshot(Wire wire, int round) throws IOException {
        var before = snapshots();
        do {
            writeBytes(wire, round, 1);
        } while (snapshots().equals(before));
    }

    /// Writes a round of values to ten keys, a hundred at a time, until it is as much as that.
    private static void writeBytes(Wire wire, int round, long wantedBytes) throws IOException {
        for (long bytes = 0; bytes < wantedBytes; bytes += 100L * value(round).length()) {
            for (int i = 0; i < 100; i++) {
                wire.send("SET", "k" + i % 10, value(round));
            }
            for (int i = 0; i < 100; i++) {
                assertThat(wire.read()).isEqualTo("OK");
            }
        }
    }

    private static String value(int round) {
        return "round-%d-".formatted(round).repeat(100);
    }

    /// Be it the primary or not.
    private static void assertHolds(Node node, int round) {
        try (var wire = Wire.to(node)) {
            wire.ask("READONLY");
            assertHolds(wire, round);
        } catch (IOException e) {
            throw new AssertionError(node.name() + " does not answer", e);
        }
    }

    private static void assertHolds(Wire wire, int round) throws IOException {
        assertThat(wire.ask("GET", "k0")).isEqualTo(value(round));
        assertThat(wire.ask("GET", "k9")).isEqualTo(value(round));
        assertThat(wire.ask("LRANGE", "list", "0", "-1")).isIn("[a b]", "[]");
        assertThat(wire.ask("GET", "expires")).isEqualTo("nil");
    }

    private List<Path> snapshots() {
        return SnapshotFiles.in(directory);
    }

    private long logBytes() {
        try (var files = Files.walk(directory)) {
            return files.filter(file -> file.toString().contains("/0001/"))
                    .filter(file -> file.toString().endsWith(".log"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            return Long.MAX_VALUE; // a file went while we looked
        }
    }

    private static String asks(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String answers(Node node, String... command) {
        try (var wire = Wire.to(node)) {
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }
}
