package dev.keepsake.drill;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// The fault that a drill causes repeatedly.
public enum DrillFault {
    /// Calls FailoverShard of the AWS API.
    FAILOVER,
    /// Kills the primary's engine with SIGKILL, without telling the server.
    ENGINE,
    /// Kills the whole server with SIGKILL and starts it again.
    SERVER,
    /// Causes any of the other faults, at random.
    RANDOM;

    /// The fault with this name in `--kill`, which takes all but the default.
    public static DrillFault ofKill(String option) {
        for (var fault : values()) {
            if (fault != FAILOVER && fault.option().equals(option)) {
                return fault;
            }
        }
        throw new IllegalArgumentException(
                "'%s' cannot be killed; give one of %s"
                        .formatted(
                                option,
                                Arrays.stream(values())
                                        .filter(fault -> fault != FAILOVER)
                                        .map(DrillFault::option)
                                        .collect(Collectors.joining(", "))));
    }

    /// The name in `--kill`.
    public String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Whether it can call FailoverShard.
    public boolean callsFailoverShard() {
        return this == FAILOVER || this == RANDOM;
    }
}
