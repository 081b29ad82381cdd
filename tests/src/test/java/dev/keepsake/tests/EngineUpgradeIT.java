package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static dev.keepsake.tests.Waiting.awaitPassed;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.RdbHeader;
import dev.keepsake.log.bookkeeper.TestBookKeeper;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.CreateClusterRequest;
import software.amazon.awssdk.services.memorydb.model.InvalidClusterStateException;
import software.amazon.awssdk.services.memorydb.model.Node;

/// The same data directory under one engine after another: newer ones go on with what older ones
/// wrote, older ones are not started on it, and nothing is lost by trying.
class EngineUpgradeIT {
    private static final String NAME = "demo";
    private static final int REPLICAS = 1;
    private static final int KEYS = 200;
    private static final long SNAPSHOT_EVERY_BYTES = 1 << 20;
    private static final String NOT_RESTORED = "Restore from the transaction log failed for node ";
    private static final int FILLER_BYTES = 64 << 10;

    @TempDir Path directory;
    private int eventsSeen; // before the present server was started
    private final PortRange ports = FreePorts.next(10);
    private final PortRange nodePorts = new PortRange(ports.first(), ports.last() - 1);

    /// A server with its API, and what is asked of it.
    private final class Running implements AutoCloseable {
        private final ServerProcess process;
        private final Api api;

        /// @param path where it looks for engines beside the bundled one
        Running(String path, String... options) throws IOException {
            process =
                    ServerProcess.launchWithPath(
                            path, directory.resolve("data"), nodePorts, options);
            api = new Api(process.awaitReady());
        }

        String status() {
            return api.describe(NAME).status();
        }

        String patchVersion() {
            return api.describe(NAME).enginePatchVersion();
        }

        Node node(int index) {
            return api.node(NAME, 0, index);
        }

        void create() {
            api.create(NAME, 1, REPLICAS, 0, ports.last());
        }

        void awaitServing() {
            await(
                    "every node answers",
                    () -> {
                        for (int i = 0; i <= REPLICAS; i++) {
                            if (!answer(node(i), "DBSIZE").matches("\\d+")) {
                                return false;
                            }
                        }
                        return true;
                    });
        }

        /// Waits until the cluster is recorded to run on a version.
        void awaitPatchVersion(String version) {
            await("it runs on " + version, () -> version.equals(patchVersion()));
        }

        void write(int from, int to) throws IOException {
            try (var wire = Wire.to(node(0))) {
                for (int i = from; i < to; i++) {
                    assertThat(wire.ask("SET", "k" + i, "v" + i)).isEqualTo("OK");
                }
            }
        }

        void assertHolds(int keys) throws IOException {
            for (int index = 0; index <= REPLICAS; index++) {
                var node = node(index);
                await("it has caught up", () -> answer(node, "DBSIZE").equals("" + keys));
                for (int i = 0; i < keys; i++) {
                    String key = "k" + i;
                    String value = "v" + i;
                    // A node that is promoted meanwhile is loading for a moment.
                    await(key + " is read", () -> answer(node, "GET", key).equals(value));
                }
            }
        }

        String errors() {
            return process.errors();
        }

        /// What events say of the cluster since this server was started, oldest first.
        List<String> news() {
            var all = api.messages(NAME);
            return all.subList(eventsSeen, all.size());
        }

        private Node primary() {
            var found = new AtomicReference<@Nullable Node>();
            await(
                    "a node leads",
                    () -> {
                        for (int i = 0; i <= REPLICAS && found.get() == null; i++) {
                            var node = node(i);
                            if (answer(node, "ROLE").startsWith("[master")) {
                                found.set(node);
                            }
                        }
                        return found.get() != null;
                    });
            return requireNonNull(found.get());
        }

        void change(String word) throws IOException {
            try (var wire = Wire.to(primary())) {
                TypedValues.change(wire, word);
            }
        }

        Map<String, String> contents() throws IOException {
            try (var wire = Wire.to(primary())) {
                return TypedValues.readContents(wire);
            }
        }

        void assertHolds(Map<String, String> contents) {
            for (int index = 0; index <= REPLICAS; index++) {
                var node = node(index);
                awaitPassed(() -> {
                    try (var wire = Wire.to(node)) {
                        wire.ask("READONLY");
                        assertThat(TypedValues.readContents(wire))
                                .as(node.name())
                                .isEqualTo(contents);
                    } catch (IOException e) {
                        throw new AssertionError(node.name() + " does not answer", e);
                    }
                });
            }
        }

        /// Has the log snapshotted behind all that is written so far, and writes little more than
        /// that takes: so what comes next stays in the log.
        void awaitSnapshotOfTheLog() throws IOException {
            try (var wire = Wire.to(primary())) {
                long behind = endOffset(wire);
                await("a snapshot", () -> isSnapshotBehind(wire, behind));
            }
        }

        private boolean isSnapshotBehind(Wire wire, long offset) {
            try {
                long newest = newestSnapshot().map(EngineUpgradeIT::offsetOf).orElse(0L);
                if (newest >= offset) {
                    return true;
                }
                if (endOffset(wire) - newest < SNAPSHOT_EVERY_BYTES + FILLER_BYTES) {
                    wire.ask("SET", "filler", "x".repeat(FILLER_BYTES));
                }
                return false;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /// That nodes begin with a file of an engine, and read what was written behind it from the
        /// log.
        void assertNewestSnapshotIsOf(EngineBinary engine) throws IOException {
            var file = newestSnapshot().orElseThrow();
            assertThat(RdbHeader.of(file).flatMap(RdbHeader::stamp))
                    .hasValueSatisfying(writer ->
                            assertThat(writer).hasToString(engine.name() + " " + engine.version()));
            try (var wire = Wire.to(primary())) {
                assertThat(offsetOf(file)).isLessThan(endOffset(wire));
            }
        }

        void stop() throws Exception {
            eventsSeen = api.messages(NAME).size();
            api.close();
            process.terminate();
            process.awaitEnd();
        }

        @Override
        public void close() {
            api.close();
            process.close();
        }
    }

    private Optional<Path> newestSnapshot() {
        return SnapshotFiles.in(directory.resolve("data")).stream()
                .max(Comparator.comparing(Path::getFileName));
    }

    /// How much of the log is in a snapshot, as its name says.
    private static long offsetOf(Path snapshot) {
        return Long.parseLong(snapshot.getFileName().toString().split("-", 2)[0]);
    }

    private static long endOffset(Wire wire) throws IOException {
        var line = Pattern.compile("master_repl_offset:(\\d+)");
        var found = line.matcher(wire.ask("INFO", "replication"));
        assertThat(found.find()).isTrue();
        return Long.parseLong(found.group(1));
    }

    private static String answer(Node node, String... command) {
        if (node.endpoint() == null) {
            return "no reply: it has yet to be started";
        }
        try (var wire = Wire.to(node)) {
            wire.ask("READONLY");
            return wire.ask(command);
        } catch (IOException e) {
            return "no reply: " + e.getMessage();
        }
    }

    /// That the cluster was not started, with one line of the log about that and no other.
    private static void assertRefused(Running server, String needed, String found)
            throws Exception {
        assertLacks(server, needed, found);
        assertThat(errors(server)).hasSize(1);
    }

    /// That it was not started once more, for the reason that an event has told already.
    private static void assertRefusedAgain(Running server, String needed, String found)
            throws Exception {
        assertNotStarted(server, needed, found);
        assertThat(server.news()).noneMatch(message -> message.startsWith(NOT_RESTORED));
        assertThat(errors(server)).hasSize(1);
    }

    /// That it says so in its status, an event and one line of its log, that no node listens, and
    /// that nothing else is accepted.
    private static void assertLacks(Running server, String needed, String found) throws Exception {
        assertNotStarted(server, needed, found);
        assertThat(server.news())
                .filteredOn(message -> message.startsWith(NOT_RESTORED))
                .singleElement()
                .asString()
                .startsWith(NOT_RESTORED + "demo-0001-001.")
                .contains("written by " + needed, "--engine");
    }

    private static void assertNotStarted(Running server, String needed, String found)
            throws Exception {
        await("it says so", () -> server.status().equals("restore-failed"));
        await("its log says so", () -> !refusals(server).isEmpty());
        assertThat(refusals(server)).singleElement().asString().contains(needed, found, "--engine");
        assertThatThrownBy(() ->
                        server.api
                                .client()
                                .createSnapshot(
                                        request -> request.clusterName(NAME).snapshotName("s")))
                .isInstanceOf(InvalidClusterStateException.class)
                .hasMessageContaining(needed);
        await("nothing of it runs", () -> server.process.engines().isEmpty());
    }

    private static List<String> refusals(Running server) {
        return errors(server).stream().filter(line -> line.contains(" is not started ")).toList();
    }

    private static List<String> errors(Running server) {
        return server.errors().lines().filter(line -> line.contains(" ERROR ")).toList();
    }

    private static String[] with(EngineBinary engine) {
        return new String[] {"--engine", engine.path().toString()};
    }

    private static String[] withSnapshots(String... options) {
        return Stream.concat(Stream.of(options), Stream.of("--snapshot-every-mb", "1"))
                .toArray(String[]::new);
    }

    /// Redis 7.0.15, which is bundled, then Valkey 8.0 and 9.1, and every way back. Each begins
    /// with a snapshot of the one before it, and goes on with what that has left in the log.
    @Test
    void dataGoFromRedisToValkeyAndOnAndNeverBack() throws Exception {
        var redis = new EngineFinder(null, "", directory.resolve("bin")).find();
        var valkey8 = InstalledEngines.from("valkey", "bookworm-backports");
        var valkey9 = InstalledEngines.from("valkey", "sid");
        var given = Files.createDirectories(directory.resolve("given"));

        Map<String, String> contents;
        try (var server = new Running("", withSnapshots())) {
            server.create();
            try (var wire = Wire.to(server.primary())) {
                TypedValues.write(wire);
            }
            server.awaitSnapshotOfTheLog();
            server.change("redis");
            contents = server.contents();
            server.assertNewestSnapshotIsOf(redis);
            server.stop();
        }
        try (var server = new Running(pathOf(valkey9))) { // which is no reason for an upgrade
            server.awaitServing();
            server.assertHolds(contents);
            assertThat(server.patchVersion()).isEqualTo("7.0.15");
            assertThat(server.news()).noneMatch(text -> text.contains("upgraded"));
            server.assertNewestSnapshotIsOf(redis);
            server.stop();
        }
        try (var server = new Running("", withSnapshots(with(valkey8)))) {
            server.awaitServing();
            server.assertHolds(contents);
            server.awaitPatchVersion(valkey8.version());
            assertThat(server.news()).contains(upgraded("redis 7.0.15", valkey8));
            server.awaitSnapshotOfTheLog();
            server.change("valkey8");
            contents = server.contents();
            server.api.failOver(NAME, "0001");
            server.assertHolds(contents);
            server.assertNewestSnapshotIsOf(valkey8);
            server.stop();
        }
        try (var server = new Running("", with(redis))) {
            assertRefused(server, "valkey " + valkey8.version(), "redis 7.0.15");
            server.stop();
        }
        try (var server = new Running("", with(valkey9))) {
            server.awaitServing();
            server.assertHolds(contents);
            server.awaitPatchVersion(valkey9.version());
            assertThat(server.news()).contains(upgraded("valkey " + valkey8.version(), valkey9));
            assertThat(server.status()).isEqualTo("available");
            server.change("valkey-9");
            contents = server.contents();
            takeSnapshot(server, "taken");
            Files.copy(snapshotFile(), given.resolve("newer.rdb"));
            server.stop();
        }
        try (var server = new Running("", with(valkey8))) {
            assertRefused(server, "valkey " + valkey9.version(), "valkey " + valkey8.version());
            server.stop();
        }
        try (var server = new Running("", "--restore-from", given.toString())) {
            assertRefusedAgain(server, "valkey " + valkey9.version(), "redis 7.0.15");
            var newer = given.resolve("newer.rdb");
            assertThat(RdbHeader.of(newer).orElseThrow().writerVersion())
                    .isEqualTo(valkey9.version());
            var file = newer.toUri().toString();
            assertNotFilled(server, "again", from -> from.snapshotName("taken"), newer);
            assertNotFilled(server, "other", from -> from.snapshotArns(file), newer);
            server.stop();
        }
        try (var server = new Running(pathOf(valkey9))) {
            server.awaitServing();
            server.assertHolds(contents);
            assertThat(server.patchVersion()).isEqualTo(valkey9.version());
            assertThat(server.status()).isEqualTo("available");
            assertThat(server.news())
                    .contains(
                            "Engine valkey %s can continue from the data; the cluster is started."
                                    .formatted(valkey9.version()))
                    .noneMatch(text -> text.contains("upgraded"));
        }
    }

    private static String upgraded(String from, EngineBinary to) {
        return "Engine upgraded from %s to %s %s.".formatted(from, to.name(), to.version());
    }

    private static String pathOf(EngineBinary engine) {
        return String.valueOf(engine.path().getParent());
    }

    private static void takeSnapshot(Running server, String name) {
        server.api.client().createSnapshot(request -> request.clusterName(NAME).snapshotName(name));
        server.api.awaitSnapshot(name, "available");
    }

    private Path snapshotFile() throws IOException {
        try (var files = Files.walk(directory.resolve("data").resolve("snapshots"))) {
            return files.filter(each -> each.toString().endsWith(".rdb")).findFirst().orElseThrow();
        }
    }

    /// The file says who wrote it and in which version, wherever it has been since.
    private void assertNotFilled(
            Running server, String cluster, Consumer<CreateClusterRequest.Builder> from, Path file)
            throws IOException {
        var header = RdbHeader.of(file).orElseThrow();
        server.api.fill(cluster, ports.last() - 1, from);
        await(
                cluster + " is not filled",
                () -> server.api.describe(cluster).status().equals("restore-failed"));
        assertThat(server.api.messages(cluster).getLast())
                .contains(
                        "it is of " + header.describe(),
                        "redis 7.0.15 loads Redis's RDB versions up to 10")
                .doesNotContain("cannot be loaded as one database");
    }

    @Test
    void theLogOfARedis8IsNoValkeysNorAnOlderRedis() throws Exception {
        EngineRuns.assumeAllAreWanted();
        var redis8 = InstalledEngines.from("redis", "trixie");
        var valkey9 = InstalledEngines.from("valkey", "sid");
        try (var server = new Running("", with(redis8))) {
            server.create();
            server.write(0, KEYS);
            server.stop();
        }
        try (var server = new Running(pathOf(valkey9))) {
            assertRefused(
                    server,
                    "redis " + redis8.version(),
                    "valkey %s, redis 7.0.15".formatted(valkey9.version()));
            server.stop();
        }
        try (var server = new Running(pathOf(redis8))) {
            server.awaitServing();
            server.assertHolds(KEYS);
            assertThat(server.status()).isEqualTo("available");
        }
    }

    /// Runs on every machine: the bundled Redis, and scripts that say that they are newer. The log
    /// tells who wrote it even where the records do not, as after a server that was killed on its
    /// way.
    @Test
    void whatTheLogSaysCountsWhateverIsRecorded() throws Exception {
        var control = directory.resolve("data").resolve("control");
        var before = directory.resolve("control-before");
        try (var server = new Running("")) {
            server.create();
            server.write(0, KEYS);
            server.stop();
        }
        copy(control, before);
        int eventsBefore = eventsSeen;
        try (var server = new Running("", "--engine", pathWith("7.2.6") + "/valkey-server")) {
            server.awaitServing();
            server.write(KEYS, 2 * KEYS);
            server.stop();
        }
        Files.move(control, directory.resolve("control-after"));
        copy(before, control);
        eventsSeen = eventsBefore;
        try (var server = new Running(pathWith("7.2.5"))) {
            assertRefused(server, "valkey 7.2.6", "valkey 7.2.5, redis 7.0.15");
            server.stop();
        }
        try (var server = new Running(pathWith("7.2.7"))) {
            server.awaitServing();
            server.assertHolds(2 * KEYS);
            server.awaitPatchVersion("7.2.7");
            assertThat(server.status()).isEqualTo("available");
            assertThat(server.news())
                    .containsSubsequence(
                            List.of(
                                    "Engine valkey 7.2.7 can continue from the data; the cluster is"
                                            + " started.",
                                    "Engine upgraded from redis 7.0.15 to valkey 7.2.7."));
        }
    }

    /// Logs on BookKeeper are open to other servers, one of which may lead while this one runs.
    @Test
    void aClusterEndsForAnEngineThatItLacksAndWhichWroteMeanwhile() throws Exception {
        var other = EngineStamp.ofRelease("valkey", "7.2.6");
        try (var bookKeeper = TestBookKeeper.start(directory.resolve("bookkeeper"), 3)) {
            try (var server = new Running(pathWith("7.2.5"), onBookKeeper(bookKeeper))) {
                server.create();
                server.write(0, KEYS);
                assertThat(server.patchVersion()).isEqualTo("7.0.15");
                leadOnce(bookKeeper, other);
                assertLacks(server, "valkey 7.2.6", "valkey 7.2.5, redis 7.0.15");
                server.stop();
            }
            try (var server = new Running(pathWith("7.2.6"), onBookKeeper(bookKeeper))) {
                server.awaitServing();
                server.assertHolds(KEYS);
                server.awaitPatchVersion("7.2.6");
                assertThat(server.status()).isEqualTo("available");
            }
        }
    }

    /// It is started again on that engine at once.
    @Test
    void aClusterGoesOnWithTheEngineThatWroteMeanwhile() throws Exception {
        try (var bookKeeper = TestBookKeeper.start(directory.resolve("bookkeeper"), 3);
                var server = new Running(pathWith("7.2.6"), onBookKeeper(bookKeeper))) {
            server.create();
            server.write(0, KEYS);
            assertThat(server.patchVersion()).isEqualTo("7.0.15");
            leadOnce(bookKeeper, EngineStamp.ofRelease("valkey", "7.2.6"));
            server.awaitPatchVersion("7.2.6");
            server.awaitServing();
            server.assertHolds(KEYS);
            assertThat(server.status()).isEqualTo("available");
            assertThat(server.news())
                    .contains("Engine upgraded from redis 7.0.15 to valkey 7.2.6.");
            server.write(KEYS, 2 * KEYS);
            server.assertHolds(2 * KEYS);
        }
    }

    private static String[] onBookKeeper(TestBookKeeper bookKeeper) {
        return new String[] {
            "--log",
            "bookkeeper",
            "--metadata",
            bookKeeper.metadata().toString(),
            "--ledgers-path",
            bookKeeper.ledgersPath()
        };
    }

    private void leadOnce(TestBookKeeper bookKeeper, EngineStamp engine) throws Exception {
        try (var log = SharedLog.of(bookKeeper, directory.resolve("data"))) {
            log.lead(engine);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : (Iterable<Path>) files::iterator) {
                Files.copy(
                        file,
                        to.resolve(from.relativize(file).toString()),
                        StandardCopyOption.COPY_ATTRIBUTES,
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /// A directory for the search path with a valkey-server that says that it is of a version.
    private String pathWith(String version) throws Exception {
        var redis = new EngineFinder(null, "", directory.resolve("bin")).find().path();
        var path = Files.createDirectories(directory.resolve("path-" + version));
        var valkey = path.resolve("valkey-server");
        Files.writeString(
                valkey,
                """
                #!/bin/sh
                [ "$1" = --version ] && echo 'Valkey server v=%s sha=00000000:0' && exit
                exec '%s' "$@"
                """
                        .formatted(version, redis));
        Files.setPosixFilePermissions(valkey, PosixFilePermissions.fromString("rwx------"));
        return path.toString();
    }
}
