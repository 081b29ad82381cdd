package dev.keepsake.server;

import dev.keepsake.core.Clock;
import java.time.Instant;

/// The machine's own clocks.
public final class MachineClock implements Clock {
    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public Instant now() {
        return Instant.now();
    }
}
