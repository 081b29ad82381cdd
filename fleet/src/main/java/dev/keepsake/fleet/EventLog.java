package dev.keepsake.fleet;

import dev.keepsake.control.ControlRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Logs each event of the API in the words of the API, when it has been recorded. So the log says
/// what users see in DescribeEvents, between the lines that say why. Stateless.
final class EventLog {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

    private EventLog() {}

    /// Logs a record that is an event, and no other one.
    static void log(ControlRecord record) {
        if (record instanceof ControlRecord.EventHappened(var event)) {
            LOG.info(
                    "event=\"{}\" source={} source_type={} region={}",
                    event.message(),
                    event.sourceName(),
                    event.sourceType(),
                    event.region());
        }
    }
}
