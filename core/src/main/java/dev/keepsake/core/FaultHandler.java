package dev.keepsake.core;

import org.jspecify.annotations.Nullable;

/// Where a broken invariant goes: something that cannot happen has happened, and guessing on would
/// endanger acknowledged writes. Callable from any thread; returns normally, so that the caller can
/// still unwind.
public interface FaultHandler {
    /// Reports the fault. The owner of the failed part stops it; nothing retries.
    ///
    /// @param what what was found and what was expected, naming the file, shard or node
    /// @param cause what led to it, if an exception did
    void fatal(String what, @Nullable Throwable cause);
}
