package dev.keepsake.fleet;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlState;
import dev.keepsake.core.Clock;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFacts;
import dev.keepsake.engine.EngineSight;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What becomes of clusters when the program that they run on is replaced while they run, as
/// packages are upgraded, or turns out to be one that is not to be run. Heard of when an engine is
/// launched, which is refused; the program is examined anew then. Owned by the fleet's thread.
///
/// A program that only has other bytes, such as a fix under the same version, is what the clusters
/// go on with: their next engines run it, and nobody is interrupted. Where it is another engine,
/// the clusters on it end and are started anew, as at a start: on that one, or on another that can
/// go on with their data. When there is none, what still runs goes on until a shard has no engine
/// left; then the cluster is refused, as at a start.
final class ReplacedEngines {
    /// Finds out what a program is now. Blocks.
    interface Look {
        EngineSight lookAgain(EngineBinary before) throws IOException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(ReplacedEngines.class);

    private final ClusterEngines engines;
    private final Look look;
    private final Predicate<EngineBinary> isReplaced;
    private final RunningClusters running;
    private final ControlJournal control;
    private final Clock clock;
    private final ThreadFactory threads;
    private final Executor fleet;
    private final Runnable onEnded;
    private final Set<EngineBinary> underWay = new HashSet<>();

    /// @param isReplaced whether the files of a program are others than when it was examined last
    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    /// @param onEnded called when clusters have ended, and may be started again
    ReplacedEngines(
            ClusterEngines engines,
            Look look,
            Predicate<EngineBinary> isReplaced,
            RunningClusters running,
            ControlJournal control,
            Clock clock,
            ThreadFactory threads,
            Executor fleet,
            Runnable onEnded) {
        this.engines = engines;
        this.look = look;
        this.isReplaced = isReplaced;
        this.running = running;
        this.control = control;
        this.clock = clock;
        this.threads = threads;
        this.fleet = fleet;
        this.onEnded = onEnded;
    }

    /// A program was not launched. Any thread.
    void onRefused(EngineBinary program) {
        fleet.execute(() -> lookAt(program));
    }

    private void lookAt(EngineBinary program) {
        if (!underWay.add(program)) {
            return;
        }
        boolean known = engines.engines().excluded().containsKey(program);
        threads.newThread(
                        () -> {
                            if (known && !isReplaced.test(program)) {
                                fleet.execute(() -> done(program, true)); // nothing is new
                            } else {
                                look(program);
                            }
                        })
                .start();
    }

    private void look(EngineBinary program) {
        try {
            var sight = look.lookAgain(program);
            fleet.execute(() -> {
                var before = commandsOf(program);
                engines.learn(program, sight);
                done(program, before.equals(commandsOf(program)));
            });
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "engine program was replaced by what cannot be used path={} reason={}",
                    program.path(),
                    e.getMessage());
            fleet.execute(() -> underWay.remove(program));
        }
    }

    private Set<String> commandsOf(EngineBinary program) {
        return engines.engines().factsOf(program).map(EngineFacts::commandNames).orElse(Set.of());
    }

    /// @param sameCommands whether the fronts of its clusters know the commands that it has
    private void done(EngineBinary program, boolean sameCommands) {
        underWay.remove(program);
        boolean ended = false;
        for (var cluster : control.read(ControlState::clusters)) {
            var runtime = running.get(cluster.spec().id());
            if (runtime != null && runtime.engine().binary().equals(program)) {
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
        if (now != null && sameCommands && runtime.canGoOnWith(now)) {
            if (!now.equals(runtime.engine())) {
                runtime.goOnWith(now);
                control.decide(plane -> plane.clusterStarted(id, now.installed(), clock.now()));
            }
            return false;
        }
        if (!isElsewhereAble(cluster) && !runtime.lacksEngine()) {
            LOG.warn(
                    "cluster={} goes on with the engines that run, and no further one can be"
                            + " started: none here can go on with its data, or may",
                    id.name());
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

    private boolean isElsewhereAble(ClusterState cluster) {
        try {
            return engines.choose(cluster) instanceof EngineChoice.Chosen;
        } catch (IOException e) {
            LOG.warn(
                    "cluster={} cannot be moved reason={}",
                    cluster.spec().id().name(),
                    e.toString());
            return false;
        }
    }
}
