package dev.keepsake.server;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/// One line a record: time, level, who, what; then, when it tells of an exception, what that says.
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
                "%s %-7s %s: %s%s%n"
                        .formatted(
                                record.getInstant().truncatedTo(ChronoUnit.MILLIS),
                                record.getLevel().getName(),
                                simpleName(record.getLoggerName()),
                                formatMessage(record),
                                thrown == null ? "" : " (" + thrown + ")");
        return thrown != null && verbose ? line + stackOf(thrown) : line;
    }

    private static String simpleName(String loggerName) {
        return loggerName.substring(loggerName.lastIndexOf('.') + 1);
    }

    private static String stackOf(Throwable thrown) {
        var stack = new StringWriter();
        thrown.printStackTrace(new PrintWriter(stack));
        return stack.toString();
    }
}
