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

/// What becomes of clusters when the program that they run on is replaced while they run, as
/// packages are upgraded, or turns out to be one that is not to be run. Heard of when an engine is
/// launched, which is refused, or from [AwaitedEngines]; the program is examined anew then. Owned
/// by the fleet's thread.
///
/// A program that only has other bytes, such as a fix under the same version, is what the clusters
/// go on with: their next engines run it, and nobody is interrupted. Where it is another engine,
/// the clusters on it end and are started anew, as at a start: on that one, or on another that can
/// go on with their data. When there is none, or nobody knows yet what it is, what still runs goes
/// on until a shard has no engine left; then the cluster is started anew all the same, or refused.
/// So it is also where the program was removed, or became one that cannot be used, whatever else is
/// here: it may come back, and from a newer engine there is no way back.
final class ReplacedEngines {
    /// Finds out what a program is now. Blocks.
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

    /// Of programs that could be examined and cannot be now: what the fronts of their clusters
    /// know.
    private final Map<EngineBinary, Set<String>> commandsBefore = new HashMap<>();

    /// @param isReplaced whether the files of a program are others than when it was examined last
    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    /// @param onEnded called when clusters have ended, and may be started again
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

    /// A program was not launched. Any thread.
    void onRefused(EngineBinary program) {
        fleet.execute(() -> lookAtRefused(program));
    }

    /// Looks at what is there now where a known program is or was, whatever has been found out
    /// before. Unless it is being looked at already.
    ///
    /// @param then called on the fleet's thread when it is known
    void lookAgain(EngineBinary known, Runnable then) {
        if (underWay.add(known.path())) {
            threads.newThread(() -> look(known, then)).start();
        }
    }

    private void lookAtRefused(EngineBinary program) {
        if (!underWay.add(program.path())) {
            return;
        }
        // Another one may have been found in its place before.
        var known = engines.engines().at(program.path()).orElse(program);
        boolean isExplained =
                engines.engines().excluded().containsKey(known)
                        || (!known.equals(program) && isExamined(known));
        threads.newThread(
                        () -> {
                            if (isExplained && !isReplaced.test(known)) {
                                fleet.execute(() -> done(program, true)); // nothing is new
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
            fleet.execute(() -> underWay.remove(program.path())); // or nobody would look again
            throw e;
        }
    }

    /// @param known what is known to be there
    /// @return whether it has the commands that it had
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

    /// Whether there is none where a program was.
    private boolean isGone(EngineBinary program) {
        var known = engines.engines();
        return known.at(program.path()).filter(known.gone()::containsKey).isPresent();
    }

    /// @param sameCommands whether the fronts of its clusters know the commands that it has
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

    /// @return whether it was ended
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
                    "cluster={} goes on with the engines that run, and no further one can be"
                            + " started: {}",
                    id.name(),
                    isGone(runtime.engine().binary())
                            ? "its program is not there any more"
                            : "none here is known to go on with its data, or may");
            return false;
        }
        LOG.warn(
                "cluster={} is ended and started anew, for what it runs on was {} and is that no"
                        + " longer",
                id.name(),
                runtime.engine().binary().described());
        running.close(id);
        return true;
    }

    /// Whether the cluster would start again, as far as is known: no front can be made for an
    /// engine whose commands nobody knows.
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
