package dev.keepsake.engine;

import java.util.Set;

/// The environment of programs that Keepsake starts: the search paths of programs and libraries,
/// the time zone of log lines, and a locale that is the same on every machine, because it
/// determines the order of `SORT … ALPHA`. Nothing else of the server's environment is passed on,
/// such as credentials.
final class CleanEnvironment {
    private static final Set<String> KEPT =
            Set.of("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ");

    private CleanEnvironment() {}

    static ProcessBuilder of(ProcessBuilder command) {
        command.environment().keySet().retainAll(KEPT);
        command.environment().put("LC_ALL", "C");
        return command;
    }
}
