package dev.keepsake.tests;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits for what comes by itself, however slow the machine is: a wait is given up when nothing has
/// moved for long (see [Movement]), or after so long that something moves in a circle.
final class Waiting {
    private static final long STILL_NS = TimeUnit.SECONDS.toNanos(90);
    private static final long MOST_NS = TimeUnit.MINUTES.toNanos(5);
    private static final long PAUSE_MS = 5;

    /// What a client may wait for a single reply, a process for its end: longer than any wait is
    /// without movement, so that this tells what was waited for.
    static final int REPLY_WITHIN_MS = 120_000;

    private Waiting() {}

    static void await(String what, BooleanSupplier condition) {
        var patience = new Patience();
        while (!condition.getAsBoolean()) {
            if (patience.isOver()) {
                throw new AssertionError("waited in vain until %s: %s".formatted(what, patience));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MS));
        }
    }

    /// Waits until an assertion holds, and tells how it fails if it never does.
    static void awaitPassed(Runnable assertion) {
        var patience = new Patience();
        while (true) {
            try {
                assertion.run();
                return;
            } catch (AssertionError failure) {
                if (patience.isOver()) {
                    throw failure;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MS));
        }
    }

    /// Waits for what something comes to.
    static <T> T resultOf(String what, Future<T> future)
            throws ExecutionException, InterruptedException {
        var patience = new Patience();
        while (true) {
            try {
                return future.get(PAUSE_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (patience.isOver()) {
                    throw new AssertionError("waited in vain for %s: %s".formatted(what, patience));
                }
            }
        }
    }

    /// Lets all work at once, and waits for each.
    static <T> List<T> resultsOf(
            String what, ExecutorService threads, Collection<? extends Callable<T>> work)
            throws ExecutionException, InterruptedException {
        var begun = new ArrayList<Future<T>>();
        for (var each : work) {
            begun.add(threads.submit(each));
        }
        var results = new ArrayList<T>();
        try {
            for (var each : begun) {
                results.add(resultOf(what, each));
            }
        } finally {
            begun.forEach(each -> each.cancel(true)); // those that are left, after a failure
        }
        return results;
    }

    /// How long a single wait goes on. Owned by the thread that waits.
    static final class Patience {
        private final long sinceNs = System.nanoTime();
        private long movedNs = sinceNs;
        private long moved = Movement.count();

        /// Whether it is no use to wait any longer.
        boolean isOver() {
            long nowNs = System.nanoTime();
            long count = Movement.count();
            if (count != moved) {
                moved = count;
                movedNs = nowNs;
            }
            return nowNs - movedNs > STILL_NS || nowNs - sinceNs > MOST_NS;
        }

        @Override
        public String toString() {
            return "%d s, the last %d of which nothing has moved"
                    .formatted(secondsSince(sinceNs), secondsSince(movedNs));
        }

        private static long secondsSince(long thenNs) {
            return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - thenNs);
        }
    }
}
