package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.KnownHole;
import dev.keepsake.server.InstallHint;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class EngineCommandIT {
    @TempDir Path directory;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @Test
    void theBundledEngineIsListedWithItsHoles() {
        assertThat(run("engine", "--json", "--data-dir", directory.toString())).isZero();
        assertThat(err.toString()).isEmpty();
        var engines = new JsonMapper().readTree(out.toString()).at("/engines");
        var bundled = engines.get(engines.size() - 1);
        assertThat(bundled.at("/where").asString()).isEqualTo("bundled");
        assertThat(bundled.at("/version").asString()).isEqualTo("7.0.15");
        assertThat(bundled.at("/holes").size()).isEqualTo(KnownHole.values().length);
        assertThat(bundled.at("/commands").asInt()).isGreaterThan(200);
    }

    @Test
    void oneThatIsNamedIsLookedAtAlone() throws Exception {
        var program = new EngineFinder(null, "", directory).find().path();
        assertThat(run("engine", "--engine", program.toString(), "--data-dir", "/no/such"))
                .isZero();
        assertThat(out.toString())
                .contains("redis  7.0.15   as named     known holes: CVE-2024-31449,")
                .contains(program.toString(), "there is no other");
        Arrays.stream(KnownHole.values())
                .forEach(hole -> assertThat(out.toString()).contains(hole.meaning()));
    }

    /// Without its records, or with records that are none.
    @Test
    void aDataDirectoryThatCannotBeReadIsSaidToBeSo() throws Exception {
        Files.createDirectories(directory.resolve("data/clusters/us-east-1"));
        Files.writeString(directory.resolve("data/clusters/us-east-1/x"), "x");
        var program = new EngineFinder(null, "", directory).find().path().toString();
        var data = directory.resolve("data").toString();
        assertThat(run("engine", "--engine", program, "--data-dir", data)).isZero();
        assertThat(out.toString())
                .contains("The clusters in " + data + " cannot be read: its records are not in");
        Files.createDirectory(directory.resolve("data/control"));
        Files.writeString(directory.resolve("data/control/bounds"), "damaged");
        Files.writeString(directory.resolve("data/control/00000000000000000000.log"), "damaged");
        out.getBuffer().setLength(0);
        assertThat(run("engine", "--engine", program, "--data-dir", data)).isZero();
        assertThat(out.toString()).contains("New clusters run on:");
        assertThat(Files.readString(directory.resolve("data/control/bounds"))).isEqualTo("damaged");
    }

    @Test
    void oneThatCannotRunIsSaidToBeNone() {
        assertThat(run("engine", "--engine", "/bin/false")).isEqualTo(1);
        assertThat(out.toString())
                .contains("the configured engine /bin/false")
                .contains(InstallHint.here().command());
    }
}
