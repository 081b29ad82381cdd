package dev.keepsake.cli;

import dev.keepsake.core.UtcTime;
import dev.keepsake.core.VisibleText;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/// The parts of a log record, in the words of the log. Stateless.
final class RecordParts {
    private static final int CAUSES_MAX = 20;

    private RecordParts() {}

    /// The time in UTC, always with milliseconds.
    static String time(LogRecord record) {
        return UtcTime.of(record.getInstant());
    }

    /// The level as it is named in options and pages.
    static String level(LogRecord record) {
        int level = record.getLevel().intValue();
        if (level >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (level >= Level.WARNING.intValue()) {
            return "WARN";
        }
        if (level >= Level.CONFIG.intValue()) {
            return "INFO";
        }
        return level >= Level.FINE.intValue() ? "DEBUG" : "TRACE";
    }

    static String logger(LogRecord record) {
        return String.valueOf(record.getLoggerName());
    }

    /// The stack in the form of `printStackTrace`, with one line for each message.
    static String stackOf(Throwable thrown) {
        var stack = new StringBuilder();
        var next = thrown;
        for (int i = 0; next != null && i < CAUSES_MAX; i++) {
            stack.append(i == 0 ? "" : "Caused by: ")
                    .append(VisibleText.of(next.toString()))
                    .append(System.lineSeparator());
            for (var frame : next.getStackTrace()) {
                stack.append("\tat ").append(frame).append(System.lineSeparator());
            }
            for (var suppressed : next.getSuppressed()) {
                stack.append("\tSuppressed: ")
                        .append(VisibleText.of(suppressed.toString()))
                        .append(System.lineSeparator());
            }
            next = next.getCause();
        }
        return stack.toString();
    }
}
