package dev.keepsake.drill;

import java.time.Duration;

/// Waits for conditions by polling. A look costs time of the measured server. So the first look
/// comes after a pause, too, and pauses are longer than an outage.
final class Waiting {
    private static final Duration STEP = Duration.ofMillis(100);

    private Waiting() {}

    /// Polls until the condition holds or the limit has passed.
    ///
    /// @return whether it holds
    static boolean until(Duration limit, Condition condition)
            throws DrillException, InterruptedException {
        long startNs = System.nanoTime();
        do {
            Thread.sleep(STEP);
            if (condition.holds()) {
                return true;
            }
        } while (System.nanoTime() - startNs <= limit.toNanos());
        return false;
    }

    interface Condition {
        boolean holds() throws DrillException, InterruptedException;
    }
}
