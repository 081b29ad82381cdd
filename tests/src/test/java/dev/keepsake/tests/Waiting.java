package dev.keepsake.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits for what comes by itself, with a bound.
final class Waiting {
    private static final long WITHIN_NS = TimeUnit.SECONDS.toNanos(60);

    private Waiting() {}

    static void await(String what, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + WITHIN_NS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as("waited a minute until %s", what)
                    .isLessThan(deadlineNs);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /// Waits until an assertion holds, and tells how it fails if it never does.
    static void awaitPassed(Runnable assertion) {
        long deadlineNs = System.nanoTime() + WITHIN_NS;
        while (true) {
            try {
                assertion.run();
                return;
            } catch (AssertionError failure) {
                if (System.nanoTime() - deadlineNs >= 0) {
                    throw failure;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }
}
