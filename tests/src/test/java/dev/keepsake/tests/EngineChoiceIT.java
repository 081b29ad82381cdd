package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepsake.engine.EngineFinder;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.memorydb.model.Cluster;
import software.amazon.awssdk.services.memorydb.model.InvalidParameterValueException;
import software.amazon.awssdk.services.memorydb.model.Node;

/// Which engine carries out a cluster, and how much memory it has. The Valkey here is the bundled
/// Redis that says otherwise: it shows what is chosen, not what Valkey does.
class EngineChoiceIT {
    private static final String OOM = "-OOM command not allowed when used memory > 'maxmemory'.";

    @TempDir Path directory;
    private final PortRange ports = FreePorts.next(30);
    private final PortRange nodePorts = new PortRange(ports.first(), ports.last() - 2);

    private ServerProcess launch(String path, String... more) throws IOException {
        return ServerProcess.launchWithPath(path, directory.resolve("data"), nodePorts, more);
    }

    /// A directory for the search path with a valkey-server of version 7.2.6.
    private String pathWithValkey() throws Exception {
        return pathWith("valkey-server", "Valkey server v=7.2.6", "");
    }

    /// A directory for the search path with the bundled engine under another name.
    ///
    /// @param says what it answers to `--version`
    /// @param options what it is started with besides
    private String pathWith(String name, String says, String options) throws Exception {
        var redis = new EngineFinder(null, "", directory.resolve("bin")).find().path();
        var path = Files.createDirectory(directory.resolve("path"));
        var program = path.resolve(name);
        Files.writeString(
                program,
                """
                #!/bin/sh
                [ "$1" = --version ] && echo '%s sha=00000000:0' && exit
                exec '%s' "$@" %s
                """
                        .formatted(says, redis, options));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return path.toString();
    }

    private static Cluster create(Api api, String name, String engine, String version, int port) {
        api.client()
                .createCluster(request ->
                        request.clusterName(name)
                                .nodeType("db.t4g.small")
                                .aclName("open-access")
                                .engine(engine)
                                .engineVersion(version)
                                .port(port)
                                .tlsEnabled(false)
                                .numShards(1)
                                .numReplicasPerShard(0));
        await(name + " is available", () -> api.describe(name).status().equals("available"));
        return api.describe(name);
    }

    private static Node node(Cluster cluster) {
        return cluster.shards().getFirst().nodes().getFirst();
    }

    private static String askedUntilServed(Node node, String... command) {
        var answer = new String[1];
        await(
                "it is served",
                () -> {
                    try (var wire = Wire.to(node)) {
                        answer[0] = wire.ask(command);
                        return !answer[0].startsWith("-LOADING");
                    } catch (IOException e) {
                        return false;
                    }
                });
        return answer[0];
    }

    @Test
    void eachClusterRunsOnWhatComesNearestAndEventsSayWhatIsNotInstalled() throws Exception {
        try (var server = launch(pathWithValkey());
                var api = new Api(server.awaitReady())) {
            var redis = create(api, "plain", "redis", "7.0", ports.last());
            assertThat(redis.engineVersion()).isEqualTo("7.0");
            assertThat(redis.enginePatchVersion()).isEqualTo("7.0.15");
            assertThat(api.allMessages("plain")).noneMatch(text -> text.contains("not installed"));
            var valkey = create(api, "forked", "valkey", "7.3", ports.last() - 1);
            assertThat(valkey.engineVersion()).isEqualTo("7.3");
            assertThat(valkey.enginePatchVersion()).isEqualTo("7.2.6");
            assertThat(api.allMessages("forked"))
                    .contains(
                            "Engine valkey 7.3 is not installed; the cluster runs on valkey"
                                    + " 7.2.6.");
            try (var wire = Wire.to(node(valkey))) {
                assertThat(wire.ask("HELLO", "2")).contains("version 7.2.6");
                assertThat(wire.ask("SET", "k", "v")).isEqualTo("OK");
            }
            server.terminate();
            server.awaitEnd();
        }
        try (var server = launch("");
                var api = new Api(server.awaitReady())) {
            await(
                    "what wrote it is not installed any more",
                    () -> api.describe("forked").status().equals("restore-failed"));
            assertThat(api.messages("forked").getLast())
                    .contains("written by valkey 7.2.6", "redis 7.0.15");
            assertThat(askedUntilServed(node(api.describe("plain")), "DBSIZE")).isEqualTo("0");
            assertThat(api.describe("plain").status()).isEqualTo("available");
        }
    }

    /// On an engine that runs no scripts, which passes for a sound one.
    @Test
    void withExactVersionsNothingElseRunsThanWhatWasAskedFor() throws Exception {
        var path = pathWith("redis-server", "Redis server v=7.0.15", "--rename-command EVAL ''");
        try (var server = launch(path, "--strict-engines", "--exact-engine-versions");
                var api = new Api(server.awaitReady())) {
            assertThatThrownBy(() -> create(api, "forked", "valkey", "7.2", ports.last()))
                    .isInstanceOf(InvalidParameterValueException.class)
                    .hasMessageContaining("valkey is not installed")
                    .hasMessageContaining("redis 7.0.15");
            assertThat(create(api, "plain", "redis", "7.0", ports.last()).enginePatchVersion())
                    .isEqualTo("7.0.15");
        }
    }

    /// What is sound serves what comes nearest to it, as without strictness.
    @Test
    void strictnessAboutHolesIsNoneAboutVersions() throws Exception {
        var path = pathWith("valkey-server", "Valkey server v=7.2.6", "--rename-command EVAL ''");
        try (var server = launch(path, "--strict-engines");
                var api = new Api(server.awaitReady())) {
            assertThat(create(api, "forked", "valkey", "7.3", ports.last()).enginePatchVersion())
                    .isEqualTo("7.2.6");
            assertThat(api.allMessages("forked"))
                    .contains(
                            "Engine valkey 7.3 is not installed; the cluster runs on valkey"
                                    + " 7.2.6.");
        }
    }

    @Test
    void aNodeHasTheMemoryOfItsTypeInScaleAndWhatThenHappensIsAParameter() throws Exception {
        try (var server = launch("", "--memory-scale", "0.01");
                var api = new Api(server.awaitReady())) {
            var node = node(create(api, "small", "redis", "7.0", ports.last()));
            var value = "v".repeat(100_000);
            try (var wire = Wire.to(node)) {
                assertThat(wire.ask("INFO", "memory")).contains("maxmemory:14710262\r\n");
                int written = 0;
                String answer;
                do {
                    answer = wire.ask("SET", "k" + written++, value);
                } while (answer.equals("OK") && written < 1_000);
                assertThat(answer).isEqualTo(OOM);
                assertThat(written).isBetween(50, 150);
                assertThat(wire.ask("GET", "k0")).isEqualTo(value);
                assertThat(wire.ask("MULTI")).isEqualTo("OK");
                assertThat(wire.ask("SET", "more", value)).isEqualTo(OOM);
                assertThat(wire.ask("EXEC")).startsWith("-EXECABORT");
            }
            api.setParameter("small", "maxmemory-policy", "allkeys-lru");
            try (var wire = Wire.to(node)) {
                for (int i = 0; i < 300; i++) {
                    assertThat(wire.ask("SET", "more" + i, value)).isEqualTo("OK");
                }
                assertThat(wire.ask("INFO", "stats")).containsPattern("evicted_keys:[1-9]\\d{2,}");
            }
        }
    }
}
