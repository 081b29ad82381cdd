package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.InstalledEngines;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.shard.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Which of the installed engines clusters run on, and which engines are known to have written
/// their data: what snapshots and logs say, beside what is recorded. [EngineChoice] chooses. Owned
/// by the fleet's thread, but for [#asked] and [#nearest].
final class ClusterEngines implements InstalledEngines {
    private final Engines engines;
    private final ClusterDirectories directories;
    private final Map<ClusterId, Set<EngineStamp>> writers = new HashMap<>(); // found in logs

    ClusterEngines(Engines engines, ClusterDirectories directories) {
        this.engines = engines;
        this.directories = directories;
    }

    /// What a new cluster runs on. Any thread.
    StampedEngine asked(ClusterSpec spec) {
        return stamped(spec.engine(), spec.engineVersion());
    }

    @Override
    public Installed nearest(String engine, String version) {
        return stamped(engine, version).installed();
    }

    private StampedEngine stamped(String engine, String version) {
        var nearest = engines.nearest(engine, version);
        return StampedEngine.of(nearest, engines.factsOf(nearest));
    }

    /// What a cluster is to run on.
    EngineChoice choose(ClusterState cluster) throws IOException {
        var wrote = new ArrayList<>(writers.getOrDefault(cluster.spec().id(), Set.of()));
        wrote.addAll(writersOfSnapshots(cluster.spec()));
        return EngineChoice.of(cluster, wrote, engines);
    }

    /// The log of a cluster says that an engine wrote it.
    void note(ClusterId id, EngineStamp writer) {
        writers.computeIfAbsent(id, _ -> new HashSet<>()).add(writer);
    }

    /// Nothing of a cluster is left.
    void forget(ClusterId id) {
        writers.remove(id);
    }

    /// Says that no installed engine can go on with the data of a cluster, and what helps.
    String missing(EngineStamp needed) {
        return "The data were written by %s (RDB version %d), which none of the engines here can go on from (%s); %s."
                .formatted(
                        needed,
                        needed.rdbVersion(),
                        engines.all().stream()
                                .map(each -> each.name() + " " + each.version())
                                .distinct()
                                .collect(Collectors.joining(", ")),
                        NewerEngineException.wayOut(needed));
    }

    private List<EngineStamp> writersOfSnapshots(ClusterSpec spec) throws IOException {
        var found = new ArrayList<EngineStamp>();
        for (var shard : spec.shards()) {
            var directory = directories.snapshotsOf(spec.id(), shard);
            if (!Files.isDirectory(directory)) {
                continue; // it has yet to be started
            }
            var newest = SnapshotStore.open(directory).newest();
            if (newest.isPresent()) {
                newest.get().writer().ifPresent(found::add);
            }
        }
        return found;
    }
}
