package dev.keepsake.api;

import dev.keepsake.core.Clock;
import java.time.Duration;
import java.time.Instant;

/// A clock that stands still unless it is told to move.
final class FakeClock implements Clock {
    private volatile Instant now = Instant.parse("2021-08-17T20:04:03.961Z");

    @Override
    public long nowNs() {
        return 0;
    }

    @Override
    public Instant now() {
        return now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }
}
