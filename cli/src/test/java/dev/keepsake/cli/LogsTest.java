package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/// What is in the log of a process, by its options.
class LogsTest {
    @TempDir private Path directory;

    @AfterEach
    void logNothing() {
        Logs.toNowhere();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    info                          | fleet.info fleet.warn front.info front.warn netty.warn
                    warn                          | fleet.warn front.warn netty.warn
                    error                         | ''
                    OFF                           | ''
                    debug                         | fleet.debug fleet.info fleet.warn front.debug front.info front.warn netty.warn
                    warn,fleet=debug              | fleet.debug fleet.info fleet.warn front.warn netty.warn
                    fleet=off, io.netty=info      | front.info front.warn netty.info netty.warn
                    dev.keepsake.fleet.Some=error | fleet.info fleet.warn front.info front.warn netty.warn
                    """)
    void levelsAreThoseOfTheOption(String levels, String expected) throws Exception {
        var log = directory.resolve("100% log");
        Logs.toFile(log, new LogSettings(new LogLine(false), LogLevels.parse(levels)));
        for (var name : List.of("fleet", "front", "netty")) {
            var logger =
                    LoggerFactory.getLogger(
                            name.equals("netty")
                                    ? "io.netty.util.Some"
                                    : "dev.keepsake." + name + ".SomePart");
            System.gc(); // a level that is kept nowhere else would be forgotten
            logger.debug("{}.debug", name);
            logger.info("{}.info", name);
            logger.warn("{}.warn", name);
        }
        assertThat(Files.readAllLines(log).stream().map(line -> line.replaceFirst(".*: ", "")))
                .containsExactly(expected.isEmpty() ? new String[0] : expected.split(" ", -1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"loud", "", "info,", "fleet=loud", "fleets=info", "=info", "Fleet=info"})
    void anotherTextIsRefused(String levels) {
        assertThatThrownBy(() -> LogLevels.parse(levels))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--log-level is " + levels);
    }

    @Test
    void slf4jIsBoundToOurLogAndKeepsTemplates() throws Exception {
        var log = directory.resolve("log");
        Logs.toFile(log, new LogSettings(new JsonLogLine(false), LogLevels.STANDARD));
        LoggerFactory.getLogger("dev.keepsake.fleet.SomePart")
                .error("node={} died", "a", new IllegalStateException("no"));
        assertThat(Files.readString(log))
                .contains("\"level\":\"ERROR\"", "\"message\":\"node=a died\",\"node\":\"a\"")
                .contains("\"exception\":\"java.lang.IllegalStateException: no\"");
    }

    @Test
    void aFileOfAnotherProcessIsContinued() throws Exception {
        var log = directory.resolve("log");
        Files.writeString(log, "said before\n");
        Logs.toFile(log, new LogSettings(new LogLine(false), LogLevels.STANDARD));
        LoggerFactory.getLogger("dev.keepsake.fleet.SomePart").warn("a");
        assertThat(Files.readAllLines(log)).hasSize(2).first().isEqualTo("said before");
    }
}
