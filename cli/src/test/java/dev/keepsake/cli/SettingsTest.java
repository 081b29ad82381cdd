package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.databind.json.JsonMapper;

/// Options that are given in the environment or in a file, as `keepsake config` and `start` see
/// them.
class SettingsTest {
    @TempDir private Path directory;
    private Path file;
    private final Map<String, String> environment = new HashMap<>();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void nameFile() {
        file = directory.resolve("keepsake.properties");
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(
                new PrintWriter(out, true), new PrintWriter(err, true), environment, arguments);
    }

    /// The value and the source of an option, as `keepsake config` with these arguments prints it.
    private String inForce(String option, String... arguments) {
        var all = new ArrayList<>(List.of("config", "--json"));
        all.addAll(List.of(arguments));
        assertThat(run(all.toArray(new String[0]))).as(err.toString()).isZero();
        var found = new JsonMapper().readTree(out.toString()).get(option);
        return found.get("value").asString() + " | " + found.get("source").asString();
    }

    private void write(String... lines) throws IOException {
        Files.write(file, List.of(lines));
    }

    @Test
    void theCommandLineTakesPrecedenceOverTheEnvironmentAndThatOverTheFile() throws Exception {
        assertThat(inForce("api-port")).isEqualTo("8379 | default");
        write("# comment", "api-port = 1111", "");
        assertThat(inForce("api-port", "--config", file.toString())).isEqualTo("1111 | " + file);
        environment.put("KEEPSAKE_CONFIG", file.toString());
        assertThat(inForce("api-port")).isEqualTo("1111 | " + file);
        environment.put("KEEPSAKE_API_PORT", "2222");
        assertThat(inForce("api-port")).isEqualTo("2222 | KEEPSAKE_API_PORT");
        assertThat(inForce("api-port", "--api-port=3333")).isEqualTo("3333 | command line");
    }

    @Test
    void theFileOfTheCommandLineTakesPrecedenceOverThatOfTheEnvironment() throws Exception {
        write("api-port=1");
        environment.put("KEEPSAKE_CONFIG", directory.resolve("absent").toString());
        assertThat(inForce("api-port", "--config=" + file)).isEqualTo("1 | " + file);
    }

    @Test
    void startTakesWhatIsGivenSo() {
        environment.put("KEEPSAKE_API_PORT", "99999");
        assertThat(run("start")).isEqualTo(2);
        assertThat(err.toString())
                .contains("--api-port is 99999")
                .contains("(--api-port comes from KEEPSAKE_API_PORT)");
    }

    @Test
    void aMistakeOfTheCommandLineBlamesNobodyElse() {
        environment.put("KEEPSAKE_API_PORT", "1");
        assertThat(run("start", "--api-port", "99999")).isEqualTo(2);
        assertThat(err.toString()).contains("--api-port is 99999").doesNotContain("comes from");
    }

    @Test
    void whatNobodyCanReadNamesItsSource() throws Exception {
        write("failover-mode=sudden");
        assertThat(run("start", "--config", file.toString())).isEqualTo(2);
        assertThat(err.toString())
                .contains("failover mode is sudden")
                .contains("(--failover-mode comes from %s)".formatted(file));
    }

    @Test
    void aLineOfTheFileThatIsNoOptionIsRefused() throws Exception {
        write("api-prot=1");
        assertThat(run("start", "--config", file.toString())).isEqualTo(2);
        assertThat(err.toString()).contains(file.toString(), "'api-prot'", "keepsake config");
    }

    @Test
    void aFileThatIsNotThereIsRefused() {
        environment.put("KEEPSAKE_CONFIG", file.toString());
        assertThat(run("start")).isEqualTo(2);
        assertThat(err.toString()).contains("--config is " + file).contains("api-port=8379");
        assertThat(run("version")).as("has nothing to do with it").isZero();
    }

    @Test
    void anEmptyVariableIsNone() {
        environment.put("KEEPSAKE_ENGINE", "");
        assertThat(inForce("engine")).isEqualTo(" | default");
    }

    @Test
    void switchesAreTrueOrFalse() {
        environment.put("KEEPSAKE_STRICT_ENGINES", "true");
        environment.put("KEEPSAKE_EXACT_ENGINE_VERSIONS", "false");
        assertThat(inForce("strict-engines")).isEqualTo("true | KEEPSAKE_STRICT_ENGINES");
        assertThat(inForce("exact-engine-versions"))
                .isEqualTo("false | KEEPSAKE_EXACT_ENGINE_VERSIONS");
        environment.put("KEEPSAKE_STRICT_ENGINES", "perhaps");
        assertThat(run("start")).isEqualTo(2);
        assertThat(err.toString()).contains("perhaps", "KEEPSAKE_STRICT_ENGINES");
    }

    @Test
    void severalDirectoriesAreSeparatedByColons() {
        environment.put("KEEPSAKE_RESTORE_FROM", directory + ":/no/such/directory");
        assertThat(
                        run(
                                "start",
                                "--api-port",
                                "0",
                                "--data-dir",
                                directory.resolve("data").toString()))
                .isEqualTo(2);
        assertThat(err.toString())
                .contains("--restore-from is /no/such/directory, which is not a directory");
    }

    @Test
    void severalValuesArePrintedAsTheyMayBeGiven() {
        assertThat(inForce("restore-from", "--restore-from", "/a:/b", "--restore-from=/c"))
                .isEqualTo("/a:/b:/c | command line");
    }

    @Test
    void aPasswordIsNotPrinted() {
        environment.put("KEEPSAKE_S3_ENDPOINT", "http://me:not-to-be-seen@127.0.0.1:9000");
        assertThat(inForce("s3-endpoint"))
                .isEqualTo("http://***@127.0.0.1:9000 | KEEPSAKE_S3_ENDPOINT");
    }

    @Test
    void theTextHasALineForEachOption() {
        assertThat(run("config", "--api-port", "1")).isZero();
        assertThat(out.toString().lines())
                .anySatisfy(line -> assertThat(line).matches("--api-port +1 +command line"))
                .anySatisfy(line -> assertThat(line).matches("--node-ports +18400-18699 +default"))
                .anySatisfy(line -> assertThat(line).matches("--failover-mode +crash +default"))
                .noneSatisfy(line -> assertThat(line).contains("--help"))
                .noneSatisfy(line -> assertThat(line).contains("--tell-heap"));
    }

    /// `keepsake engine` and `ca` are asked about the same directory as a start.
    @Test
    void otherCommandsTakeWhatTheyShareWithStart() {
        environment.put("KEEPSAKE_DATA_DIR", directory.resolve("elsewhere").toString());
        assertThat(run("ca")).isNotZero();
        assertThat(err.toString()).contains("elsewhere");
    }

    @Test
    void eachOptionHasAVariableOfItsOwn() {
        var start = CommandSpec.forAnnotatedObject(new StartCommand(new PrintWriter(out)));
        var variables =
                start.options().stream()
                        .filter(Settings::maySet)
                        .map(option -> Settings.variable(Settings.nameOf(option)))
                        .toList();
        assertThat(variables)
                .hasSizeGreaterThan(30)
                .doesNotHaveDuplicates()
                .contains("KEEPSAKE_PACE")
                .allMatch(Pattern.compile("KEEPSAKE_[A-Z][A-Z0-9_]*").asMatchPredicate())
                // The launcher's own, and what Kubernetes sets for a service of this name.
                .doesNotContain("KEEPSAKE_JAVA_OPTS", "KEEPSAKE_PORT", "KEEPSAKE_SERVICE_PORT");
    }
}
