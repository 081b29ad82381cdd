package dev.keepsake.cli;

import dev.keepsake.core.VisibleText;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/// Formats a log record as one line of text: time, level, source and message, and then the message
/// of an exception, if there is one.
///
/// Every message becomes one line in the order in which it was written: a character that would
/// break the line or change its direction is printed as an escape such as `\\n` or `\\u202e`.
/// Messages may contain names, commands and headers that clients have chosen.
final class LogLine extends Formatter {
    private final boolean verbose;

    /// @param verbose whether the stack of an exception follows its line
    LogLine(boolean verbose) {
        this.verbose = verbose;
    }

    @Override
    public String format(LogRecord record) {
        var thrown = record.getThrown();
        var line =
                "%s %-5s %s: %s%s%n"
                        .formatted(
                                RecordParts.time(record),
                                RecordParts.level(record),
                                simpleName(RecordParts.logger(record)),
                                VisibleText.of(formatMessage(record)),
                                thrown == null
                                        ? ""
                                        : " (" + VisibleText.of(thrown.toString()) + ")");
        return thrown != null && verbose ? line + RecordParts.stackOf(thrown) : line;
    }

    private static String simpleName(String loggerName) {
        return VisibleText.of(loggerName.substring(loggerName.lastIndexOf('.') + 1));
    }
}
