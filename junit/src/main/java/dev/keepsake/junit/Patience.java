package dev.keepsake.junit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for conditions, for a limited time each.
///
/// @param limit how long a condition may take
record Patience(Duration limit) {
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);

    /// Waits until a condition holds.
    ///
    /// @param what the condition, as "cluster test is available"
    /// @param found how it is instead, for the message
    void await(String what, BooleanSupplier condition, Supplier<String> found) {
        long beganNs = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - beganNs > limit.toNanos()) {
                throw new KeepsakeException(
                        "waited %d s in vain until %s; %s. Another limit is set by %s (or %s)."
                                .formatted(
                                        limit.toSeconds(),
                                        what,
                                        found.get(),
                                        Settings.TIMEOUT_S,
                                        Settings.variable(Settings.TIMEOUT_S)));
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new KeepsakeException("interrupted while waiting until " + what);
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
    }
}
