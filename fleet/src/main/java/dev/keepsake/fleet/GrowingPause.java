package dev.keepsake.fleet;

/// How long to wait before something that has failed is tried again: twice as long each time, up to
/// a bound. One thread.
final class GrowingPause {
    private static final int DOUBLINGS_MAX = 30;

    private final long leastMs;
    private final long mostMs;
    private int failures;

    GrowingPause(long leastMs, long mostMs) {
        this.leastMs = leastMs;
        this.mostMs = mostMs;
    }

    /// It has failed again.
    long nextMs() {
        long pauseMs = Math.min(mostMs, leastMs << Math.min(failures, DOUBLINGS_MAX));
        failures++;
        return pauseMs;
    }

    /// It has succeeded.
    void forget() {
        failures = 0;
    }
}
