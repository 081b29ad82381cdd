package dev.keepsake.fleet;

import dev.keepsake.control.ClusterState;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which of the installed engines a cluster runs on, decided by what is recorded of it and by what
/// its data say. A choice without I/O.
///
/// The recorded engine, wherever it is found: another search path is no reason for another engine.
/// Else, when that is not here any more, the nearest newer one that can go on with the data, which
/// is an upgrade. So it is when only the bundled program is of the recorded version, which has
/// known holes, and a sound patch release of that version is installed. An engine that cannot go on
/// with the data is never chosen; there may be none then.
///
/// Decision 23 (docs/decisions) says why.
sealed interface EngineChoice {
    /// The cluster runs on this.
    ///
    /// @param sounder an engine without known holes that could go on with the data too, when this
    ///   one has some; or null
    record Chosen(StampedEngine engine, @Nullable StampedEngine sounder) implements EngineChoice {}

    /// Nothing here can go on with the data.
    ///
    /// @param needed which engine wrote them, or for a new cluster what it asks for
    record Missing(EngineStamp needed) implements EngineChoice {}

    /// Chooses.
    ///
    /// @param writers the engines that are known to have written the logs, beside the recorded one
    /// @param writersOfFiles those that have written snapshots, as files tell it
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

    /// What a cluster has run on, if it has run.
    static Optional<EngineStamp> recordedOf(ClusterState cluster, Engines engines) {
        return recorded(cluster, stamped(engines));
    }

    /// What a cluster has run on. Earlier builds recorded no more of it than the version: engines
    /// before Valkey's first are Redis, and for others it is who has that version here, or else
    /// what the cluster has asked for.
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

    /// What is here knows its own RDB version best.
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

    /// A recorded engine stays also when it has holes and a better one was installed since, unless
    /// [#after] says otherwise: nothing but an operator moves a cluster to an engine from which
    /// there is no way back.
    private static @Nullable StampedEngine sounder(
            StampedEngine chosen, List<StampedEngine> able, Engines engines) {
        var sound = able.stream().filter(each -> engines.isSound(each.binary())).toList();
        return chosen.knownHoles().isEmpty() || sound.isEmpty()
                ? null
                : nearest(chosen.stamp(), sound, engines);
    }

    /// The nearest one. But nobody has chosen the bundled program, and the cluster may never have
    /// run on it: when the machine's own program is upgraded to a patch release, the bundled one is
    /// all that is left of the version before. With known holes it is not what the upgrade was to
    /// bring.
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

    /// Every one that is able and has the recorded name is as new, or newer. Of two copies the
    /// sound one, and one of which nobody knows before one with known holes.
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
