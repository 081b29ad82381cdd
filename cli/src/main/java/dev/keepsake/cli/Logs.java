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

/// Where the process's log goes: everything of Keepsake's own, and of libraries only what is wrong.
final class Logs {
    /// That ZooKeeper's client cannot connect, at every attempt, is told once, in words of ours.
    private static final Set<String> TOLD_OTHERWISE = Set.of("org.apache.zookeeper.ClientCnxn");

    private Logs() {}

    /// For a server that somebody watches or whose output a supervisor collects.
    static void toStandardError(boolean verbose) {
        to(new ConsoleHandler(), verbose);
    }

    /// For a server behind a display of its own. The file closes with the process.
    static void toFile(Path file) throws IOException {
        to(new FileHandler(file.toString()), true);
    }

    /// For a command that has nothing to log.
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
