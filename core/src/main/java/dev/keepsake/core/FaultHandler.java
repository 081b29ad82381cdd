package dev.keepsake.core;

import org.jspecify.annotations.Nullable;

/// Receives broken invariants: something has happened that cannot happen, and to continue by
/// guessing would endanger acknowledged writes. Callable from any thread. A call returns normally,
/// so that the caller can still unwind.
public interface FaultHandler {
    /// Reports the fault. The owner of the failed part stops that part; nothing is tried again.
    ///
    /// @param what what was found and what was expected, with the file, shard or node
    /// @param cause the exception that led to it, if there was one
    void fatal(String what, @Nullable Throwable cause);
}
