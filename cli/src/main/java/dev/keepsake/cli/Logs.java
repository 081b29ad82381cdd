package dev.keepsake.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.logging.ConsoleHandler;
import java.util.logging.FileHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Configures the process's log: all records of Keepsake, and the warnings and errors of libraries.
final class Logs {
    /// Libraries that are silenced. ZooKeeper's client logs every failed connection, which Keepsake
    /// reports once itself.
    private static final Set<String> TOLD_OTHERWISE = Set.of("org.apache.zookeeper.ClientCnxn");

    private Logs() {}

    /// For a server whose output a person or a supervisor reads.
    static void toStandardError(boolean verbose) {
        to(new ConsoleHandler(), verbose);
    }

    /// For a server behind a display of its own. The file is closed at the end of the process.
    static void toFile(Path file) throws IOException {
        to(new FileHandler(file.toString()), true);
    }

    /// For a command that logs nothing.
    static void toNowhere() {
        LogManager.getLogManager().reset();
    }

    private static void to(Handler handler, boolean verbose) {
        toNowhere();
        handler.setFormatter(new LogLine(verbose));
        handler.setFilter(Logs::isWorthTelling);
        handler.setLevel(Level.ALL);
        Logger.getLogger("").addHandler(handler);
    }

    private static boolean isWorthTelling(LogRecord record) {
        var name = String.valueOf(record.getLoggerName());
        if (TOLD_OTHERWISE.contains(name)) {
            return false;
        }
        boolean own = name.startsWith("dev.keepsake.");
        return own || record.getLevel().intValue() >= Level.WARNING.intValue();
    }
}
