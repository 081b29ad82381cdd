package dev.keepsake.front;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads scripts that are too long to be read on an event loop, for all nodes of a process: one at
/// a time, in the order of their submission. So the process never has more than one copy. May be
/// called from any thread.
///
/// A node has no more than one script here (see [ScriptRules]), so the nodes take turns, however
/// many clients each of them has.
public final class ScriptReader {
    private static final Logger LOG = LoggerFactory.getLogger(ScriptReader.class);

    /// A script to read.
    interface Job {
        /// The event loop on which all methods but [#read] are called.
        EventLoop loop();

        /// Called when its turn has come.
        ///
        /// @return what to read, or null when the result is not wanted any more
        byte @Nullable [] copy();

        /// Reads it, on a thread of the reader.
        ///
        /// @return why it is refused, or null when it is not
        @Nullable String read(byte[] copy);

        /// It has been read.
        ///
        /// @param refusal the result of [#read]
        void onRead(@Nullable String refusal);
    }

    private final Executor executor;
    private final ArrayDeque<Job> waiting = new ArrayDeque<>();
    private boolean busy;

    /// @param executor runs one task at a time, on no event loop
    ScriptReader(Executor executor) {
        this.executor = executor;
    }

    /// Reads this script after all that were submitted before.
    void submit(Job job) {
        synchronized (this) {
            waiting.add(job);
            if (busy) {
                return;
            }
            busy = true;
        }
        goOn();
    }

    private void goOn() {
        for (var job = take(); job != null; job = take()) {
            var next = job;
            if (isHandedTo(job.loop(), () -> begin(next))) {
                return;
            }
        }
    }

    private synchronized @Nullable Job take() {
        var next = waiting.poll();
        busy = next != null;
        return next;
    }

    /// @return false when the loop has ended, so that the result is not wanted any more
    private static boolean isHandedTo(EventLoop loop, Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RuntimeException ended) {
            LOG.debug("an event loop has ended before a script was read", ended);
            return false;
        }
    }

    private void begin(Job job) {
        boolean begun = false;
        try {
            byte[] copy = job.copy();
            if (copy != null) {
                executor.execute(() -> read(job, copy));
                begun = true;
            }
        } catch (RuntimeException e) {
            fail(job, e);
        } finally {
            if (!begun) {
                goOn();
            }
        }
    }

    private void read(Job job, byte[] copy) {
        try {
            String refusal = job.read(copy);
            isHandedTo(job.loop(), () -> job.onRead(refusal));
        } catch (RuntimeException e) {
            isHandedTo(job.loop(), () -> fail(job, e));
        } finally {
            goOn();
        }
    }

    private static void fail(Job job, RuntimeException why) {
        LOG.error("a script is refused because it cannot be read", why);
        job.onRead("ERR script refused because it cannot be read");
    }
}
