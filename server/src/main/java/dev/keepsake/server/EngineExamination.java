package dev.keepsake.server;

import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.Engines;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Engines that are being examined, on a thread of its own. It ends by itself, soon when the
/// launcher of the examiner is closed.
final class EngineExamination {
    private final FutureTask<Engines> examined;

    private EngineExamination(FutureTask<Engines> examined) {
        this.examined = examined;
    }

    static EngineExamination begin(Engines found, EngineExaminer examiner) {
        var task = new FutureTask<>(() -> found.examinedBy(examiner));
        Thread.ofVirtual().name("examine-engines").start(task);
        return new EngineExamination(task);
    }

    /// Waits for its end.
    ///
    /// @return the engines, with what is known of them
    Engines await() throws InterruptedIOException {
        try {
            return examined.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while engines were examined");
        } catch (ExecutionException e) {
            throw new IllegalStateException("engines cannot be examined", e.getCause());
        }
    }
}
