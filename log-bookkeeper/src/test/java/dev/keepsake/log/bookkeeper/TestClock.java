package dev.keepsake.log.bookkeeper;

import dev.keepsake.core.Clock;
import java.time.Instant;

/// The machine's clocks, for logs on real bookies.
final class TestClock implements Clock {
    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public Instant now() {
        return Instant.now();
    }
}
