package dev.keepsake.fleet;

import dev.keepsake.control.ClusterState;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which of the installed engines a cluster runs on, decided by its records and by the writers of
/// its data. A choice without I/O.
///
/// 1. The recorded engine, wherever it is found: another search path is no reason for another
///    engine.
/// 2. If the recorded engine is not installed any more: the nearest newer one that can continue
///    from the data, which is an upgrade.
/// 3. If only the bundled program has the recorded version, and that program has known holes: a
///    sound patch release of that version, if one is installed.
///
/// An engine that cannot continue from the data is never chosen, even if there is no other.
///
/// Decision 23 (docs/decisions) explains why.
sealed interface EngineChoice {
    /// The cluster runs on this engine.
    ///
    /// @param sounder an engine without known holes that could also continue from the data, when
    ///   the chosen one has known holes; or null
    record Chosen(StampedEngine engine, @Nullable StampedEngine sounder) implements EngineChoice {}

    /// No installed engine can continue from the data.
    ///
    /// @param needed the engine that wrote the data, or the one that a new cluster asks for
    record Missing(EngineStamp needed) implements EngineChoice {}

    /// Chooses.
    ///
    /// @param writers the engines that are known to have written the logs, in addition to the
    ///   recorded one
    /// @param writersOfFiles the engines that have written snapshots, as the files name them
    static EngineChoice of(
            ClusterState cluster,
            List<EngineStamp> writers,
            List<EngineStamp> writersOfFiles,
            Engines engines) {
        var installed = stamped(engines);
        var recorded = recorded(cluster, installed).orElse(null);
        var wrote = new ArrayList<>(writers);
        if (recorded != null) {
            wrote.add(recorded);
        }
        var able =
                installed.stream()
                        .filter(each -> wrote.stream().allMatch(each.stamp()::continues))
                        .filter(each ->
                                writersOfFiles.stream().allMatch(each.stamp()::continuesFileOf))
                        .toList();
        if (able.isEmpty()) {
            wrote.addAll(0, writersOfFiles);
            return new Missing(wrote.isEmpty() ? askedFor(cluster) : newest(wrote));
        }
        var chosen =
                recorded == null ? asked(cluster, able, engines) : after(recorded, able, engines);
        return new Chosen(chosen, sounder(chosen, able, engines));
    }

    private static List<StampedEngine> stamped(Engines engines) {
        return engines.all().stream()
                .map(each -> StampedEngine.of(each, engines.factsOf(each)))
                .toList();
    }

    /// The engine that a cluster has run on, if it has run.
    static Optional<EngineStamp> recordedOf(ClusterState cluster, Engines engines) {
        return recorded(cluster, stamped(engines));
    }

    /// The engine that a cluster has run on. Earlier builds recorded only the version. A version
    /// before Valkey's first one is Redis. For other versions it is the installed engine of that
    /// version, or else the engine that the cluster has asked for.
    private static Optional<EngineStamp> recorded(
            ClusterState cluster, List<StampedEngine> installed) {
        String version = cluster.enginePatchVersion();
        if (version == null) {
            return Optional.empty();
        }
        String name = cluster.engineName();
        if (name == null) {
            name =
                    EngineStamp.isBeforeValkey(version)
                            ? EngineStamp.REDIS
                            : installed.stream()
                                    .filter(each -> each.stamp().version().equals(version))
                                    .map(each -> each.stamp().name())
                                    .findFirst()
                                    .orElse(cluster.spec().engine());
        }
        return Optional.of(stampOf(name, version, installed));
    }

    /// The stamp of an installed engine has the most reliable RDB version.
    private static EngineStamp stampOf(String name, String version, List<StampedEngine> installed) {
        return installed.stream()
                .map(StampedEngine::stamp)
                .filter(each -> each.name().equals(name) && each.version().equals(version))
                .findFirst()
                .orElseGet(() -> EngineStamp.ofRelease(name, version));
    }

    private static EngineStamp askedFor(ClusterState cluster) {
        var spec = cluster.spec();
        return EngineStamp.ofRelease(spec.engine(), spec.engineVersion());
    }

    private static EngineStamp newest(List<EngineStamp> wrote) {
        return wrote.stream()
                .filter(each -> wrote.stream().allMatch(each::continues))
                .findFirst()
                .orElseGet(wrote::getLast);
    }

    private static StampedEngine asked(
            ClusterState cluster, List<StampedEngine> able, Engines engines) {
        var spec = cluster.spec();
        var nearest =
                engines.only(each -> able.stream().anyMatch(one -> one.binary().equals(each)))
                        .orElseThrow()
                        .nearest(spec.engine(), spec.engineVersion());
        return able.stream()
                .filter(each -> each.binary().equals(nearest))
                .findFirst()
                .orElseThrow();
    }

    /// A recorded engine stays even if it has holes and a better engine has been installed since,
    /// except for [#after]: only an operator moves a cluster to an engine from which there is no
    /// way back.
    private static @Nullable StampedEngine sounder(
            StampedEngine chosen, List<StampedEngine> able, Engines engines) {
        var sound = able.stream().filter(each -> engines.isSound(each.binary())).toList();
        return chosen.knownHoles().isEmpty() || sound.isEmpty()
                ? null
                : nearest(chosen.stamp(), sound, engines);
    }

    /// The nearest engine, with one exception for the bundled program. No operator has chosen the
    /// bundled program, and the cluster may never have run on it: when the machine's own program is
    /// upgraded to a patch release, the bundled one is the only one left with the version before.
    /// If it has known holes, the upgrade was meant to remove them.
    private static StampedEngine after(
            EngineStamp recorded, List<StampedEngine> able, Engines engines) {
        var nearest = nearest(recorded, able, engines);
        if (!nearest.binary().isBundled() || !engines.hasHoles(nearest.binary())) {
            return nearest;
        }
        var patched =
                able.stream()
                        .filter(each -> engines.isSound(each.binary()))
                        .filter(each -> each.stamp().isPatchOfSameVersion(nearest.stamp()))
                        .toList();
        return patched.isEmpty() ? nearest : nearest(recorded, patched, engines);
    }

    /// Every able engine with the recorded name is as new as the recorded one, or newer. Of two
    /// engines with the same version, the sound one is chosen, and an unexamined one before one
    /// with known holes.
    private static StampedEngine nearest(
            EngineStamp recorded, List<StampedEngine> able, Engines engines) {
        return able.stream()
                .min(
                        Comparator.comparing((StampedEngine each) ->
                                        !each.stamp().name().equals(recorded.name()))
                                .thenComparing(
                                        each -> each.stamp().version(), EngineStamp.BY_VERSION)
                                .thenComparingInt(each -> engines.doubt(each.binary())))
                .orElseThrow();
    }
}
