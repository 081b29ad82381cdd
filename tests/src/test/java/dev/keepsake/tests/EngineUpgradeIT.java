package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.log.bookkeeper.TestBookKeeper;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.Consumer;
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

    @TempDir Path directory;
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

        void stop() throws Exception {
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

    /// That it says so in its status, an event and one line of its log, that no node listens, and
    /// that nothing else is accepted.
    private static void assertLacks(Running server, String needed, String found) throws Exception {
        await("it says so", () -> server.status().equals("restore-failed"));
        assertThat(server.api.messages(NAME))
                .anySatisfy(message ->
                        assertThat(message)
                                .startsWith(
                                        "Restore from the transaction log failed for node"
                                                + " demo-0001-001.")
                                .contains("written by " + needed, "--engine"));
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
        return server.errors().lines().filter(line -> line.contains(" SEVERE ")).toList();
    }

    private static String[] with(EngineBinary engine) {
        return new String[] {"--engine", engine.path().toString(), "--snapshot-every-mb", "1"};
    }

    /// Redis 7.0.15, which is bundled, then Valkey 8.0 and 9.1, and every way back.
    @Test
    void dataGoFromRedisToValkeyAndOnAndNeverBack() throws Exception {
        var redis = new EngineFinder(null, "", directory.resolve("bin")).find();
        var valkey8 = InstalledEngines.from("valkey", "bookworm-backports");
        var valkey9 = InstalledEngines.from("valkey", "sid");
        var given = Files.createDirectories(directory.resolve("given"));

        try (var server = new Running("")) {
            server.create();
            server.write(0, KEYS);
            server.stop();
        }
        try (var server = new Running(pathOf(valkey9))) { // which is no reason for an upgrade
            server.awaitServing();
            server.assertHolds(KEYS);
            assertThat(server.patchVersion()).isEqualTo("7.0.15");
            assertThat(server.api.messages(NAME)).noneMatch(text -> text.contains("upgraded"));
            server.stop();
        }
        try (var server = new Running("", with(valkey8))) {
            server.awaitServing();
            server.assertHolds(KEYS);
            server.awaitPatchVersion(valkey8.version());
            assertThat(server.api.messages(NAME))
                    .contains(
                            "Engine upgraded from redis 7.0.15 to valkey %s."
                                    .formatted(valkey8.version()));
            server.write(KEYS, 2 * KEYS);
            server.api.failOver(NAME, "0001");
            server.assertHolds(2 * KEYS);
            server.stop();
        }
        try (var server = new Running("", with(redis))) {
            assertRefused(server, "valkey " + valkey8.version(), "redis 7.0.15");
            server.stop();
        }
        try (var server = new Running("", with(valkey9))) {
            server.awaitServing();
            server.assertHolds(2 * KEYS);
            server.awaitPatchVersion(valkey9.version());
            assertThat(server.status()).isEqualTo("available");
            takeSnapshot(server, "taken");
            Files.copy(snapshotFile(), given.resolve("newer.rdb"));
            server.stop();
        }
        try (var server = new Running("", with(valkey8))) {
            assertRefused(server, "valkey " + valkey9.version(), "valkey " + valkey8.version());
            server.stop();
        }
        try (var server = new Running("", "--restore-from", given.toString())) {
            assertRefused(server, "valkey " + valkey9.version(), "redis 7.0.15");
            var file = given.resolve("newer.rdb").toUri().toString();
            assertNotFilled(server, "again", from -> from.snapshotName("taken"), valkey9);
            assertNotFilled(server, "other", from -> from.snapshotArns(file), valkey9);
            server.stop();
        }
        try (var server = new Running(pathOf(valkey9))) {
            server.awaitServing();
            server.assertHolds(2 * KEYS);
            assertThat(server.patchVersion()).isEqualTo(valkey9.version());
            assertThat(server.status()).isEqualTo("available");
        }
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

    /// The file says who wrote it, wherever it has been since.
    private void assertNotFilled(
            Running server,
            String cluster,
            Consumer<CreateClusterRequest.Builder> from,
            EngineBinary writer) {
        server.api.fill(cluster, ports.last() - 1, from);
        await(
                cluster + " is not filled",
                () -> server.api.describe(cluster).status().equals("restore-failed"));
        assertThat(server.api.messages(cluster).getLast())
                .contains(
                        "valkey %s, Valkey's RDB version 80".formatted(writer.version()),
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
        try (var server = new Running("", "--engine", pathWith("7.2.6") + "/valkey-server")) {
            server.awaitServing();
            server.write(KEYS, 2 * KEYS);
            server.stop();
        }
        Files.move(control, directory.resolve("control-after"));
        copy(before, control);
        try (var server = new Running(pathWith("7.2.5"))) {
            assertRefused(server, "valkey 7.2.6", "valkey 7.2.5, redis 7.0.15");
            server.stop();
        }
        try (var server = new Running(pathWith("7.2.7"))) {
            server.awaitServing();
            server.assertHolds(2 * KEYS);
            server.awaitPatchVersion("7.2.7");
            assertThat(server.status()).isEqualTo("available");
            assertThat(server.api.messages(NAME))
                    .containsSubsequence(
                            List.of(
                                    "Engine valkey 7.2.7 can go on with the data; the cluster is"
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
            assertThat(server.api.messages(NAME))
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
