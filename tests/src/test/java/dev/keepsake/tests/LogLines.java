package dev.keepsake.tests;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/// What an operator reads in the log of this process.
final class LogLines extends Handler implements AutoCloseable {
    private record Line(Instant at, String text) {}

    private final Logger logger;
    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final SimpleFormatter formatter = new SimpleFormatter();

    private LogLines(Logger logger) {
        this.logger = logger;
    }

    static LogLines of(String name) {
        var lines = new LogLines(Logger.getLogger(name));
        lines.logger.addHandler(lines);
        return lines;
    }

    boolean anyContains(String text) {
        return lines.stream().anyMatch(line -> line.text().contains(text));
    }

    /// Whether there is a line that contains both.
    boolean anyContains(String text, String other) {
        return lines.stream()
                .map(Line::text)
                .anyMatch(line -> line.contains(text) && line.contains(other));
    }

    /// How many lines contain a text.
    long count(String text) {
        return times(text).size();
    }

    /// When the lines were written that contain a text.
    List<Instant> times(String text) {
        return lines.stream().filter(line -> line.text().contains(text)).map(Line::at).toList();
    }

    @Override
    public void publish(LogRecord line) {
        lines.add(new Line(line.getInstant(), formatter.formatMessage(line)));
    }

    @Override
    public void flush() {
        // nothing is buffered
    }

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
