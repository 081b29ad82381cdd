package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogLineTest {
    @Test
    void aRecordIsOneLine() {
        assertThat(new LogLine(false).format(record()))
                .isEqualTo(
                        "1970-01-01T00:00:00Z INFO    Fleet: node=1 died"
                                + " (java.lang.IllegalStateException: no)"
                                + System.lineSeparator());
    }

    @Test
    void theStackFollowsWhenItIsAskedFor() {
        assertThat(new LogLine(true).format(record()).lines()).hasSizeGreaterThan(2);
    }

    private static LogRecord record() {
        var record = new LogRecord(Level.INFO, "node=1 died");
        record.setLoggerName("dev.keepsake.fleet.Fleet");
        record.setInstant(Instant.EPOCH);
        record.setThrown(new IllegalStateException("no"));
        return record;
    }
}
