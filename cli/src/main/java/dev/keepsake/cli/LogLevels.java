package dev.keepsake.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Level;

/// Which records are logged: the least level of Keepsake's own, and of loggers whose names begin in
/// a certain way. Of libraries, warnings and errors are logged.
///
/// @param own the least level of Keepsake's records
/// @param exceptions other levels, by the beginning of a logger's name
record LogLevels(Level own, List<Named> exceptions) {
    static final LogLevels STANDARD = new LogLevels(Level.INFO, List.of());

    private static final String OWN_PACKAGE = "dev.keepsake";
    private static final Map<String, Level> LEVELS =
            Map.of(
                    "off", Level.OFF,
                    "error", Level.SEVERE,
                    "warn", Level.WARNING,
                    "info", Level.INFO,
                    "debug", Level.FINE,
                    "trace", Level.FINEST);

    /// The least level of the loggers whose names begin so.
    record Named(String name, Level level) {}

    LogLevels {
        exceptions = List.copyOf(exceptions);
    }

    /// Parses a text such as `warn,fleet=debug,io.netty=info`.
    ///
    /// @throws UsageException when it has another form; the message names the option
    static LogLevels parse(String text) throws UsageException {
        var own = STANDARD.own();
        var exceptions = new ArrayList<Named>();
        for (var part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            if (equals < 0) {
                own = level(text, part.strip());
            } else {
                var name = part.substring(0, equals).strip();
                exceptions.add(
                        new Named(fullName(text, name), level(text, part.substring(equals + 1))));
            }
        }
        return new LogLevels(own, exceptions);
    }

    private static Level level(String text, String name) throws UsageException {
        var level = LEVELS.get(name.strip().toLowerCase(Locale.ROOT));
        if (level == null) {
            throw new UsageException(
                    "--log-level is %s, and '%s' is no level; give error, warn, info, debug, trace or off"
                            .formatted(text, name));
        }
        return level;
    }

    /// A name with a dot is the one of a logger or package, and one without is a package of
    /// Keepsake.
    private static String fullName(String text, String name) throws UsageException {
        if (name.contains(".")) {
            return name;
        }
        if (!name.matches("[a-z]+")
                || LogLevels.class.getResource("/dev/keepsake/" + name + "/package-info.class")
                        == null) {
            throw new UsageException(
                    "--log-level is %s, and Keepsake has no package '%s'; give one such as fleet, front or engine, or the full name of a library's package"
                            .formatted(text, name));
        }
        return OWN_PACKAGE + "." + name;
    }

    /// All levels, by the beginning of a logger's name, the empty one first. Later ones take
    /// precedence.
    List<Named> all() {
        var all = new ArrayList<Named>();
        boolean isLess = own.intValue() > Level.WARNING.intValue();
        all.add(new Named("", isLess ? own : Level.WARNING));
        all.add(new Named(OWN_PACKAGE, own));
        all.addAll(exceptions);
        return all;
    }
}
