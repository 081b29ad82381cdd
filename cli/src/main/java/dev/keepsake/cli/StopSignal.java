package dev.keepsake.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Turns SIGINT and SIGTERM into an interrupt of the thread that created this. The process does not
/// end before that thread has cleaned up and closed this, or the limit has passed.
///
/// The exit code is that of the signal: 130 after SIGINT, 143 after SIGTERM.
final class StopSignal implements AutoCloseable {
    private final Thread worker = Thread.currentThread();
    private final CountDownLatch cleanedUp = new CountDownLatch(1);
    private final Duration limit;
    private final Thread hook;

    private StopSignal(Duration limit) {
        this.limit = limit;
        this.hook = Thread.ofPlatform().name("stop-signal").unstarted(this::stop);
    }

    /// Begins to listen for signals, for the calling thread.
    static StopSignal listen(Duration limit) {
        var signal = new StopSignal(limit);
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    private void stop() {
        worker.interrupt();
        try {
            if (!cleanedUp.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                System.err.printf("keepsake: not stopped after %d s, leaving%n", limit.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        cleanedUp.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException stopping) {
            // The hook is running and sees that the clean-up is done.
        }
    }
}
