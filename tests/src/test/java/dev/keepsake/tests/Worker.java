package dev.keepsake.tests;

import java.util.concurrent.atomic.AtomicInteger;

/// One client of a load: what it sends, and what must be there in the end because it was told so.
/// Owned by the thread that lets it work, and once that has ended by the one that checks.
abstract class Worker {
    private final AtomicInteger acknowledged = new AtomicInteger();

    /// Sends one command, or some that belong together, and notes what became of them.
    abstract void work(ShardClient client);

    /// Compares everything there is with everything that was told.
    abstract void check(Reader reader);

    /// How much has been acknowledged. Any thread.
    final int acknowledged() {
        return acknowledged.get();
    }

    /// How many commands, or groups of them, had no reply.
    abstract int unknown();

    final void noteAcknowledged() {
        acknowledged.incrementAndGet();
        Movement.noted();
    }
}
