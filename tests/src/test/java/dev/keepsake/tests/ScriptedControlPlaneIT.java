package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The core of [ControlPlaneIT]'s walk with the SDK for Python and with the AWS CLI, whose scripts
/// are in `tests/clients`. What is not installed is skipped, and the report says so.
class ScriptedControlPlaneIT {
    private static final long ENDS_WITHIN_S = 600;

    @TempDir Path directory;

    @Test
    void boto3() throws Exception {
        assumeTrue(
                run("python3", "-c", "import boto3").code() == 0,
                "skipped: python3 has no boto3 here");
        walk("python3", scripts().resolve("python").resolve("control_plane.py").toString());
    }

    @Test
    void awsCli() throws Exception {
        assumeTrue(
                run("aws", "memorydb", "create-cluster", "help").code() == 0,
                "skipped: there is no aws that knows memorydb here");
        walk("sh", scripts().resolve("aws-cli").resolve("control_plane.sh").toString());
    }

    private void walk(String... command) throws Exception {
        try (var server = TestServer.start(directory.resolve("data"))) {
            var line = new ArrayList<>(List.of(command));
            line.add(server.endpoint().toString());
            line.add(Integer.toString(server.endpointPort()));
            var walk = run(line.toArray(new String[0]));
            assertThat(walk.output()).contains("the walk is complete");
            assertThat(walk.code()).isZero();
        }
    }

    private record Run(int code, String output) {}

    private Run run(String... command) throws InterruptedException, IOException {
        var output = directory.resolve("output.log");
        try {
            var process =
                    new ProcessBuilder(command)
                            .directory(directory.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            try {
                assertThat(process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS))
                        .as("%s ends", command[0])
                        .isTrue();
                return new Run(process.exitValue(), Files.readString(output, UTF_8));
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return new Run(-1, String.valueOf(e.getMessage())); // there is no such program
        }
    }

    /// The module's directory is the working directory of its tests.
    private static Path scripts() {
        var here = Path.of("clients").toAbsolutePath();
        return Files.isDirectory(here) ? here : Path.of("tests", "clients").toAbsolutePath();
    }
}
