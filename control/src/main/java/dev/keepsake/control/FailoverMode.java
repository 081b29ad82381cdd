package dev.keepsake.control;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How FailoverShard makes a primary fail. Clients react differently to each, so a drill needs all
/// of them.
public enum FailoverMode {
    /// The engine is killed and every socket is reset, as when a process or machine ends. This is
    /// what AWS does.
    CRASH,
    /// Sockets stay open, new ones are accepted, and no command is answered, as when a machine or
    /// network hangs. Replicas notice when the lease runs out.
    SILENT,
    /// The primary answers all commands that it has accepted, hands over, and redirects its
    /// clients: a planned change.
    HANDOVER;

    /// The name in tags and options.
    public String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The mode with that name.
    ///
    /// @throws IllegalArgumentException when no mode has it; the message lists all modes
    public static FailoverMode of(String option) {
        for (var mode : values()) {
            if (mode.option().equals(option)) {
                return mode;
            }
        }
        throw new IllegalArgumentException(
                "failover mode is %s; expected one of %s"
                        .formatted(
                                option,
                                Arrays.stream(values())
                                        .map(FailoverMode::option)
                                        .collect(Collectors.joining(", "))));
    }
}
