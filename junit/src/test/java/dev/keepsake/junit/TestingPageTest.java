package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// `docs/testing-java.md` shows code that is compiled and run here.
class TestingPageTest {
    private static final Path PAGE = Path.of("../docs/testing-java.md");
    private static final Pattern CODE = Pattern.compile("(?s)```java\n(.*?)```");

    @Test
    void theTestOfThePageIsTheOneThatRuns() throws Exception {
        String source = source("CartIT");
        String written =
                source.substring(source.indexOf("import static"))
                        .replace("CartIT", "CartTest")
                        // Users are in another package.
                        .replaceFirst(
                                "import io",
                                """
                                import dev.keepsake.junit.Cluster;
                                import dev.keepsake.junit.Keepsake;
                                import dev.keepsake.junit.KeepsakeCluster;
                                import io\
                                """);
        assertThat(code().get(0)).isEqualTo(written);
    }

    @Test
    void theLinesAboutTlsAreThoseOfATest() throws Exception {
        assertThat(source("LettuceTrustIT").lines().map(String::strip))
                .containsSubsequence(code().get(1).lines().toList());
    }

    private static List<String> code() throws IOException {
        return CODE.matcher(Files.readString(PAGE)).results().map(code -> code.group(1)).toList();
    }

    private static String source(String test) throws IOException {
        return Files.readString(Path.of("src/test/java/dev/keepsake/junit", test + ".java"));
    }
}
