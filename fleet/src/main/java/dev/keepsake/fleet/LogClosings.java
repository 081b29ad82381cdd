package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Closes the logs of clusters that end, and deletes what is kept of clusters that are deleted. As
/// with [LogOpenings], logs may be kept on other machines, so none of that is done on the fleet's
/// thread. Owned by that thread.
///
/// What is to be done for one cluster is done in the order in which it was asked for: a log is
/// deleted behind its closing, and opened again only when nothing is left to be done. Clusters do
/// not wait for one another. What does not end is said to be wrong with the cluster after a while,
/// and is waited for all the same. Logs bound each of their steps themselves.
final class LogClosings {
    private static final Logger LOG = LoggerFactory.getLogger(LogClosings.class);
    private static final Duration CLOSE_WITHIN = Duration.ofMillis(2_500);

    /// Deletes what is kept of a cluster. Blocks.
    interface Deletion {
        void run() throws IOException;
    }

    private final Executor beside;
    private final ScheduledExecutorService fleet;
    private final Duration saidAfter;
    private final Consumer<ClusterId> onChange;
    private final Map<ClusterId, Work> works = new HashMap<>();
    private final Map<ClusterId, Optional<IOException>> deletions = new HashMap<>(); // ended ones

    /// @param threads makes the virtual threads on which logs are closed
    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    /// @param saidAfter when it is said that something has not ended yet
    /// @param onChange called on the fleet's thread when somebody has waited for what was to be
    ///   done for a cluster, and it has ended, or something is to be said
    LogClosings(
            ThreadFactory threads,
            ScheduledExecutorService fleet,
            Duration saidAfter,
            Consumer<ClusterId> onChange) {
        this.beside = task -> threads.newThread(task).start();
        this.fleet = fleet;
        this.saidAfter = saidAfter;
        this.onChange = onChange;
    }

    /// Has a log, or several, of a cluster closed.
    ///
    /// @param closing may block
    void close(ClusterId id, Runnable closing) {
        workFor(id).append(id, () -> closeQuietly(id, closing));
    }

    /// Whether nothing is left to be done for a cluster, so that its logs can be opened. If not,
    /// the end will be reported.
    ///
    /// @throws IOException when it should have ended long since
    boolean isOver(ClusterId id) throws IOException {
        var work = works.get(id);
        if (work == null) {
            return true;
        }
        work.isAwaited = true;
        if (work.isLate) {
            throw new IOException(
                    "the logs of cluster %s do not answer: they have not been closed, or deleted, within %d s, and are waited for"
                            .formatted(id.name(), saidAfter.toSeconds()));
        }
        return false;
    }

    /// Has a cluster deleted behind everything else that is to be done for it.
    ///
    /// @return whether it has been; if not, it is being deleted since the first call, and the end
    ///   will be reported
    /// @throws IOException when not all could be deleted, which the next call tries again; or when
    ///   that should have ended long since
    boolean delete(ClusterId id, Deletion deletion) throws IOException {
        var ended = deletions.remove(id);
        if (ended != null) {
            if (ended.isPresent()) {
                throw ended.get();
            }
            return true;
        }
        var work = workFor(id);
        if (work.deleted == null) {
            work.delete(id, deletion);
        }
        return isOver(id);
    }

    /// Waits until nothing is left to be done. Bounded in time; what takes longer continues.
    void awaitEnd() {
        var ends = works.values().stream().map(work -> work.last);
        try {
            CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new))
                    .get(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("logs are still being closed reason={}", e.toString());
        }
    }

    private Work workFor(ClusterId id) {
        var before = works.get(id);
        if (before != null) {
            return before;
        }
        var work = new Work();
        works.put(id, work);
        work.lateness =
                fleet.schedule(() -> late(id, work), saidAfter.toMillis(), TimeUnit.MILLISECONDS);
        return work;
    }

    private void late(ClusterId id, Work work) {
        if (works.get(id) != work) {
            return;
        }
        LOG.warn(
                "cluster={} its logs are not closed yet after_s={}",
                id.name(),
                saidAfter.toSeconds());
        work.isLate = true;
        if (work.isAwaited) {
            onChange.accept(id);
        }
    }

    private void ended(ClusterId id, Work work, int step) {
        if (work.steps != step || !works.remove(id, work)) {
            return; // there is more to do
        }
        if (work.lateness != null) {
            work.lateness.cancel(false); // or it would be kept for as long as it could have taken
        }
        if (!work.isAwaited) {
            return;
        }
        if (work.deleted != null) {
            deletions.put(id, work.outcome());
        }
        onChange.accept(id);
        deletions.remove(id); // nobody has asked
    }

    /// What is to be done for one cluster, one thing behind the other.
    private final class Work {
        private CompletableFuture<?> last = CompletableFuture.allOf();
        private int steps;
        private @Nullable CompletableFuture<?> deleted;
        private @Nullable Future<?> lateness; // which finds out whether it is late
        private boolean isLate;
        private boolean isAwaited;

        private void delete(ClusterId id, Deletion deletion) {
            deleted =
                    append(
                            id,
                            () -> {
                                try {
                                    deletion.run();
                                } catch (IOException e) {
                                    throw new CompletionException(e);
                                }
                            });
        }

        /// What comes behind a step is done in any case.
        private CompletableFuture<?> append(ClusterId id, Runnable step) {
            int number = ++steps;
            var done =
                    last.handleAsync(
                            (_, _) -> {
                                step.run();
                                return id;
                            },
                            beside);
            last =
                    done.handle((_, _) -> {
                        fleet.execute(() -> ended(id, this, number));
                        return id;
                    });
            return done;
        }

        /// Of the deletion, once it has ended.
        private Optional<IOException> outcome() {
            try {
                if (deleted != null) {
                    deleted.join();
                }
                return Optional.empty();
            } catch (CompletionException e) {
                return Optional.of(
                        e.getCause() instanceof IOException io ? io : new IOException(e));
            }
        }
    }

    private static void closeQuietly(ClusterId id, Runnable closing) {
        try {
            closing.run();
        } catch (RuntimeException e) {
            LOG.warn("cluster={} a log did not close in order", id.name(), e);
        }
    }
}
