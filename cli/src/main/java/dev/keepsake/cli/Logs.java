package dev.keepsake.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.ConsoleHandler;
import java.util.logging.FileHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/// Configures the process's log.
final class Logs {
    /// A library that is silenced: ZooKeeper's client logs every failed connection, which Keepsake
    /// reports once itself.
    private static final LogLevels.Named TOLD_OTHERWISE =
            new LogLevels.Named("org.apache.zookeeper.ClientCnxn", Level.OFF);

    /// The loggers whose levels were set. `java.util.logging` forgets the level of a logger that
    /// nothing refers to.
    private static final Set<Logger> LEVELED = ConcurrentHashMap.newKeySet();

    private Logs() {}

    /// For a server whose output a person or a supervisor reads.
    static void toStandardError(LogSettings settings) {
        to(new ConsoleHandler(), settings);
    }

    /// For a command behind a display of its own. The file is closed at the end of the process.
    static void toFile(Path file, LogSettings settings) throws IOException {
        // A percent sign would begin a placeholder. Another process may append to the same file.
        to(new FileHandler(file.toString().replace("%", "%%"), true), settings);
    }

    /// For a command that logs nothing.
    static void toNowhere() {
        LogManager.getLogManager().reset();
        LEVELED.clear();
    }

    private static void to(Handler handler, LogSettings settings) {
        toNowhere();
        set(TOLD_OTHERWISE);
        settings.levels().all().forEach(Logs::set); // may speak of the silenced library, too
        handler.setFormatter(settings.formatter());
        handler.setLevel(Level.ALL);
        Logger.getLogger("").addHandler(handler);
    }

    private static void set(LogLevels.Named named) {
        var logger = Logger.getLogger(named.name());
        logger.setLevel(named.level());
        LEVELED.add(logger);
    }
}
