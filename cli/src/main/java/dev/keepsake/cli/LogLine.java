package dev.keepsake.cli;

import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/// One line a record: time, level, who, what; then, when it tells of an exception, what that says.
///
/// Whatever a message holds, it is one line, and shows in the order in which it was written: what
/// would break the line or turn its direction is shown as `\\n` or `\\u202e`. Clients choose names,
/// commands and headers, and some come to be told of.
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

    /// As `printStackTrace` puts it, but a line for each message.
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

    /// Whether a character moves what follows, or is not seen: controls, marks of direction, ends
    /// of lines and paragraphs, halves of characters.
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
