package dev.keepsake.engine;

import dev.keepsake.core.Clock;
import java.time.Instant;

/// The machine's own time, for tests with real processes.
final class MachineClock implements Clock {
    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public Instant now() {
        return Instant.now();
    }
}
