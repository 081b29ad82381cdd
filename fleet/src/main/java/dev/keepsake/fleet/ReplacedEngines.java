package dev.keepsake.fleet;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlState;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineSight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deals with running clusters when the program of their engines is replaced, as in an upgrade of
/// packages, or proves unfit to run. This class hears of it in two ways: an engine's launch is
/// refused, or [AwaitedEngines] reports a change. The program is examined again then. Owned by the
/// fleet's thread.
///
/// - The program has other bytes, but is the same engine, such as a fix under the same version: the
///   clusters continue. Their next engines run the new program, and no client is interrupted.
/// - The program is another engine: its clusters are ended and started again, as at a start, on
///   that engine or on another one that can continue from their data.
/// - No engine can continue from the data, or the program is not examined yet: the running engines
///   continue until a shard has none left. Then the cluster is started again, or its start is
///   refused.
/// - The program was removed, or cannot be used any more: as in the case before, whichever other
///   engines are installed. The program may come back, and there is no way back from a newer
///   engine.
final class ReplacedEngines {
    /// Examines a program again. Blocks.
    interface Look {
        EngineSight lookAgain(EngineBinary before);
    }

    private static final Logger LOG = LoggerFactory.getLogger(ReplacedEngines.class);

    private final ClusterEngines engines;
    private final Look look;
    private final Predicate<EngineBinary> isReplaced;
    private final RunningClusters running;
    private final ControlJournal control;
    private final Reports reports;
    private final ThreadFactory threads;
    private final Executor fleet;
    private final Runnable onEnded;
    private final Set<Path> underWay = new HashSet<>();

    /// For programs that could be examined once and cannot be now: the commands that the fronts of
    /// their clusters know.
    private final Map<EngineBinary, Set<String>> commandsBefore = new HashMap<>();

    /// @param isReplaced whether the files of a program have changed since its last examination
    /// @param fleet runs its tasks on the fleet's thread, or drops them once that has ended
    /// @param onEnded called when clusters have been ended, and may be started again
    ReplacedEngines(
            ClusterEngines engines,
            Look look,
            Predicate<EngineBinary> isReplaced,
            RunningClusters running,
            ControlJournal control,
            Reports reports,
            ThreadFactory threads,
            Executor fleet,
            Runnable onEnded) {
        this.engines = engines;
        this.look = look;
        this.isReplaced = isReplaced;
        this.running = running;
        this.control = control;
        this.reports = reports;
        this.threads = threads;
        this.fleet = fleet;
        this.onEnded = onEnded;
    }

    /// The launch of a program was refused. May be called from any thread.
    void onRefused(EngineBinary program) {
        fleet.execute(() -> lookAtRefused(program));
    }

    /// Examines the path of a known program again, whatever was found there before. Does nothing
    /// while an examination of it is under way.
    ///
    /// @param then called on the fleet's thread with the result known
    void lookAgain(EngineBinary known, Runnable then) {
        if (underWay.add(known.path())) {
            threads.newThread(() -> look(known, then)).start();
        }
    }

    private void lookAtRefused(EngineBinary program) {
        if (!underWay.add(program.path())) {
            return;
        }
        // Another program may have been found at its path before.
        var known = engines.engines().at(program.path()).orElse(program);
        boolean isExplained =
                engines.engines().excluded().containsKey(known)
                        || (!known.equals(program) && isExamined(known));
        threads.newThread(
                        () -> {
                            if (isExplained && !isReplaced.test(known)) {
                                fleet.execute(() -> done(program, true)); // nothing has changed
                            } else {
                                look(known, () -> {});
                            }
                        })
                .start();
    }

    private void look(EngineBinary program, Runnable then) {
        try {
            var sight = look.lookAgain(program);
            fleet.execute(() -> {
                done(program, learn(program, sight));
                then.run();
            });
        } catch (RuntimeException e) {
            fleet.execute(() -> underWay.remove(program.path())); // allows a next try
            throw e;
        }
    }

    /// @param known the program that is known at this path
    /// @return whether it has the same commands as before
    private boolean learn(EngineBinary known, EngineSight sight) {
        var before = commandsOf(known);
        engines.learn(known, sight);
        if (isExamined(known)) {
            commandsBefore.remove(known);
        } else if (sight.binary().equals(known)) {
            commandsBefore.put(known, before);
        }
        return before.equals(commandsOf(known));
    }

    private Set<String> commandsOf(EngineBinary program) {
        return engines.engines()
                .factsOf(program)
                .map(EngineFacts::commandNames)
                .orElseGet(() -> commandsBefore.getOrDefault(program, Set.of()));
    }

    private boolean isExamined(EngineBinary program) {
        return engines.engines().factsOf(program).isPresent();
    }

    /// Whether the program at this path does not exist any more.
    private boolean isGone(EngineBinary program) {
        var known = engines.engines();
        return known.at(program.path()).filter(known.gone()::containsKey).isPresent();
    }

    /// @param sameCommands whether the program has the commands that the fronts of its clusters
    ///   know
    private void done(EngineBinary program, boolean sameCommands) {
        underWay.remove(program.path());
        boolean ended = false;
        for (var cluster : control.read(ControlState::clusters)) {
            var runtime = running.get(cluster.spec().id());
            if (runtime != null && runtime.engine().binary().path().equals(program.path())) {
                ended |= reconsider(cluster, runtime, sameCommands);
            }
        }
        if (ended) {
            onEnded.run();
        }
    }

    /// @return whether the cluster was ended
    private boolean reconsider(ClusterState cluster, ClusterRuntime runtime, boolean sameCommands) {
        var id = cluster.spec().id();
        var now = engines.usable(runtime.engine().binary()).orElse(null);
        if (now != null && isExamined(now.binary()) && sameCommands && runtime.canGoOnWith(now)) {
            if (!now.equals(runtime.engine())) {
                runtime.goOnWith(now);
                reports.report((plane, at) -> plane.clusterStarted(id, now.installed(), at));
            }
            return false;
        }
        if (!runtime.lacksEngine()
                && (isGone(runtime.engine().binary()) || !isElsewhereAble(cluster))) {
            LOG.warn(
                    "cluster={} continues with its running engines, and no further one can be"
                            + " started: {}",
                    id.name(),
                    isGone(runtime.engine().binary())
                            ? "its program is not there any more"
                            : "no usable engine here is known to continue from its data");
            return false;
        }
        LOG.warn(
                "cluster={} is ended and started again, because its engine was {} and is that no"
                        + " longer",
                id.name(),
                runtime.engine().binary().described());
        running.close(id);
        return true;
    }

    /// Whether the cluster would start again, as far as is known. A front needs to know the
    /// commands of its engine.
    private boolean isElsewhereAble(ClusterState cluster) {
        try {
            return engines.choose(cluster) instanceof EngineChoice.Chosen(var engine, _)
                    && isExamined(engine.binary());
        } catch (IOException e) {
            LOG.warn(
                    "cluster={} cannot be moved reason={}",
                    cluster.spec().id().name(),
                    e.toString());
            return false;
        }
    }
}
