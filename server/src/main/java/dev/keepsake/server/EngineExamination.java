package dev.keepsake.server;

import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.Engines;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// An examination of engines on its own thread. It ends by itself, and soon after the launcher of
/// the examiner has been closed.
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

    /// Waits for the end of the examination.
    ///
    /// @return the engines with their facts
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
