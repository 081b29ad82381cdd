package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ControlRecord;
import dev.keepsake.control.Event;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private final List<String> lines = new ArrayList<>();
    private final Logger logger = Logger.getLogger(EventLog.class.getName());
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord record) {
                    lines.add(record.getMessage());
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
    }

    @Test
    void anEventIsLoggedInTheWordsOfTheApi() {
        EventLog.log(
                new ControlRecord.EventHappened(
                        new Event(
                                "us-east-1",
                                "demo",
                                "cluster",
                                "Cluster created.",
                                Instant.EPOCH)));
        assertThat(lines)
                .containsExactly(
                        "event=\"Cluster created.\" source=demo"
                                + " source_type=cluster region=us-east-1");
    }
}
