package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a CI system learns of a drill that could not run because of the machine.
class DrillErrorIT {
    private static final int ENDS_WITHIN_S = 600;
    private static final int COULD_NOT_RUN = 4;

    @TempDir private Path directory;

    @Test
    void anErrorOfTheMachineIsInTheResultToo() throws Exception {
        var result = directory.resolve("drill.xml");
        var nowhere = directory.resolve("nowhere");
        var output = directory.resolve("output");
        var process =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-Djava.io.tmpdir=" + nowhere,
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName(),
                                "drill",
                                "--junit-xml",
                                result.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        try {
            assertThat(process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(output)).isEqualTo(COULD_NOT_RUN);
        assertThat(Files.readString(output)).contains("keepsake: ", nowhere.toString());
        assertThat(Files.readString(result))
                .contains("tests=\"1\" failures=\"0\" errors=\"1\"")
                .contains("<error message=\"java.nio.file.NoSuchFileException: " + nowhere);
    }
}
