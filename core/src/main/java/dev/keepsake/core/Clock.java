package dev.keepsake.core;

import java.time.Instant;

/// Time, as it is handed to everything that needs it. Only the composition root makes one that
/// reads the machine's clocks. Callable from any thread.
public interface Clock {
    /// Monotonic time in nanoseconds from an arbitrary origin. Leases and waits are measured with
    /// it.
    long nowNs();

    /// The time on the wall, for people: events, creation times. Never used to decide leadership.
    Instant now();
}
