package dev.keepsake.drill;

import java.util.Locale;

/// What a drill comes to, the worst first.
public enum DrillOutcome {
    /// The data is not what was acknowledged.
    LOST(1),
    /// A failover did not complete, so there is no verdict.
    INCOMPLETE(4),
    /// Nothing is lost, and an outage was longer than it may be.
    OVER_BUDGET(3),
    /// Every failover completed, and everything that was acknowledged is there, once and in order.
    PASSED(0);

    private final int exitCode;

    DrillOutcome(int exitCode) {
        this.exitCode = exitCode;
    }

    /// What the command ends with; for a drill that could not run at all it is that of
    /// [#INCOMPLETE].
    public int exitCode() {
        return exitCode;
    }

    /// The name in reports.
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
