package dev.keepsake.engine;

import java.util.Set;

/// What a program of ours finds in its environment: where to look for programs and libraries, the
/// time zone of its log lines, and a locale that is the same on every machine, for it decides how
/// `SORT … ALPHA` orders. Nothing else of the server's, such as credentials.
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
