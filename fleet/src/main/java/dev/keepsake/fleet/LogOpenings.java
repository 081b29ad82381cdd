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

/// Opens the logs of clusters before they start, and reads in them who wrote them. Logs may be kept
/// on other machines, which are slow at times, or away; so each cluster has a thread for that, and
/// no other waits for it. Owned by the fleet's thread.
///
/// There is one try for a cluster at a time, and none before its logs are closed that were open:
/// [LogClosings]. What does not answer is said to be wrong with the cluster after a while, and is
/// waited for all the same: only when it has ended can the same log be opened once more. Logs bound
/// each of their steps themselves.
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
    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    /// @param saidAfter when it is said that logs are not open yet
    /// @param onChange called on the fleet's thread when there is something to [#take] for a
    ///   cluster, or to say; it has to look at that one alone, or each try that fails would begin
    ///   one for another
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

    /// The logs of a cluster, which are the caller's to close from now on.
    ///
    /// @return empty while they are being opened, which begins with the first call that finds
    ///   nothing of them open
    /// @throws IOException when they cannot be opened, which the next call tries again; or when
    ///   they should have been open long since
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
                    "the log in %s does not answer: it has not been opened and read within %d s, and is waited for"
                            .formatted(opening.place, saidAfter.toSeconds()));
        }
        return Optional.empty();
    }

    /// Has closed what is opened for a cluster that is not to start.
    ///
    /// @return whether nothing of it is being opened; if not, the end will be reported. It may
    ///   still be closed: [LogClosings]
    boolean giveUp(ClusterId id) {
        var opening = openings.get(id);
        if (opening == null) {
            return true;
        }
        opening.giveUp();
        return opening.hasEnded && openings.remove(id, opening);
    }

    /// Has closed what nobody has taken, now or as soon as it is open.
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
        if (openings.remove(id, opening)) { // it is not to start any more
            opening.giveUp();
        }
    }

    /// One try to open the logs of a cluster.
    private final class Opening {
        private final ClusterState cluster;
        private final CompletableFuture<ClusterLogs> logs = new CompletableFuture<>();
        private volatile String place; // of the log that is being opened, or will be first
        private volatile boolean isGivenUp;

        // Of the fleet's thread.
        private @Nullable Future<?> lateness; // which finds out whether it is late
        private boolean isLate;
        private boolean hasEnded;

        Opening(ClusterState cluster) {
            this.cluster = cluster;
            var first = cluster.spec().shards().getFirst();
            this.place = factory.placeOf(directories.logOf(cluster.spec().id(), first));
        }

        /// What has ended is not kept for as long as it could have taken.
        private void cannotBeLate() {
            if (lateness != null) {
                lateness.cancel(false);
            }
        }

        /// On a thread of its own.
        private void open() {
            var opened = new ClusterLogs();
            try {
                openInto(opened);
                logs.complete(opened);
            } catch (IOException | RuntimeException e) {
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

        /// Once it has ended.
        private ClusterLogs logs() throws IOException {
            expectWanted();
            try {
                return logs.join();
            } catch (CompletionException e) {
                var cause = e.getCause();
                throw cause instanceof IOException io ? io : new IOException(cause);
            }
        }

        /// Has the logs closed as soon as they are open.
        private void giveUp() {
            if (!isGivenUp) {
                isGivenUp = true;
                closings.close(cluster.spec().id(), this::closeOnceOpen);
            }
        }

        /// Blocks until then.
        private void closeOnceOpen() {
            try {
                logs.join().close();
            } catch (CompletionException e) {
                LOG.debug("the log in {} was not opened", place, e);
            }
        }
    }
}
