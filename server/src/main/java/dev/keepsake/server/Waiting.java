package dev.keepsake.server;

import java.time.Duration;

/// Waits for conditions that nobody announces.
final class Waiting {
    private static final Duration STEP = Duration.ofMillis(20);

    private Waiting() {}

    /// Asks again and again until the condition holds or the limit has passed.
    ///
    /// @return whether it holds
    static boolean until(Duration limit, Condition condition)
            throws DrillException, InterruptedException {
        long startNs = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - startNs > limit.toNanos()) {
                return false;
            }
            Thread.sleep(STEP);
        }
        return true;
    }

    interface Condition {
        boolean holds() throws DrillException, InterruptedException;
    }
}
