package dev.keepsake.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The bill of materials lists the modules that others may use, in the version of the others.
class BomTest {
    private static final Path ROOT = Path.of("..");

    /// They are of use here only.
    private static final Set<String> OF_NO_USE_ELSEWHERE =
            Set.of("bom", "dist", "tests", "benchmarks");

    @Test
    void everyModuleThatOthersMayUseIsListed() throws IOException {
        var modules =
                all("<module>([^<]+)</module>", "pom.xml").stream()
                        .filter(module -> !OF_NO_USE_ELSEWHERE.contains(module))
                        .toList();
        var artifacts =
                all(
                        "<groupId>dev.keepsake</groupId>\\s+<artifactId>([^<]+)</artifactId>\\s+<version>\\$",
                        "bom/pom.xml");
        assertThat(artifacts)
                .containsExactlyInAnyOrderElementsOf(
                        modules.stream().map(BomTest::artifactOf).toList());
    }

    @Test
    void itHasTheVersionOfTheOthers() throws IOException {
        var version = "(?m)^  <version>([^<]+)</version>";
        assertThat(all(version, "bom/pom.xml")).hasSize(1).isEqualTo(all(version, "pom.xml"));
    }

    private static String artifactOf(String module) {
        try {
            return all("(?m)^  <artifactId>([^<]+)</artifactId>", module + "/pom.xml").getFirst();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> all(String pattern, String file) throws IOException {
        return Pattern.compile(pattern)
                .matcher(Files.readString(ROOT.resolve(file)))
                .results()
                .map(found -> found.group(1))
                .toList();
    }
}
