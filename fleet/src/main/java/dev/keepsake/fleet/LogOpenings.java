package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterState;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens the logs of clusters before they start, and reads in them which engines wrote them. Logs
/// may be kept on other machines that are slow or cannot be reached, so each cluster has a thread
/// for this, and no cluster waits for another. Owned by the fleet's thread.
///
/// There is one attempt for a cluster at a time, and none before the logs that were open before are
/// closed: [LogClosings]. An attempt that takes long is reported as a trouble of the cluster, but
/// the class still waits for it: the same log can be opened again only when the attempt has ended.
/// Logs bound each of their steps themselves.
final class LogOpenings {
    private static final Logger LOG = LoggerFactory.getLogger(LogOpenings.class);
    static final Duration SAID_AFTER = Duration.ofSeconds(10);

    private final LogFactory factory;
    private final ClusterDirectories directories;
    private final LogClosings closings;
    private final ThreadFactory threads;
    private final ScheduledExecutorService fleet;
    private final Duration saidAfter;
    private final Consumer<ClusterId> onChange;
    private final Map<ClusterId, Opening> openings = new HashMap<>();

    /// @param threads makes the virtual threads on which logs are opened
    /// @param fleet runs its tasks on the fleet's thread, or drops them once that has ended
    /// @param saidAfter after how long logs that are not open yet are reported
    /// @param onChange called on the fleet's thread when there is something to [#take] for a
    ///   cluster, or to report; it may look at that cluster only, because otherwise each failed
    ///   attempt would begin one for another cluster
    LogOpenings(
            LogFactory factory,
            ClusterDirectories directories,
            LogClosings closings,
            ThreadFactory threads,
            ScheduledExecutorService fleet,
            Duration saidAfter,
            Consumer<ClusterId> onChange) {
        this.factory = factory;
        this.directories = directories;
        this.closings = closings;
        this.threads = threads;
        this.fleet = fleet;
        this.saidAfter = saidAfter;
        this.onChange = onChange;
    }

    /// The logs of a cluster. The caller has to close them from now on.
    ///
    /// @return empty while they are being opened, which begins with the first call that finds none
    ///   of them open
    /// @throws IOException when they cannot be opened, which the next call tries again; or when
    ///   they are not open after the time for a report
    Optional<ClusterLogs> take(ClusterState cluster) throws IOException {
        var id = cluster.spec().id();
        var opening = openings.get(id);
        if (opening == null) {
            if (closings.isOver(id)) {
                begin(cluster);
            }
            return Optional.empty();
        }
        if (opening.hasEnded) {
            openings.remove(id);
            return Optional.of(opening.logs());
        }
        if (opening.isLate) {
            throw new IOException(
                    "the log in %s does not answer: it has not been opened and read within %d s; the server still waits for it"
                            .formatted(opening.place, saidAfter.toSeconds()));
        }
        return Optional.empty();
    }

    /// Closes what is opened for a cluster that is not to start.
    ///
    /// @return whether no log of it is being opened; if not, the end will be reported. Logs may
    ///   still be being closed: [LogClosings]
    boolean giveUp(ClusterId id) {
        var opening = openings.get(id);
        if (opening == null) {
            return true;
        }
        opening.giveUp();
        return opening.hasEnded && openings.remove(id, opening);
    }

    /// Closes the logs that no caller has taken, now or as soon as they are open.
    void close() {
        openings.values().forEach(Opening::giveUp);
        openings.clear();
    }

    private void begin(ClusterState cluster) {
        var id = cluster.spec().id();
        var opening = new Opening(cluster);
        openings.put(id, opening);
        threads.newThread(
                        () -> {
                            opening.open();
                            fleet.execute(() -> ended(id, opening));
                        })
                .start();
        opening.lateness =
                fleet.schedule(
                        () -> {
                            if (openings.get(id) == opening && !opening.hasEnded) {
                                opening.isLate = true;
                                onChange.accept(id);
                            }
                        },
                        saidAfter.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private void ended(ClusterId id, Opening opening) {
        opening.hasEnded = true;
        opening.cannotBeLate();
        if (openings.get(id) != opening) {
            return;
        }
        onChange.accept(id);
        if (openings.remove(id, opening)) { // no caller has taken it
            opening.giveUp();
        }
    }

    /// One attempt to open the logs of a cluster.
    private final class Opening {
        private final ClusterState cluster;
        private final CompletableFuture<ClusterLogs> logs = new CompletableFuture<>();
        private volatile String place; // of the log that is being opened, or will be opened first
        private volatile boolean isGivenUp;

        // Owned by the fleet's thread.
        private @Nullable Future<?> lateness; // notices when the attempt is late
        private boolean isLate;
        private boolean hasEnded;

        Opening(ClusterState cluster) {
            this.cluster = cluster;
            var first = cluster.spec().shards().getFirst();
            this.place = factory.placeOf(directories.logOf(cluster.spec().id(), first));
        }

        /// Cancels the timer of an attempt that has ended, so that it does not keep the attempt in
        /// memory.
        private void cannotBeLate() {
            if (lateness != null) {
                lateness.cancel(false);
            }
        }

        /// Runs on a thread of its own.
        private void open() {
            var opened = new ClusterLogs();
            try {
                openInto(opened);
                logs.complete(opened);
            } catch (IOException | RuntimeException | Error e) { // or nobody would try again
                opened.close();
                logs.completeExceptionally(e);
            }
        }

        private void openInto(ClusterLogs opened) throws IOException {
            var id = cluster.spec().id();
            boolean hasRun = cluster.enginePatchVersion() != null;
            for (var shard : cluster.spec().shards()) {
                expectWanted();
                var directory = directories.logOf(id, shard);
                place = factory.placeOf(directory);
                if (hasRun && factory.holdsNothing(directory)) {
                    throw new IOException(
                            "the log in %s is gone, though cluster %s was available before; restore the directory, or delete the cluster"
                                    .formatted(place, id.name()));
                }
                opened.add(shard.name(), factory.open(directory));
            }
        }

        private void expectWanted() throws IOException {
            if (isGivenUp) {
                throw new IOException("the logs are closed, because the cluster is not to start");
            }
        }

        /// To be called when the attempt has ended.
        private ClusterLogs logs() throws IOException {
            expectWanted();
            try {
                return logs.join();
            } catch (CompletionException e) {
                var cause = e.getCause();
                throw cause instanceof IOException io ? io : new IOException(cause);
            }
        }

        /// Closes the logs as soon as they are open.
        private void giveUp() {
            if (!isGivenUp) {
                isGivenUp = true;
                closings.close(cluster.spec().id(), this::closeOnceOpen);
            }
        }

        /// Blocks until the logs are open.
        private void closeOnceOpen() {
            try {
                logs.join().close();
            } catch (CompletionException e) {
                LOG.debug("the log in {} was not opened", place, e);
            }
        }
    }
}
