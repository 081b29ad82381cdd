package dev.keepsake.api;

import dev.keepsake.core.Clock;
import java.time.Duration;
import java.time.Instant;

/// A clock that stands still unless it is told to move.
final class FakeClock implements Clock {
    private static final Instant START = Instant.parse("2021-08-17T20:04:03.961Z");

    private volatile Instant now = START;

    @Override
    public long nowNs() {
        return Duration.between(START, now).toNanos();
    }

    @Override
    public Instant now() {
        return now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }
}
