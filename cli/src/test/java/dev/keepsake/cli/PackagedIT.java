package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The product as the launcher runs it: from its jar and the libraries that were copied beside it,
/// and from no other class of the tests.
class PackagedIT {
    private static final int ENDS_WITHIN_S = 600;
    private static final Path TARGET = Path.of("target");

    @TempDir Path directory;

    @Test
    void aDrillPasses() throws Exception {
        var jar = TARGET.resolve("keepsake.jar").toAbsolutePath();
        assumeThat(jar).as("Maven packages before it runs this").exists();
        var output = directory.resolve("output");
        var builder =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-Xmx256m",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                jar + ":" + jar.resolveSibling("lib") + "/*",
                                Main.class.getName(),
                                "drill",
                                "--failovers",
                                "1")
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
        // What is meant for a server of the user's must not reach that of the drill.
        builder.environment().put("KEEPSAKE_CREDENTIALS", "/no/such/file");
        var process = builder.start();
        try {
            assertThat(process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
