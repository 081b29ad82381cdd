package dev.keepsake.drill;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// What a drill does to the shard again and again.
public enum DrillFault {
    /// Calls FailoverShard, as AWS offers it.
    FAILOVER,
    /// Ends the primary's engine with SIGKILL, behind the server's back.
    ENGINE,
    /// Ends the whole server with SIGKILL and starts it again.
    SERVER,
    /// Any of the others, by chance.
    RANDOM;

    /// What `--kill` takes: all but what happens without it.
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

    /// As `--kill` takes it.
    public String option() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Whether FailoverShard is among what it does.
    public boolean callsFailoverShard() {
        return this == FAILOVER || this == RANDOM;
    }
}
