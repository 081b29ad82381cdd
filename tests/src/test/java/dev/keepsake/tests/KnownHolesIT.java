package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.RunDirectory;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What follows from the known holes of an engine. The bundled one has three; without `EVAL` it
/// passes for one that has none.
class KnownHolesIT {
    private static final String HOLES = "CVE-2024-31449, CVE-2025-46817, CVE-2025-46818";
    private static final String EVENT =
            "The cluster runs on redis 7.0.15, which has known holes: " + HOLES + ".";

    @TempDir Path directory;
    private final PortRange ports = FreePorts.next(10);

    private ServerProcess launch(String path, String... more) throws IOException {
        return ServerProcess.launchWithPath(path, directory.resolve("data"), ports, more);
    }

    private Path bundled() throws Exception {
        return new EngineFinder(null, "", directory.resolve("bin")).find().path();
    }

    /// A directory for the search path with a redis-server that runs no scripts.
    private String pathWithSound() throws Exception {
        var path = Files.createDirectory(directory.resolve("path"));
        var program = path.resolve("redis-server");
        Files.writeString(
                program,
                """
                #!/bin/sh
                [ "$1" = --version ] && echo 'Redis server v=7.2.11 sha=00000000:0' && exit
                exec '%s' "$@" --rename-command EVAL ''
                """
                        .formatted(bundled()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return path.toString();
    }

    private static void create(Api api, String name, int port) {
        api.client()
                .createCluster(request ->
                        request.clusterName(name)
                                .nodeType("db.t4g.small")
                                .aclName("open-access")
                                .port(port)
                                .tlsEnabled(false)
                                .numShards(1)
                                .numReplicasPerShard(0));
        await(name + " is available", () -> api.describe(name).status().equals("available"));
    }

    @Test
    void onLoopbackAWarningAndAnEventOfEachClusterTellOnce() throws Exception {
        for (int start = 1; start <= 2; start++) {
            try (var server = launch("");
                    var api = new Api(server.awaitReady())) {
                if (start == 1) {
                    create(api, "demo", ports.last());
                }
                await("the cluster runs", () -> api.describe("demo").status().equals("available"));
                assertThat(api.allMessages("demo")).containsOnlyOnce(EVENT);
                server.terminate();
                server.awaitEnd();
                assertThat(server.errors().lines())
                        .filteredOn(line -> line.contains("ENGINE WITH KNOWN HOLES"))
                        .singleElement()
                        .asString()
                        .contains(" WARN ", "redis-server-7.0.15", "version=7.0.15", HOLES)
                        .contains("Get a better one: ", "./keepsake engine");
                assertThat(server.errors().lines())
                        .as("examined at the first start alone")
                        .filteredOn(line -> line.contains("engine examined"))
                        .hasSize(start == 1 ? 1 : 0);
            }
        }
    }

    @Test
    void strictlyNothingStartsOnAnEngineWithHoles() throws Exception {
        try (var server = launch("", "--strict-engines")) {
            assertThat(server.firstLine()).isNull();
            assertThat(server.awaitEnd()).isEqualTo(2);
            assertThat(server.errors().lines().toList().getLast())
                    .startsWith("keepsake: --strict-engines was given, and every engine here has")
                    .contains("redis 7.0.15 (", HOLES, "Get a better one: ");
        }
    }

    @Test
    void aSoundOneIsTakenBeforeTheBundledOne() throws Exception {
        try (var server = launch(pathWithSound(), "--strict-engines")) {
            server.awaitReady();
            assertThat(server.errors()).contains("engine is not used, because it has known holes");
        }
        try (var server = launch(directory.resolve("path").toString());
                var api = new Api(server.awaitReady())) {
            create(api, "demo", ports.last());
            assertThat(api.describe("demo").enginePatchVersion()).isEqualTo("7.2.11");
            assertThat(api.allMessages("demo")).noneMatch(text -> text.contains("known holes"));
            assertThat(server.errors()).doesNotContain("KNOWN HOLES");
        }
    }

    /// The same version as the bundled one says of itself, with the holes closed.
    @Test
    void debiansRedisHasNone() throws Exception {
        var redis = InstalledEngines.from("redis", "bookworm");
        assertThat(redis.version()).isEqualTo("7.0.15");
        var data = directory.resolve("data");
        try (var launcher =
                new EngineLauncher(redis, RunDirectory.forData(data), new ServedNode.WallClock())) {
            var facts =
                    new EngineExaminer(launcher, EngineExaminer.directoryIn(data)).examine(redis);
            assertThat(facts.holes()).isEmpty();
            assertThat(facts.undecided()).isEmpty();
            assertThat(facts.rdbVersion()).isEqualTo(10);
        }
    }
}
