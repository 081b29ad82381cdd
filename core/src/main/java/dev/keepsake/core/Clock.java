package dev.keepsake.core;

import java.time.Instant;

/// The source of time, passed to every class that needs time. Only the composition root creates the
/// one that reads the machine's clocks. Callable from any thread.
public interface Clock {
    /// Monotonic time in nanoseconds from an arbitrary origin. Leases and waits are measured with
    /// it.
    long nowNs();

    /// The time on the wall, for people: events, creation times. Never used to decide leadership.
    Instant now();
}
