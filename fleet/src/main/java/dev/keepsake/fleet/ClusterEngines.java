package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.InstalledEngines;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.shard.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The installed engines that clusters run on, and which engines are known to have written the
/// clusters' data: the writers that snapshots and logs name, in addition to the recorded engine.
/// [EngineChoice] chooses. When the server finds out more about engines while it runs, the choice
/// changes from then on, by the same rule as at the start. Owned by the fleet's thread, except
/// [#asked], [#nearest] and [#engines].
final class ClusterEngines implements InstalledEngines {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterEngines.class);

    private final EngineRule rule;
    private final Consumer<Map<EngineBinary, String>> onExcluded;
    private final ClusterDirectories directories;
    private volatile Engines engines;
    private final Set<EngineBinary> warnedOf;
    private final Map<ClusterId, Set<EngineStamp>> writers = new HashMap<>(); // read from logs

    /// @param engines the engines that were found at the start; the warnings about them have been
    ///   logged
    /// @param onExcluded called now and after each change with the programs that must not run, or
    ///   do not exist any more, and the reasons
    ClusterEngines(
            Engines engines,
            EngineRule rule,
            Consumer<Map<EngineBinary, String>> onExcluded,
            ClusterDirectories directories) {
        this.rule = rule;
        this.onExcluded = onExcluded;
        this.directories = directories;
        this.engines = rule.applyTo(engines);
        this.warnedOf = new HashSet<>(EnginePlan.gotByNewClusters(this.engines));
        onExcluded.accept(this.engines.excluded());
    }

    /// The engines of this machine, as far as is known now. May be called from any thread.
    Engines engines() {
        return engines;
    }

    /// Takes over what was found out about a program. As at the start, logs a warning, or stops
    /// using the program. A program that does not exist any more is remembered as such, because it
    /// may come back.
    ///
    /// @param before the program as it was known
    /// @param now what was found at its path
    void learn(EngineBinary before, EngineSight now) {
        var known = engines;
        if (!known.at(before.path()).equals(Optional.of(before))) {
            return; // another program has taken its place meanwhile
        }
        if (!before.equals(now.binary())) {
            LOG.warn(
                    "engine program was replaced path={} was=\"{} {}\" is=\"{} {}\"",
                    before.path(),
                    before.name(),
                    before.version(),
                    now.binary().name(),
                    now.binary().version());
        }
        take(rule.applyTo(known.with(before, now)), now);
    }

    /// Takes over a program that was found at a path where none was known. As at the start, logs a
    /// warning, or does not use the program.
    void find(EngineSight found) {
        var known = engines;
        var program = found.binary();
        if (known.at(program.path()).isPresent()) {
            return; // it is known by now
        }
        LOG.info(
                "engine found path={} name={} version={}",
                program.path(),
                program.name(),
                program.version());
        take(rule.applyTo(known.with(found)), found);
    }

    private void take(Engines next, EngineSight now) {
        var known = engines;
        if (next.equals(known)) {
            return; // which has been logged
        }
        engines = next;
        var notRun = new HashMap<>(next.excluded());
        notRun.putAll(next.gone());
        onExcluded.accept(notRun);
        if (now instanceof EngineSight.Gone(var gone, var reason)) {
            if (!reason.equals(known.gone().get(gone))) {
                LOG.error(
                        "engine is not there any more path={} version={}: it {}",
                        gone.path(),
                        gone.version(),
                        reason);
            }
            return;
        }
        var why = next.excluded().get(now.binary());
        if (why == null) {
            rule.warnOf(next, now.binary());
            warnedOf.add(now.binary());
        } else {
            LOG.error(
                    "engine is not used path={} version={}: it {}, and {}; {}",
                    now.binary().path(),
                    now.binary().version(),
                    why,
                    rule.onlySoundBecause().orElse(""),
                    rule.wayOut());
        }
    }

    /// What is known now about an engine that clusters may run on.
    Optional<StampedEngine> usable(EngineBinary binary) {
        var known = engines;
        return known.all().contains(binary)
                ? Optional.of(StampedEngine.of(binary, known.factsOf(binary)))
                : Optional.empty();
    }

    /// The engine for a new cluster. May be called from any thread.
    StampedEngine asked(ClusterSpec spec) {
        return stamped(spec.engine(), spec.engineVersion());
    }

    @Override
    public Installed nearest(String engine, String version) {
        return stamped(engine, version).installed();
    }

    private StampedEngine stamped(String engine, String version) {
        var known = engines;
        var nearest = known.nearest(engine, version);
        return StampedEngine.of(nearest, known.factsOf(nearest));
    }

    /// Whether the warnings about an engine, if there are any, have been logged since the server
    /// was started.
    boolean isWarnedOf(EngineBinary engine) {
        return warnedOf.contains(engine);
    }

    /// Chooses the engine for a cluster.
    EngineChoice choose(ClusterState cluster) throws IOException {
        return EngineChoice.of(
                cluster,
                List.copyOf(writers.getOrDefault(cluster.spec().id(), Set.of())),
                writersOfSnapshots(cluster.spec()),
                engines);
    }

    /// The logs of a cluster have been read.
    ///
    /// @param found the engines that the logs name as their writers; empty for new logs
    void noteLogs(ClusterId id, Set<EngineStamp> found) {
        writers.computeIfAbsent(id, _ -> new HashSet<>()).addAll(found);
    }

    /// Whether [#choose] knows which engines wrote a cluster's logs. Others may have written since,
    /// but a writer remains a writer.
    boolean knowsLogsOf(ClusterId id) {
        return writers.containsKey(id);
    }

    /// According to its log, this engine has written data of a running cluster.
    void note(ClusterId id, EngineStamp writer) {
        writers.computeIfAbsent(id, _ -> new HashSet<>()).add(writer);
    }

    /// The cluster has been deleted.
    void forget(ClusterId id) {
        writers.remove(id);
    }

    /// Explains that no engine can continue from the data of a cluster, or that none of those may
    /// run, and what helps.
    ///
    /// @param needed the engine that wrote the data, or the one that a new cluster asks for
    String missing(EngineStamp needed) {
        var known = engines;
        if (known.all().isEmpty() && known.excluded().isEmpty()) {
            return "No engine is here any more: %s; %s."
                    .formatted(described(known.gone()), NewerEngineException.wayOut(needed));
        }
        if (known.all().isEmpty()) {
            return "No engine here may be run, because %s: %s; %s."
                    .formatted(
                            rule.onlySoundBecause().orElse("none is sound"),
                            described(known.excluded()),
                            rule.wayOut());
        }
        var able = able(known.excluded(), known, needed);
        var wasAble = able(known.gone(), known, needed);
        return "The data were written by %s (RDB version %d), which none of the engines here can continue from (%s); %s."
                .formatted(
                        needed,
                        needed.rdbVersion(),
                        known.all().stream()
                                .map(each -> each.name() + " " + each.version())
                                .distinct()
                                .collect(Collectors.joining(", ")),
                        able.isEmpty()
                                ? (wasAble.isEmpty()
                                                ? ""
                                                : "an engine that could is not here any more: %s; "
                                                        .formatted(described(wasAble)))
                                        + NewerEngineException.wayOut(needed)
                                : ("an engine that could is installed but not used, because"
                                                + " %s: %s; %s")
                                        .formatted(
                                                rule.onlySoundBecause().orElse("none is sound"),
                                                described(able),
                                                rule.wayOut()));
    }

    /// The engines of this map that could continue from this engine's data.
    private static Map<EngineBinary, String> able(
            Map<EngineBinary, String> some, Engines known, EngineStamp needed) {
        var able = new LinkedHashMap<>(some);
        able.keySet()
                .removeIf(each ->
                        !StampedEngine.of(each, known.factsOf(each)).stamp().continues(needed));
        return able;
    }

    private static String described(Map<EngineBinary, String> excluded) {
        return excluded.entrySet().stream()
                .map(each -> each.getKey().described() + " " + each.getValue())
                .collect(Collectors.joining(", "));
    }

    private List<EngineStamp> writersOfSnapshots(ClusterSpec spec) throws IOException {
        var found = new ArrayList<EngineStamp>();
        for (var shard : spec.shards()) {
            var directory = directories.snapshotsOf(spec.id(), shard);
            if (!Files.isDirectory(directory)) {
                continue; // the shard has not been started yet
            }
            writerOfNewest(directory).ifPresent(found::add);
        }
        return found;
    }

    /// Only reads, because the cluster may be running and taking a snapshot.
    private static Optional<EngineStamp> writerOfNewest(Path directory) throws IOException {
        try {
            return writerIn(directory);
        } catch (NoSuchFileException _) {
            return writerIn(directory); // a newer snapshot has replaced it meanwhile
        }
    }

    private static Optional<EngineStamp> writerIn(Path directory) throws IOException {
        var newest = SnapshotStore.newestIn(directory);
        return newest.isPresent() ? newest.get().writer() : Optional.empty();
    }
}
