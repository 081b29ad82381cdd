package dev.keepsake.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Keepsake runs with the same options of the JVM from a clone, from a package and from a test.
class LaunchersTest {
    private static final Path OF_A_CLONE = Path.of("../keepsake");
    private static final Path OF_A_PACKAGE = Path.of("src/package/bin/keepsake");
    private static final Path OF_A_TEST =
            Path.of("../junit/src/main/java/dev/keepsake/junit/ServerProcess.java");
    private static final Pattern OPTION =
            Pattern.compile(
                    "(?<=[\\s\"])(-X[^\\s\"]+|--(enable|sun)[^\\s\"]+|-Dio[^\\s\"]+)(?=[\\s\"])");

    @Test
    void bothLaunchersGiveTheSameOptions() throws IOException {
        assertThat(options(OF_A_PACKAGE))
                .filteredOn(option -> !option.matches("-Xlog:.*|.*AOT.*"))
                .containsExactlyInAnyOrderElementsOf(options(OF_A_CLONE))
                .contains("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    }

    @Test
    void theTestExtensionGivesTheSameOptions() throws IOException {
        assertThat(options(OF_A_TEST)).containsExactlyInAnyOrderElementsOf(options(OF_A_CLONE));
    }

    private static List<String> options(Path launcher) throws IOException {
        return OPTION.matcher(Files.readString(launcher).replace("compiler=", "compiler= "))
                .results()
                .map(MatchResult::group)
                .toList();
    }
}
