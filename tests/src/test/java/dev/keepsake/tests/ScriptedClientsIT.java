package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The client matrix for libraries of other languages, each in a process of its own: the scripts
/// are in `tests/clients`. What is not installed is skipped, and the report says so. `-Dpython=`
/// names another than that on the PATH.
class ScriptedClientsIT {
    private static final Logger LOG = Logger.getLogger(ScriptedClientsIT.class.getName());
    private static final int FAILOVERS = 3;
    private static final int PROCESS_ENDS_WITHIN_S = 600;

    @TempDir Path directory;
    private TestServer server;
    private Path ca;
    private String host;
    private String port;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start(directory.resolve("data"));
        var cluster = ClientMatrix.createCluster(server);
        ca = Files.writeString(directory.resolve("ca.pem"), Trust.in(server.endpoint()).pem());
        host = cluster.clusterEndpoint().address();
        port = Integer.toString(cluster.clusterEndpoint().port());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ioredis", "node-redis"})
    void aLibraryForNodeWorksThroughFailovers(String library) throws Exception {
        assumeTrue(isThere("node", "--version"), "Node is not installed");
        var place = Files.createDirectory(directory.resolve("node"));
        for (var file : List.of("package.json", "matrix.mjs")) {
            Files.copy(scripts().resolve("node").resolve(file), place.resolve(file));
        }
        var install =
                new ProcessBuilder("npm", "install", "--no-audit", "--no-fund", "--silent")
                        .directory(place.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("npm.log").toFile())
                        .start();
        assumeTrue(
                endsWell(install), "npm cannot install " + library + "; is there no network here?");
        runThroughFailovers(place, "node", "matrix.mjs", library);
    }

    @Test
    void redisPyWorksThroughFailovers() throws Exception {
        String python = System.getProperty("python", "python3");
        assumeTrue(isThere(python, "-c", "import redis"), "redis-py is not installed");
        runThroughFailovers(
                directory, python, scripts().resolve("python/matrix.py").toString(), "redis-py");
    }

    /// Runs a script that writes until its standard input ends, and tells on request when it has
    /// written more.
    private void runThroughFailovers(Path place, String... command) throws Exception {
        var line = new ArrayList<>(List.of(command));
        line.addAll(List.of(host, port, ClientMatrix.USER, ClientMatrix.PASSWORD, ca.toString()));
        var errors = directory.resolve("errors.log");
        var process =
                new ProcessBuilder(line)
                        .directory(place.toFile())
                        .redirectError(errors.toFile())
                        .start();
        try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            assertThat(out.readLine()).as(() -> text(errors)).isEqualTo("ready");
            var in = process.getOutputStream();
            for (int i = 0; i <= FAILOVERS; i++) {
                in.write('\n');
                in.flush();
                assertThat(out.readLine()).as(() -> text(errors)).isEqualTo("written");
                if (i < FAILOVERS) {
                    server.api().failOver("demo", i % 2 == 0 ? "0001" : "0002");
                }
            }
            in.close();
            String result = out.readLine();
            assertThat(endsWell(process)).as(() -> text(errors)).isTrue();
            LOG.info(String.valueOf(result));
            assertThat(result).contains("longestOutageMs");
        } finally {
            process.destroyForcibly();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static boolean endsWell(Process process) throws InterruptedException {
        if (!process.waitFor(PROCESS_ENDS_WITHIN_S, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return false;
        }
        return process.exitValue() == 0;
    }

    /// Whether a program can be run, and ends well.
    static boolean isThere(String... command) throws InterruptedException {
        try {
            var process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return endsWell(process);
        } catch (IOException e) {
            return false;
        }
    }

    /// The module's directory is the working directory of its tests.
    private static Path scripts() {
        var here = Path.of("clients").toAbsolutePath();
        return Files.isDirectory(here) ? here : Path.of("tests", "clients").toAbsolutePath();
    }
}
