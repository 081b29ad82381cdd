package dev.keepsake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogLineTest {
    @Test
    void aRecordIsOneLine() {
        assertThat(new LogLine(false).format(record()))
                .isEqualTo(
                        "1970-01-01T00:00:00.000Z INFO  Fleet: node=1 died"
                                + " (java.lang.IllegalStateException: no)"
                                + System.lineSeparator());
    }

    @ParameterizedTest
    @CsvSource({
        "SEVERE, ERROR",
        "WARNING, WARN",
        "INFO, INFO",
        "CONFIG, INFO",
        "FINE, DEBUG",
        "FINEST, TRACE"
    })
    void aLevelHasTheNameThatTheOptionsUse(String level, String name) {
        var record = record();
        record.setLevel(Level.parse(level));
        assertThat(new LogLine(false).format(record))
                .startsWith("1970-01-01T00:00:00.000Z %-5s Fleet: ".formatted(name));
    }

    @Test
    void theStackFollowsWhenItIsAskedFor() {
        assertThat(new LogLine(true).format(record()).lines()).hasSizeGreaterThan(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n",
                "\r",
                "\0",
                "\t",
                "\u001b[2J",
                "\u007f",
                "\u0085",
                "\u061c",
                "\u200e",
                "\u200f",
                "\u2028",
                "\u2029",
                "\u202a",
                "\u202b",
                "\u202c",
                "\u202d",
                "\u202e",
                "\u2066",
                "\u2067",
                "\u2068",
                "\u2069",
                "\ud800"
            })
    void nothingInAMessageBreaksOrTurnsItsLine(String mark) {
        var record = record();
        record.setMessage("user={0} is gone");
        record.setParameters(new Object[] {"a" + mark + "b"});
        record.setThrown(new IllegalStateException("c" + mark + "d", new Exception("e" + mark)));
        for (boolean verbose : new boolean[] {false, true}) {
            var line = new LogLine(verbose).format(record);
            assertThat(line.lines().filter(each -> !each.startsWith("\tat ")))
                    .hasSize(verbose ? 3 : 1);
            assertThat(line.replace("\tat ", "").replace(System.lineSeparator(), ""))
                    .doesNotContain(mark)
                    .contains("user=a\\")
                    .contains("c\\");
        }
    }

    @Test
    void lettersOfAllLanguagesStayAsTheyAre() {
        var record = record();
        record.setMessage("user=Zoë שלום 日本 😀");
        assertThat(new LogLine(false).format(record)).contains("user=Zoë שלום 日本 😀");
    }

    private static LogRecord record() {
        var record = new LogRecord(Level.INFO, "node=1 died");
        record.setLoggerName("dev.keepsake.fleet.Fleet");
        record.setInstant(Instant.EPOCH);
        record.setThrown(new IllegalStateException("no"));
        return record;
    }
}
