package dev.keepsake.fleet;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlState;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The engines of the clusters in a data directory, according to its records. The records are only
/// read: the control log is copied and the copy is opened, because a server may be using the
/// directory meanwhile.
public final class RecordedClusters {
    // The oldest part of the log may be trimmed while it is copied.
    private static final int TRIES = 5;
    private static final String BOUNDS = "bounds";
    private static final String LOCK = "lock";

    private RecordedClusters() {}

    /// A cluster and its engine.
    ///
    /// @param status as the API returns it
    /// @param engine the engine that it ran on last, according to the records: `redis` or `valkey`;
    ///   null when it has not run
    /// @param version the version of that engine; null when it has not run
    /// @param here that engine, if it is installed and may be run
    /// @param next the engine that the cluster would get at the next start, according to its
    ///   records alone; null when no installed engine can continue from its data
    public record Recorded(
            String region,
            String name,
            String status,
            @Nullable String engine,
            @Nullable String version,
            @Nullable EngineBinary here,
            @Nullable EngineBinary next) {}

    /// Reads the records.
    ///
    /// @param logs opens the copy of the control log
    /// @param scratch an empty directory for the copy, private to the caller
    /// @param engines the installed engines
    /// @return by region and name; empty when the data directory is missing or empty
    /// @throws IOException when it cannot be read, or the records are elsewhere
    public static List<Recorded> read(
            Path dataDirectory, LogFactory logs, Path scratch, Engines engines) throws IOException {
        var directories = new ClusterDirectories(dataDirectory);
        if (!Files.exists(dataDirectory)) {
            return List.of();
        }
        if (!Files.isReadable(dataDirectory)) {
            throw new IOException(
                    "%s cannot be read; give its owner's user, or another directory"
                            .formatted(dataDirectory));
        }
        if (Directories.holdNothing(directories.control())) {
            if (Directories.holdNothing(directories.clusters())) {
                return List.of();
            }
            throw new IOException(
                    "its records are not in %s; they are on BookKeeper, or lost"
                            .formatted(directories.control()));
        }
        return state(directories.control(), logs, scratch).clusters().stream()
                .map(cluster -> recorded(cluster, engines))
                .sorted(Comparator.comparing(Recorded::region).thenComparing(Recorded::name))
                .toList();
    }

    private static ControlState state(Path control, LogFactory logs, Path scratch)
            throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                var copy = Files.createDirectory(scratch.resolve("control-" + tries));
                copy(control, copy);
                try (var log = logs.open(copy)) {
                    return ControlJournal.stateIn(log);
                }
            } catch (IOException e) {
                if (tries == TRIES) {
                    throw e;
                }
            }
        }
    }

    /// Copies the log. The record of its bounds is copied first, so the files that are copied later
    /// contain at least what it says. The lock is not copied.
    private static void copy(Path from, Path to) throws IOException {
        var names = new ArrayList<String>();
        try (var files = Files.newDirectoryStream(from, Files::isRegularFile)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        names.remove(LOCK);
        names.sort(Comparator.comparing((String name) -> !name.equals(BOUNDS)));
        for (var name : names) {
            try {
                Files.copy(from.resolve(name), to.resolve(name));
            } catch (NoSuchFileException e) {
                throw new IOException("%s changes while it is read; try again".formatted(from), e);
            }
        }
    }

    /// The records of one cluster. For a cluster that cannot run, they name the engine that it
    /// needs. That engine may be known only from a file, which does not tell a release from its
    /// release candidate.
    static Recorded recorded(ClusterState cluster, Engines engines) {
        var spec = cluster.spec();
        var needed = cluster.engineNeeded();
        var writers =
                needed == null
                        ? List.<EngineStamp>of()
                        : List.of(EngineStamp.ofRelease(needed.engine(), needed.patchVersion()));
        var choice = EngineChoice.of(cluster, List.of(), writers, engines);
        var next =
                switch (choice) {
                    case EngineChoice.Chosen(var chosen, _) -> chosen.binary();
                    case EngineChoice.Missing _ -> null;
                };
        var recorded = EngineChoice.recordedOf(cluster, engines).orElse(null);
        return new Recorded(
                spec.id().region(),
                spec.id().name(),
                cluster.shownStatus().wire(),
                recorded == null ? null : recorded.name(),
                recorded == null ? null : recorded.version(),
                recorded == null ? null : here(recorded, engines, next),
                next);
    }

    private static @Nullable EngineBinary here(
            EngineStamp recorded, Engines engines, @Nullable EngineBinary next) {
        return engines.all().stream()
                .filter(each -> {
                    var stamp = StampedEngine.of(each, engines.factsOf(each)).stamp();
                    return stamp.name().equals(recorded.name())
                            && stamp.version().equals(recorded.version());
                })
                .min(Comparator.comparing((EngineBinary each) -> !each.equals(next)))
                .orElse(null);
    }
}
