package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.EngineFinder;
import dev.keepsake.fleet.RecordedClusters;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.ServerParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The program of a cluster is replaced while it runs, as packages are upgraded. The bundled engine
/// stands for every version: scripts say which one it is.
class ReplacedEngineIT {
    private static final String NAME = "demo";

    @TempDir Path directory;
    private final PortRange ports = FreePorts.next(10);
    private final PortRange nodePorts = new PortRange(ports.first(), ports.last() - 1);

    /// As a package manager does it: beside the old one, then in its place.
    private void install(String version, String options) throws Exception {
        var bundled = new EngineFinder(null, "", directory.resolve("bin")).find().path();
        var path = Files.createDirectories(directory.resolve("path"));
        var next = directory.resolve("next");
        Files.writeString(
                next,
                """
                #!/bin/sh
                [ "$1" = --version ] && echo 'Redis server v=%s sha=00000000:0' && exit
                exec '%s' "$@" %s
                """
                        .formatted(version, bundled, options));
        Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rwx------"));
        Files.move(
                next,
                path.resolve("redis-server"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private void remove() throws IOException {
        Files.delete(directory.resolve("path/redis-server"));
    }

    private ServerProcess launch() throws IOException {
        return ServerProcess.launch(
                directory.resolve("data"),
                nodePorts,
                "--engine",
                directory.resolve("path/redis-server").toString());
    }

    private static void awaitServing(Api api, int node) {
        await(
                "node %d answers".formatted(node),
                () -> {
                    try (var wire = Wire.to(api.node(NAME, 0, node))) {
                        return wire.ask("DBSIZE").equals("1");
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    @Test
    void whatRunsIsWhatIsOnRecordAndAnOlderProgramIsRefused() throws Exception {
        install("7.2.10", "");
        try (var server = launch();
                var api = new Api(server.awaitReady())) {
            api.create(NAME, 1, 1, 0, ports.last());
            await("it is available", () -> api.describe(NAME).status().equals("available"));
            assertThat(api.describe(NAME).enginePatchVersion()).isEqualTo("7.2.10");
            try (var wire = Wire.to(api.node(NAME, 0, 0))) {
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            }
            var engines = new Engines(directory.resolve("data"));

            install("7.2.11", ""); // a newer one
            engines.kill(List.of(api.node(NAME, 0, 1)));
            await(
                    "it runs on what is there now",
                    () -> api.describe(NAME).enginePatchVersion().equals("7.2.11"));
            assertThat(api.allMessages(NAME))
                    .contains("Engine upgraded from redis 7.2.10 to redis 7.2.11.");
            awaitServing(api, 0);
            awaitServing(api, 1);
            var recorded = onRecord();
            assertThat(recorded.name()).isEqualTo(NAME);
            assertThat(recorded.version()).isEqualTo("7.2.11");
            assertThat(recorded.here()).isNotNull().isEqualTo(recorded.next());

            install("7.2.11", "--hz 10"); // other bytes under the same version, as a fix comes
            int told = api.allMessages(NAME).size();
            engines.kill(List.of(api.node(NAME, 0, 1)));
            await(
                    "the node is back",
                    () ->
                            api.allMessages(NAME).stream()
                                    .skip(told)
                                    .anyMatch(text -> text.startsWith("Finished recovery")));
            assertThat(server.errors())
                    .as("nobody was interrupted")
                    .containsOnlyOnce("is ended and started again");

            remove(); // as between two packages
            engines.kill(List.of(api.node(NAME, 0, 1)));
            await(
                    "what still runs goes on",
                    () -> server.errors().contains("its program is not there any more"));
            awaitServing(api, 0);
            install("7.2.11", "--hz 10");
            awaitServing(api, 1);
            assertThat(server.errors())
                    .as("nobody was interrupted")
                    .containsOnlyOnce("is ended and started again");

            install("7.2.9", ""); // an older one
            engines.kill(List.of(api.node(NAME, 0, 1)));
            await(
                    "what still runs goes on",
                    () ->
                            server.errors()
                                    .contains(
                                            "no usable engine here is known to continue from its"
                                                    + " data"));
            awaitServing(api, 0);
            engines.kill(List.of(api.node(NAME, 0, 0)));
            await(
                    "nothing here can go on with the data",
                    () -> api.describe(NAME).status().equals("restore-failed"));
            assertThat(api.allMessages(NAME).getLast())
                    .contains("written by redis 7.2.11", "redis 7.2.9");
            assertThat(onRecord().version()).isEqualTo("7.2.11");
            assertThat(onRecord().here()).isNull();
            assertThat(onRecord().next()).isNull();

            install("7.2.12", ""); // one that can, while nothing is launched
            await(
                    "it is noticed, and the cluster runs again",
                    () -> api.describe(NAME).enginePatchVersion().equals("7.2.12"));
            assertThat(api.allMessages(NAME))
                    .contains(
                            "Engine redis 7.2.12 can continue from the data; the cluster is started.");
            awaitServing(api, 0);
            awaitServing(api, 1);
        }
    }

    /// What `keepsake engine` knows of the cluster, beside the running server.
    private RecordedClusters.Recorded onRecord() throws Exception {
        var program = new EngineFinder(directory.resolve("path/redis-server"), "", directory);
        var scratch = Files.createTempDirectory(directory, "scratch");
        try (var logs = ServerParts.standard().logs()) {
            return RecordedClusters.read(
                            directory.resolve("data"), logs, scratch, program.findAll())
                    .getFirst();
        }
    }
}
