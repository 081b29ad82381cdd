package dev.keepsake.fleet;

import dev.keepsake.buckets.FillSource;
import dev.keepsake.buckets.Filling;
import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.Restore;
import dev.keepsake.control.ShardSpec;
import dev.keepsake.core.SlotRange;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.shard.SnapshotStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fills new clusters with the data that they start from, before their nodes start. Owned by the
/// fleet's thread. The work is done on one thread for each cluster.
///
/// A shard that an earlier process has filled is not filled again. A filling that fails or is
/// abandoned leaves no file behind.
final class Fillings {
    /// Receives the outcomes, on the fleet's thread.
    interface Listener {
        void onFilled(ClusterId id);

        /// The cluster could not be filled, or its filling was abandoned.
        void onNotFilled(ClusterId id, String reason);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Fillings.class);

    private final SnapshotFiles snapshotFiles;
    private final Filler filler;
    private final EngineLauncher launcher;
    private final ThreadFactory threads;
    private final ClusterDirectories directories;
    private final EngineSpecs specs;
    private final ClusterEngines engines;
    private final FleetTuning tuning;
    private final Executor fleet;
    private final Listener listener;
    private final Map<ClusterId, Filling> underWay = new HashMap<>();
    private final Set<ClusterId> done = new HashSet<>();
    private volatile boolean closed;

    /// @param threads creates the virtual threads that fill clusters
    /// @param engines chooses the engine that makes the files of a cluster
    /// @param fleet runs its tasks on the fleet's thread, and drops them once that has ended
    Fillings(
            SnapshotFiles snapshotFiles,
            EngineLauncher launcher,
            ThreadFactory threads,
            ClusterDirectories directories,
            EngineSpecs specs,
            ClusterEngines engines,
            FleetTuning tuning,
            Executor fleet,
            Listener listener) {
        this.snapshotFiles = snapshotFiles;
        this.filler = new Filler(launcher);
        this.launcher = launcher;
        this.threads = threads;
        this.directories = directories;
        this.specs = specs;
        this.engines = engines;
        this.tuning = tuning;
        this.fleet = fleet;
        this.listener = listener;
    }

    /// Whether a cluster may start. Starts its filling if it is to be filled first.
    boolean isFilled(ClusterSpec spec) {
        var id = spec.id();
        var restore = spec.restore();
        if (restore == null || done.contains(id)) {
            return true;
        }
        if (!underWay.containsKey(id)) {
            var filling = new Filling(tuning.capacityBytes(spec), Filling.REAL);
            underWay.put(id, filling);
            threads.newThread(() -> fill(spec, restore, filling)).start();
        }
        return false;
    }

    /// Abandons the filling of a cluster, if there is one.
    ///
    /// @return whether the filling has ended; if not, its end will be reported
    boolean abandon(ClusterId id) {
        var filling = underWay.get(id);
        if (filling == null) {
            return true;
        }
        filling.stop(); // first, so that no engine is launched after the others have ended
        launcher.killBelow(directories.of(id));
        return false;
    }

    /// Forgets a cluster of which nothing is left.
    void forget(ClusterId id) {
        done.remove(id);
    }

    /// Stops. The next server starts the unfinished fillings again.
    void close() {
        closed = true;
        underWay.values().forEach(Filling::stop);
    }

    private void fill(ClusterSpec spec, Restore restore, Filling filling) {
        var id = spec.id();
        var directory = directories.of(id);
        var downloads = directory.resolve("downloads");
        try {
            SnapshotFiles.Trees.delete(downloads); // from an earlier process
            var sources =
                    filling.waitingFor(() -> snapshotFiles.sourcesOf(restore, downloads, filling));
            for (var shard : spec.shards()) {
                fill(spec, shard, directory, sources, filling);
            }
            SnapshotFiles.Trees.delete(downloads);
            fleet.execute(() -> {
                underWay.remove(id);
                done.add(id);
                listener.onFilled(id);
            });
        } catch (IOException | RuntimeException e) {
            if (!closed) { // otherwise the next server fills it
                notFilled(id, directory, e);
            }
        }
    }

    private void fill(
            ClusterSpec spec,
            ShardSpec shard,
            Path directory,
            List<FillSource> sources,
            Filling filling)
            throws IOException {
        var snapshots = SnapshotStore.open(directories.snapshotsOf(spec.id(), shard));
        if (snapshots.newest().isPresent()) {
            return;
        }
        var result = directory.resolve(shard.name() + "-fill.rdb");
        var engine = engines.asked(spec);
        filler.fill(
                specs.ofFilling(spec, shard, engine.binary()),
                engine.stamp(),
                sources,
                SlotRange.parse(shard.slots()),
                result,
                filling);
        snapshots.begin(result);
    }

    private void notFilled(ClusterId id, Path directory, Exception failure) {
        String reason = String.valueOf(failure.getMessage());
        if (failure instanceof Filling.StoppedException) {
            LOG.info("cluster={} filling was abandoned", id.name());
        } else {
            LOG.warn("cluster={} cannot be filled reason={}", id.name(), reason, failure);
        }
        try {
            SnapshotFiles.Trees.delete(directory);
        } catch (IOException e) {
            LOG.warn(
                    "cluster={} files of its failed filling remain until it is deleted reason={}",
                    id.name(),
                    e.toString());
        }
        fleet.execute(() -> {
            underWay.remove(id);
            listener.onNotFilled(id, reason);
        });
    }
}
