package dev.keepsake.control;

import java.util.concurrent.CompletableFuture;

/// Access to what runs, for people who look at it. No decision depends on it. Any thread.
public interface LiveService {
    /// Looks at everything that runs. Does not block.
    ///
    /// @return completes on any thread
    CompletableFuture<LiveState> look();
}
