package dev.keepsake.cli;

import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/// Formats a log record as one line: time, level, source and message, and then the message of an
/// exception, if there is one.
///
/// Every message becomes one line in the order in which it was written: a character that would
/// break the line or change its direction is printed as an escape such as `\\n` or `\\u202e`.
/// Messages may contain names, commands and headers that clients have chosen.
final class LogLine extends Formatter {
    private static final int CAUSES_MAX = 20;

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
                                simpleName(String.valueOf(record.getLoggerName())),
                                visible(formatMessage(record)),
                                thrown == null ? "" : " (" + visible(thrown.toString()) + ")");
        return thrown != null && verbose ? line + stackOf(thrown) : line;
    }

    private static String simpleName(String loggerName) {
        return visible(loggerName.substring(loggerName.lastIndexOf('.') + 1));
    }

    /// The stack in the form of `printStackTrace`, with one line for each message.
    private static String stackOf(Throwable thrown) {
        var stack = new StringBuilder();
        var next = thrown;
        for (int i = 0; next != null && i < CAUSES_MAX; i++) {
            stack.append(i == 0 ? "" : "Caused by: ")
                    .append(visible(next.toString()))
                    .append(System.lineSeparator());
            for (var frame : next.getStackTrace()) {
                stack.append("\tat ").append(frame).append(System.lineSeparator());
            }
            for (var suppressed : next.getSuppressed()) {
                stack.append("\tSuppressed: ")
                        .append(visible(suppressed.toString()))
                        .append(System.lineSeparator());
            }
            next = next.getCause();
        }
        return stack.toString();
    }

    private static String visible(String text) {
        if (text.codePoints().noneMatch(LogLine::isHidden)) {
            return text;
        }
        var shown = new StringBuilder(text.length() + 16);
        text.codePoints()
                .forEach(point -> {
                    switch (point) {
                        case '\n' -> shown.append("\\n");
                        case '\r' -> shown.append("\\r");
                        case '\t' -> shown.append("\\t");
                        default -> {
                            if (isHidden(point)) {
                                shown.append("\\u%04x".formatted(point));
                            } else {
                                shown.appendCodePoint(point);
                            }
                        }
                    }
                });
        return shown.toString();
    }

    /// Whether a character is invisible or moves the ones after it: controls, marks of direction,
    /// ends of lines and paragraphs, single surrogates.
    private static boolean isHidden(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    true;
            default -> false;
        };
    }
}
