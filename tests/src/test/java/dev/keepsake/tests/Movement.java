package dev.keepsake.tests;

import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Whether anything still happens: lines in the log of a server, which tells one for each change of
/// state, of this process or of one that it has started, and what clients have got done. Whoever
/// only asks again and again moves nothing. Any thread.
final class Movement {
    private static final AtomicLong COUNT = new AtomicLong();

    static {
        Logger.getLogger("").addHandler(new LinesOfThisProcess());
    }

    private Movement() {}

    /// Something has happened.
    static void noted() {
        COUNT.incrementAndGet();
    }

    /// How much has happened so far.
    static long count() {
        return COUNT.get();
    }

    private static final class LinesOfThisProcess extends Handler {
        @Override
        public void publish(LogRecord line) {
            noted();
        }

        @Override
        public void flush() {
            // nothing is buffered
        }

        @Override
        public void close() {
            // nothing is open
        }
    }
}
