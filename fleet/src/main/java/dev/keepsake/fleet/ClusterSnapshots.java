package dev.keepsake.fleet;

import dev.keepsake.buckets.FileCopy;
import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSnapshot;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.ShardSpec;
import dev.keepsake.control.SnapshotId;
import dev.keepsake.control.SnapshotShard;
import dev.keepsake.core.Clock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out the API's requests for snapshots of whole clusters: takes, copies and deletes them,
/// each when its cluster and the machine allow. Owned by the fleet's thread. The work is done on
/// one virtual thread for each snapshot.
final class ClusterSnapshots implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterSnapshots.class);

    private final ControlJournal control;
    private final Reports reports;
    private final RunningClusters running;
    private final SnapshotFiles files;
    private final OneAtATime turn;
    private final Clock clock;
    private final ThreadFactory threads;
    private final Executor fleet;
    private final Runnable onDone;
    private final Set<SnapshotId> underWay = new HashSet<>();
    private volatile boolean closed;

    /// @param turn the permit to take internal snapshots, of which a cluster's snapshot consists
    /// @param threads creates the virtual threads for the work
    /// @param fleet runs its tasks on the fleet's thread, and drops them once that has ended
    /// @param onDone called on the fleet's thread after a snapshot has ended, for actions that
    ///   waited for it
    ClusterSnapshots(
            ControlJournal control,
            Reports reports,
            RunningClusters running,
            SnapshotFiles files,
            OneAtATime turn,
            Clock clock,
            ThreadFactory threads,
            Executor fleet,
            Runnable onDone) {
        this.control = control;
        this.reports = reports;
        this.running = running;
        this.files = files;
        this.turn = turn;
        this.clock = clock;
        this.threads = threads;
        this.fleet = fleet;
        this.onDone = onDone;
    }

    /// Requests the snapshots that are due by the schedules of clusters.
    void askForDue(RandomGenerator random) {
        control.decide(plane -> plane.snapshots().due(clock.now(), random));
    }

    /// Continues every requested snapshot that can be continued now.
    void advance() {
        for (var snapshot : control.read(ControlState::allSnapshots)) {
            if (!underWay.contains(snapshot.id())) {
                advance(snapshot);
            }
        }
    }

    private void advance(ClusterSnapshot snapshot) {
        switch (snapshot.status()) {
            case CREATING -> {
                if (!snapshot.hasFiles()) { // with files, it only waits for the pace
                    create(snapshot);
                }
            }
            case COPYING -> {
                if (!snapshot.hasFiles()) {
                    begin(snapshot, () -> copy(snapshot));
                }
            }
            case DELETING -> begin(snapshot, () -> delete(snapshot.id()));
            case AVAILABLE, FAILED -> {}
        }
    }

    private void create(ClusterSnapshot snapshot) {
        var runtime = running.get(snapshot.cluster().id());
        if (runtime == null) {
            failWithoutCluster(snapshot);
        } else if (runtime.view().isServing() && turn.tryTake()) {
            begin(snapshot, () -> take(snapshot, runtime));
        }
    }

    private void failWithoutCluster(ClusterSnapshot snapshot) {
        var cluster = snapshot.cluster().id();
        if (control.read(state -> state.cluster(cluster)).isEmpty()) {
            control.decide(plane -> plane.snapshots().failed(snapshot.id(), clock.now()));
        }
    }

    /// Whether a snapshot of a cluster is being taken.
    boolean isTaking(ClusterId cluster) {
        return control.read(ControlState::allSnapshots).stream()
                .anyMatch(snapshot ->
                        snapshot.cluster().id().equals(cluster)
                                && snapshot.copyOf() == null
                                && snapshot.status() == ClusterSnapshot.Status.CREATING
                                && underWay.contains(snapshot.id()));
    }

    private void begin(ClusterSnapshot snapshot, Runnable work) {
        underWay.add(snapshot.id());
        threads.newThread(
                        () -> {
                            work.run();
                            fleet.execute(() -> ended(snapshot));
                        })
                .start();
    }

    private void ended(ClusterSnapshot snapshot) {
        underWay.remove(snapshot.id());
        if (snapshot.status() == ClusterSnapshot.Status.CREATING) {
            turn.giveBack();
        }
        if (snapshot.status() != ClusterSnapshot.Status.DELETING) {
            onDone.run(); // a failed deletion is tried again in the next round
        }
    }

    // ---- on virtual threads

    /// Takes a cluster's snapshot: an internal snapshot of every shard, each of them verified.
    private void take(ClusterSnapshot snapshot, ClusterRuntime runtime) {
        try {
            var unfinished = files.unfinished(snapshot.id());
            var taken = new ArrayList<SnapshotShard>();
            for (var shard : runtime.shards()) {
                shard.takeSnapshot();
                var file = shard.snapshots().store().newest().orElseThrow().file();
                long bytes = FileCopy.forced(file, unfinished.resolve(shard.name() + ".rdb"));
                var spec = specOf(shard.name(), snapshot);
                taken.add(
                        new SnapshotShard(
                                shard.name(),
                                spec.slots(),
                                spec.nodes().size() - 1,
                                bytes,
                                clock.now()));
            }
            files.finish(snapshot.id());
            report((plane, now) -> plane.snapshots().taken(snapshot.id(), taken, now));
        } catch (IOException | RuntimeException e) {
            failed(snapshot, e);
        }
    }

    private static ShardSpec specOf(String shard, ClusterSnapshot snapshot) {
        return snapshot.cluster().shards().stream()
                .filter(candidate -> candidate.name().equals(shard))
                .findFirst()
                .orElseThrow();
    }

    private void copy(ClusterSnapshot copy) {
        try {
            var from =
                    control.read(ControlState::allSnapshots).stream()
                            .filter(source -> source.id().equals(copy.copyOf()))
                            .findFirst()
                            .orElseThrow(() ->
                                    new IOException(
                                            "the snapshot to copy does not exist any more"));
            var shards = files.copy(from, copy.id());
            if (copy.bucket() != null) {
                files.export(copy.id(), shards, copy.bucket());
            }
            report((plane, now) -> plane.snapshots().taken(copy.id(), shards, now));
        } catch (IOException | RuntimeException e) {
            failed(copy, e);
        }
    }

    private void failed(ClusterSnapshot snapshot, Exception e) {
        if (closed) {
            return; // the next server takes it
        }
        LOG.error("snapshot={} failed", snapshot.id().name(), e);
        report((plane, now) -> plane.snapshots().failed(snapshot.id(), now));
    }

    private void delete(SnapshotId id) {
        try {
            files.delete(id);
            report((plane, now) -> plane.snapshots().removed(id, now));
        } catch (IOException e) {
            LOG.error("snapshot={} cannot be deleted", id.name(), e);
        }
    }

    private void report(Reports.Event event) {
        fleet.execute(() -> reports.report(event));
    }

    /// Stops. Snapshots that fail from now on are not reported as failed: the next server takes
    /// them.
    @Override
    public void close() {
        closed = true;
    }
}
