package dev.keepsake.shard;

import dev.keepsake.engine.Engine;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Asks a primary's engine again and again whether it answers, as long as the node leads. An engine
/// that does not answer in time counts as failed, even if its process runs. Blocks the virtual
/// thread that runs it. Any thread may call [#end].
final class EngineWatch {
    private static final long EVERY_NS = TimeUnit.MILLISECONDS.toNanos(250);

    private final Engine engine;
    private final long timeoutNs;
    private final Consumer<IOException> onNoAnswer;
    private final Semaphore ending = new Semaphore(0);
    private volatile boolean ended;

    /// @param timeoutNs how long an answer may take, in nanoseconds
    /// @param onNoAnswer called on the thread that asks; the engine is not asked again
    EngineWatch(Engine engine, long timeoutNs, Consumer<IOException> onNoAnswer) {
        this.engine = engine;
        this.timeoutNs = timeoutNs;
        this.onNoAnswer = onNoAnswer;
    }

    void run() {
        try {
            while (!ended) {
                engine.commandWithin(timeoutNs, "PING");
                ending.tryAcquire(EVERY_NS, TimeUnit.NANOSECONDS);
            }
        } catch (IOException e) {
            onNoAnswer.accept(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void end() {
        ended = true;
        ending.release();
    }
}
