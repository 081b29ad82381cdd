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

/// Which of the installed engines clusters run on, and which engines are known to have written
/// their data: what snapshots and logs say, beside what is recorded. [EngineChoice] chooses. What
/// is found out about engines while the server runs changes what is chosen from then on, by the
/// same rule as at the start. Owned by the fleet's thread, but for [#asked], [#nearest] and
/// [#engines].
final class ClusterEngines implements InstalledEngines {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterEngines.class);

    private final EngineRule rule;
    private final Consumer<Map<EngineBinary, String>> onExcluded;
    private final ClusterDirectories directories;
    private volatile Engines engines;
    private final Set<EngineBinary> warnedOf;
    private final Map<ClusterId, Set<EngineStamp>> writers = new HashMap<>(); // found in logs

    /// @param engines what was found at the start, of which it has been warned
    /// @param onExcluded told now and after each change which programs are not to be run, or are
    ///   not there any more, with the reasons
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

    /// The engines of this machine, as far as is known now. Any thread.
    Engines engines() {
        return engines;
    }

    /// Takes over what was found out about a program, and warns of it or gives it up, as at the
    /// start. One that is gone is known as such, for it may come back.
    ///
    /// @param before the program as it was known
    /// @param now what was found where it was
    void learn(EngineBinary before, EngineSight now) {
        var known = engines;
        if (!known.at(before.path()).equals(Optional.of(before))) {
            return; // another one has taken its place meanwhile
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

    /// Takes over what was found where no program was known to be, and warns of it or gives it up,
    /// as at the start.
    void find(EngineSight found) {
        var known = engines;
        var program = found.binary();
        if (known.at(program.path()).isPresent()) {
            return; // it is known meanwhile
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
            return; // and all of it has been said
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

    /// What is known now of an engine that clusters may run on.
    Optional<StampedEngine> usable(EngineBinary binary) {
        var known = engines;
        return known.all().contains(binary)
                ? Optional.of(StampedEngine.of(binary, known.factsOf(binary)))
                : Optional.empty();
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
        var known = engines;
        var nearest = known.nearest(engine, version);
        return StampedEngine.of(nearest, known.factsOf(nearest));
    }

    /// Whether it has been warned of an engine since the server was started, if there was anything
    /// to warn of.
    boolean isWarnedOf(EngineBinary engine) {
        return warnedOf.contains(engine);
    }

    /// What a cluster is to run on.
    EngineChoice choose(ClusterState cluster) throws IOException {
        return EngineChoice.of(
                cluster,
                List.copyOf(writers.getOrDefault(cluster.spec().id(), Set.of())),
                writersOfSnapshots(cluster.spec()),
                engines);
    }

    /// The logs of a cluster have been read.
    ///
    /// @param found which engines they say wrote them; none has when they are new
    void noteLogs(ClusterId id, Set<EngineStamp> found) {
        writers.computeIfAbsent(id, _ -> new HashSet<>()).addAll(found);
    }

    /// Whether [#choose] knows what the logs of a cluster say. They may say more by now, but what
    /// has once written them stays so.
    boolean knowsLogsOf(ClusterId id) {
        return writers.containsKey(id);
    }

    /// The log of a cluster that has been started says that an engine wrote it meanwhile.
    void note(ClusterId id, EngineStamp writer) {
        writers.computeIfAbsent(id, _ -> new HashSet<>()).add(writer);
    }

    /// Nothing of a cluster is left.
    void forget(ClusterId id) {
        writers.remove(id);
    }

    /// Says that no engine can go on with the data of a cluster, or may, and what helps.
    ///
    /// @param needed which engine wrote them, or what a new cluster asks for
    String missing(EngineStamp needed) {
        var known = engines;
        if (known.all().isEmpty() && known.excluded().isEmpty()) {
            return "No engine is here any more: %s; %s."
                    .formatted(described(known.gone()), NewerEngineException.wayOut(needed));
        }
        if (known.all().isEmpty()) {
            return "No engine here may be run, for %s: %s; %s."
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
                                                : "what could is not here any more: %s; "
                                                        .formatted(described(wasAble)))
                                        + NewerEngineException.wayOut(needed)
                                : "what could is installed but not used, for %s: %s; %s"
                                        .formatted(
                                                rule.onlySoundBecause().orElse("none is sound"),
                                                described(able),
                                                rule.wayOut()));
    }

    /// Those of some that could go on with what an engine wrote.
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
                continue; // it has yet to be started
            }
            writerOfNewest(directory).ifPresent(found::add);
        }
        return found;
    }

    /// The cluster may be running, and taking a snapshot: so this only looks.
    private static Optional<EngineStamp> writerOfNewest(Path directory) throws IOException {
        try {
            return writerIn(directory);
        } catch (NoSuchFileException _) {
            return writerIn(directory); // a newer snapshot has taken its place meanwhile
        }
    }

    private static Optional<EngineStamp> writerIn(Path directory) throws IOException {
        var newest = SnapshotStore.newestIn(directory);
        return newest.isPresent() ? newest.get().writer() : Optional.empty();
    }
}
