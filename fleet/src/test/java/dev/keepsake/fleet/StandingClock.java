package dev.keepsake.fleet;

import dev.keepsake.core.Clock;
import java.time.Instant;

/// A clock that stands still, for tests in which the time does not pass.
///
/// @param now the time on the wall
record StandingClock(Instant now) implements Clock {
    StandingClock() {
        this(Instant.EPOCH);
    }

    @Override
    public long nowNs() {
        return 0;
    }
}
