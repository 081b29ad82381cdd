package dev.keepsake.control;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How FailoverShard lets a primary fail. Clients fail in different ways, so a drill needs them
/// all.
public enum FailoverMode {
    /// The engine is killed and every socket is reset: a process or machine that dies. What AWS
    /// does.
    CRASH,
    /// Sockets stay open, new ones are accepted, and nothing is ever answered: a machine or network
    /// that hangs. The others notice by the lease.
    SILENT,
    /// The primary answers what it has taken, hands over, and sends its clients elsewhere: a
    /// planned change.
    HANDOVER;

    /// The name in tags and options.
    public String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The mode with that name.
    ///
    /// @throws IllegalArgumentException when there is none; the message lists them
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
