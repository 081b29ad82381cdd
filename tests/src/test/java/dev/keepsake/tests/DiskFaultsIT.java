package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.memorydb.model.MemoryDbException;
import software.amazon.awssdk.services.memorydb.model.Node;

/// What becomes of a cluster whose disk fails: an error that names the file, and never less data
/// than was acknowledged.
class DiskFaultsIT {
    private static final int A_WHILE_MS = 300;
    private static final int SEGMENT_BYTES = 16 << 10;

    @TempDir Path directory;

    @Test
    void aFullDiskStopsWritesAndNothingElseAndIsGotOverAlone() throws Exception {
        var disk = new SmallDisk();
        try (var server = TestServer.start(directory, ServerParts.onDisk(disk))) {
            var primary = create(server).get(0);
            try (var writer = Wire.to(primary);
                    var reader = Wire.to(primary)) {
                assertThat(writer.ask("SET", "before", "1")).isEqualTo("OK");
                disk.full(true);
                writer.send("SET", "during", "2");
                assertThat(reader.ask("GET", "before")).isEqualTo("1"); // clean: does not wait
                assertThat(writer.hasReplyWithin(A_WHILE_MS)).isFalse();
                assertThat(reader.ask("SET", "refused", "3"))
                        .startsWith("-MISCONF no space left for " + directory);
                assertThat(reader.ask("INFO", "server")).contains("redis_version");
                assertThat(reader.ask("EXISTS", "{before}1", "{before}2")).isEqualTo("0");
                assertThat(reader.ask("PUBLISH", "c", "m")).startsWith("-MISCONF no space left");
                assertThat(reader.ask("DBSIZE"))
                        .startsWith("-MISCONF no space left for " + directory)
                        .endsWith(
                                "this reply depends on data that is not in the log yet, try again");
                disk.full(false);
                assertThat(writer.read()).isEqualTo("OK");
                assertThat(writer.ask("GET", "during")).isEqualTo("2");
                assertThat(writer.ask("GET", "refused")).isEqualTo("nil");
                await("writes are taken", () -> asks(writer, "SET", "after", "4").equals("OK"));
            }
            server.api().failOver("demo", "0001");
            assertThat(answers(server.api().node("demo", 0, 1), "GET", "during")).isEqualTo("2");
        }
    }

    @Test
    void aFullDiskAbortsTransactionsThatWriteAndOnlyThose() throws Exception {
        var disk = new SmallDisk();
        try (var server = TestServer.start(directory, ServerParts.onDisk(disk))) {
            var primary = create(server).get(0);
            try (var writer = Wire.to(primary);
                    var reader = Wire.to(primary);
                    var other = Wire.to(primary)) {
                assertThat(writer.ask("MULTI")).isEqualTo("OK");
                assertThat(writer.ask("SET", "k", "v")).isEqualTo("QUEUED");
                assertThat(reader.ask("MULTI")).isEqualTo("OK");
                assertThat(reader.ask("GET", "k")).isEqualTo("QUEUED");
                disk.full(true);
                other.send("SET", "during", "1");
                await("writes are refused", () -> refusesWrites(primary));
                writer.send("EXEC");
                reader.send("EXEC");
                disk.full(false);
                assertThat(writer.read())
                        .startsWith("-EXECABORT Transaction discarded because of: MISCONF ");
                assertThat(reader.read()).isEqualTo("[nil]");
                assertThat(writer.ask("GET", "k")).isEqualTo("nil");
            }
        }
    }

    private static boolean refusesWrites(Node primary) {
        try (var wire = Wire.to(primary)) {
            wire.send("SET", "refused", "1");
            return wire.hasReplyWithin(A_WHILE_MS) && wire.read().startsWith("-MISCONF ");
        } catch (IOException e) {
            return false;
        }
    }

    /// Longer than the lease, which is kept up in the room that is reserved for it: reads of clean
    /// keys go on, and reads of dirty ones wait.
    @Test
    void aDiskThatStaysFullCostsWritesAndNothingElse() throws Exception {
        var disk = new SmallDisk();
        try (var server = TestServer.start(directory, ServerParts.onDisk(disk))) {
            var nodes = create(server);
            try (var writer = Wire.to(nodes.get(0))) {
                assertThat(writer.ask("SET", "before", "1")).isEqualTo("OK");
                disk.full(true);
                writer.send("SET", "during", "2");
                assertThat(writer.hasReplyWithin(4_000)).isFalse();
                assertThat(answers(nodes.get(0), "GET", "before")).isEqualTo("1");
                assertChangesNothing(server.api());
                // The disk has been full for longer than reads wait for room.
                assertThat(answers(nodes.get(0), "GET", "during")).startsWith("-MISCONF ");
                disk.full(false);
                await(
                        "what was held is told",
                        () -> answers(nodes.get(0), "GET", "during").equals("2"));
                await("calls change something again", () -> changesSomething(server.api()));
                assertThat(writer.read()).isEqualTo("OK");
                assertThat(writer.ask("GET", "before")).isEqualTo("1");
            }
            assertThat(server.api().messages()).containsExactly("Cluster created.");
        }
    }

    private static void assertChangesNothing(Api api) {
        assertThatThrownBy(() ->
                        api.client()
                                .createCluster(request ->
                                        request.clusterName("more")
                                                .nodeType("db.t4g.small")
                                                .aclName("open-access")))
                .isInstanceOfSatisfying(
                        MemoryDbException.class,
                        refusal -> {
                            assertThat(refusal.statusCode()).isEqualTo(503);
                            assertThat(refusal.awsErrorDetails().errorCode())
                                    .isEqualTo("ServiceUnavailable");
                        });
        assertThat(api.client().describeClusters(request -> {}).clusters())
                .extracting(cluster -> cluster.name())
                .containsExactly("demo");
    }

    private static boolean changesSomething(Api api) {
        try {
            api.client()
                    .createSubnetGroup(
                            request -> request.subnetGroupName("net").subnetIds("subnet-1"));
            return true;
        } catch (MemoryDbException e) {
            assertThat(e.statusCode()).isEqualTo(503);
            return false;
        }
    }

    /// A failover needs an entry in the log as well, and has room for it.
    @Test
    void aShardWhoseDiskIsFullStillFailsOver() throws Exception {
        var disk = new SmallDisk();
        try (var server = TestServer.start(directory, ServerParts.onDisk(disk))) {
            var nodes = create(server);
            assertThat(answers(nodes.get(0), "SET", "before", "1")).isEqualTo("OK");
            disk.full(true);
            new Engines(directory).kill(List.of(nodes.get(0)));
            await(
                    "the replica took over",
                    () -> answers(nodes.get(1), "GET", "before").equals("1"));
            disk.full(false);
            await(
                    "writes are taken",
                    () -> answers(nodes.get(1), "SET", "after", "2").equals("OK"));
        }
    }

    /// Nobody can know whether a primary still leads that cannot renew its lease.
    @Test
    void withoutALeaseNotEvenCleanKeysAreRead() throws Exception {
        var disk = new SmallDisk();
        var standard = ServerParts.onDisk(disk);
        try (var server = TestServer.start(directory, standard)) {
            var nodes = create(server);
            try (var reader = Wire.to(nodes.get(0));
                    var own = Wire.to(nodes.get(0))) {
                assertThat(reader.ask("SET", "k", "1")).isEqualTo("OK");
                disk.fullEvenInPlace(true);
                await("the lease is over", () -> isSilent(nodes.get(0), "GET", "k"));
                reader.send("GET", "k");
                own.send("BLPOP", "none", "0.01");
                for (var each : List.of(reader, own)) {
                    assertThat(each.hasReplyWithin(2 * A_WHILE_MS)).isFalse();
                }
                disk.fullEvenInPlace(false);
                assertThat(reader.read()).isEqualTo("1");
                assertThat(own.read()).isEqualTo("nil");
            }
            assertThat(server.api().messages()).containsExactly("Cluster created.");
        }
    }

    private static boolean isSilent(Node node, String... command) {
        try (var wire = Wire.to(node)) {
            wire.send(command);
            return !wire.hasReplyWithin(A_WHILE_MS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aFlippedBitIsNamedAndTheDataComeBackWhenItIsRestored() throws Exception {
        var primary = writeAndStop();
        var segment = segments().getFirst();
        LogFiles.flipBit(segment);
        try (var lines = LogLines.of("dev.keepsake");
                var server = TestServer.start(directory)) {
            await("the file is named", () -> lines.anyContains(segment + " is damaged"));
            assertThat(server.api().describe("demo").name()).isEqualTo("demo");
            assertThat(answers(primary, "GET", "k1")).startsWith("no reply");
        }
        LogFiles.flipBit(segment);
        assertEverythingIsBack(primary);
    }

    /// Wherever it is missing from: also the last one, behind which nothing tells of it.
    @ParameterizedTest
    @ValueSource(strings = {"first", "second", "last", "all"})
    void aMissingSegmentIsNamedAndTheDataComeBackWhenItIsRestored(String which) throws Exception {
        var primary = writeAndStop();
        var all = segments();
        var missing =
                switch (which) {
                    case "first" -> all.subList(0, 1);
                    case "second" -> all.subList(1, 2);
                    case "last" -> all.subList(all.size() - 1, all.size());
                    default -> all;
                };
        var elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        for (var segment : missing) {
            Files.move(segment, elsewhere.resolve(segment.getFileName()));
        }
        assertRefused(primary, missing.getLast().getFileName() + " ", "restore the missing file");
        for (var segment : missing) {
            Files.move(elsewhere.resolve(segment.getFileName()), segment);
        }
        assertEverythingIsBack(primary);
    }

    /// Nothing in the log's directory can tell that it was there.
    @Test
    void aMissingDirectoryOfALogIsNamedAndTheDataComeBackWhenItIsRestored() throws Exception {
        var primary = writeAndStop();
        var log = segments().getFirst().resolveSibling("");
        var elsewhere = directory.resolve("elsewhere");
        Files.move(log, elsewhere);
        assertRefused(primary, log.toString(), "was available before; restore the directory");
        Files.move(elsewhere, log);
        assertEverythingIsBack(primary);
    }

    @Test
    void aMissingControlLogIsNamedAndEverythingComesBackWhenItIsRestored() throws Exception {
        var primary = writeAndStop();
        var control = directory.resolve("control");
        var elsewhere = directory.resolve("elsewhere");
        Files.move(control, elsewhere);
        assertThatThrownBy(() -> TestServer.start(directory))
                .hasMessageContainingAll(control.toString(), "restore the directory");
        Files.move(elsewhere, control);
        assertEverythingIsBack(primary);
    }

    private void assertRefused(Node primary, String... named) throws Exception {
        try (var lines = LogLines.of("dev.keepsake");
                var server = TestServer.start(directory)) {
            for (var each : named) {
                await("it is named: " + each, () -> lines.anyContains(each));
            }
            assertThat(server.api().describe("demo").name()).isEqualTo("demo");
            assertThat(answers(primary, "GET", "k1")).startsWith("no reply");
        }
    }

    @Test
    void aTornTailIsCutAndCostsNothingAcknowledged() throws Exception {
        var primary = writeAndStop();
        new LogFiles(directory).tearTail();
        assertEverythingIsBack(primary);
    }

    @Test
    void aDirectoryThatMayNotBeWrittenIsNamedAndTheDataComeBackWhenItMay() throws Exception {
        var primary = writeAndStop();
        var disk = new SmallDisk();
        disk.readOnly(directory);
        assertThatThrownBy(() -> TestServer.start(directory, ServerParts.onDisk(disk)))
                .hasMessageContainingAll(directory + "/control/", "Read-only file system");
        var log = segments().getLast().resolveSibling("");
        disk.readOnly(log);
        try (var lines = LogLines.of("dev.keepsake");
                var server = TestServer.start(directory, ServerParts.onDisk(disk))) {
            await("it is named", () -> lines.anyContains(log + "/"));
            assertThat(server.api().describe("demo").name()).isEqualTo("demo");
            assertThat(answers(primary, "GET", "k1")).startsWith("no reply");
        }
        assertEverythingIsBack(primary);
    }

    /// As when there are too many open files: the log goes on in the file that it has.
    @Test
    void whileNoFileCanBeMadeWritesGoOnAndAreThereAfterAFailover() throws Exception {
        var disk = new SmallDisk();
        try (var lines = LogLines.of("dev.keepsake.log");
                var server = TestServer.start(directory, ServerParts.onDisk(disk, SEGMENT_BYTES))) {
            var nodes = create(server);
            int before = segments().size();
            disk.readOnly(segments().getLast().resolveSibling(""));
            writeAll(nodes.get(0), 100);
            assertThat(segments()).hasSize(before);
            assertThat(lines.anyContains("grows beyond its 16384 bytes")).isTrue();
            server.api().failOver("demo", "0001");
            assertThat(answers(nodes.get(1), "DBSIZE")).isEqualTo("100");
            disk.writable();
            writeAll(nodes.get(1), 200);
            assertThat(segments()).hasSizeGreaterThan(before);
        }
        try (var server = TestServer.start(directory)) {
            var primary = server.api().node("demo", 0, 1);
            await("it is back", () -> answers(primary, "DBSIZE").equals("200"));
        }
    }

    /// A file system of its own, so that all that is written is short of space, not the log alone.
    @Test
    void aFullFileSystemRefusesWritesAndKeepsWhatWasAcknowledged(@TempDir Path mount)
            throws Exception {
        assumeTrue(
                mounted("-t", "tmpfs", "-o", "size=96m", "keepsake-test", mount.toString()),
                "only root may mount a tmpfs; skipped");
        try (var server = TestServer.start(mount.resolve("data"))) {
            var primary = create(server).get(0);
            try (var wire = Wire.to(primary)) {
                assertThat(wire.ask("SET", "before", "1")).isEqualTo("OK");
            }
            var filler = mount.resolve("filler");
            fill(filler);
            try (var wire = Wire.to(primary)) {
                wire.send("SET", "during", "2");
                await("writes are refused", () -> refusesWrites(primary));
                Files.delete(filler);
                assertThat(wire.read()).isEqualTo("OK");
                await("writes go on", () -> answers(primary, "SET", "after", "3").equals("OK"));
                assertThat(wire.ask("GET", "before")).isEqualTo("1");
                assertThat(wire.ask("GET", "during")).isEqualTo("2");
            }
        } finally {
            new ProcessBuilder("umount", "-l", mount.toString()).start().waitFor();
        }
    }

    /// The system says that there is no space in its own language.
    @Test
    void aFullFileSystemIsFullInEveryLanguage(@TempDir Path mount) throws Exception {
        var locale = foreignLocale();
        assumeTrue(locale.isPresent(), "no locale of another language is installed; skipped");
        assumeTrue(
                mounted("-t", "tmpfs", "-o", "size=96m", "keepsake-test", mount.toString()),
                "only root may mount a tmpfs; skipped");
        var ports = FreePorts.next(20);
        try (var server =
                        ServerProcess.launchWithLocale(
                                locale.orElseThrow(), mount.resolve("data"), ports);
                var api = new Api(server.awaitReady())) {
            var primary =
                    api.create("demo", 1, 1, 0, ports.last()).shards().getFirst().nodes().get(0);
            try (var wire = Wire.to(primary)) {
                assertThat(wire.ask("SET", "before", "1")).isEqualTo("OK");
            }
            var filler = mount.resolve("filler");
            fill(filler);
            try (var wire = Wire.to(primary)) {
                wire.send("SET", "during", "2");
                await("writes are refused", () -> refusesWrites(primary));
                assertThat(answers(primary, "GET", "before")).isEqualTo("1");
                Files.delete(filler);
                await("writes go on", () -> answers(primary, "SET", "after", "3").equals("OK"));
                assertThat(answers(primary, "GET", "before")).isEqualTo("1");
            }
            assertThat(api.messages()).containsExactly("Cluster created.");
        } finally {
            new ProcessBuilder("umount", "-l", mount.toString()).start().waitFor();
        }
    }

    /// One that is installed, and in which the system's words are others than in English.
    private static Optional<String> foreignLocale() throws Exception {
        try {
            var list = new ProcessBuilder("locale", "-a").redirectErrorStream(true).start();
            try (var lines = list.inputReader()) {
                return lines.lines()
                        .filter(line ->
                                line.matches("(de|es|fr|it|ja|pl|pt|ru|zh)_.*[uU][tT][fF].*"))
                        .findFirst();
            }
        } catch (IOException e) {
            return Optional.empty(); // no such command
        }
    }

    private static boolean mounted(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("mount"));
        command.addAll(List.of(arguments));
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException e) {
            return false; // no such command
        }
    }

    private static void fill(Path file) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            var page = new byte[4096];
            assertThatThrownBy(
                            () -> {
                                while (true) {
                                    out.write(page);
                                }
                            })
                    .isInstanceOf(IOException.class);
        }
    }

    private Node writeAndStop() throws Exception {
        try (var server = TestServer.start(directory, ServerParts.withSegmentsOf(SEGMENT_BYTES))) {
            var primary = create(server).get(0);
            writeAll(primary, 200);
            assertThat(segments()).hasSizeGreaterThan(3);
            return primary;
        }
    }

    private static void writeAll(Node primary, int keys) throws IOException {
        try (var wire = Wire.to(primary)) {
            for (int i = 0; i < keys; i++) {
                assertThat(wire.ask("SET", "k" + i, "v".repeat(500))).isEqualTo("OK");
            }
        }
    }

    private void assertEverythingIsBack(Node primary) throws Exception {
        try (var server = TestServer.start(directory)) {
            assertThat(server.api().describe("demo").status()).isEqualTo("available");
            await("it is back", () -> answers(primary, "DBSIZE").equals("200"));
            await("it leads", () -> answers(primary, "GET", "k199").equals("v".repeat(500)));
        }
    }

    private static List<Node> create(TestServer server) {
        return server.api()
                .create("demo", 1, 1, 0, server.endpointPort())
                .shards()
                .getFirst()
                .nodes();
    }

    private List<Path> segments() {
        return new LogFiles(directory).segments();
    }

    private static String asks(Wire wire, String... command) {
        try {
            return wire.ask(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
