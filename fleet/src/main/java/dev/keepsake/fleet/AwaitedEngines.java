package dev.keepsake.fleet;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlState;
import dev.keepsake.core.Clock;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineSight;
import dev.keepsake.engine.Engines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks for engines while there are clusters that are not started because no engine here can
/// continue from their data: a program that is installed, that comes back, or that is upgraded at
/// its path. Then these clusters are looked at again. Owned by the fleet's thread.
///
/// It looks in rounds, with a pause between them that grows to half a minute. A round runs beside
/// the fleet's thread, and looks at files first. Only these programs are started: one that was
/// changed since its examination, one that could not be examined, and one at a place where there
/// was no engine. Nobody looks while no cluster waits.
///
/// Decision 23 (docs/decisions) says which engine can continue.
final class AwaitedEngines {
    /// What there is to be seen of programs. Any thread; everything blocks.
    interface Programs {
        /// Whether there is a program at a place, an engine or another.
        boolean isProgram(Path place);

        /// Whether the files of a program are others than when it was examined last.
        boolean isReplaced(EngineBinary program);

        /// What is there where no engine was known to be.
        ///
        /// @return empty when it is no engine that can be used
        /// @throws IOException when that cannot be told at this moment
        Optional<EngineSight> lookAt(Path place) throws IOException;
    }

    /// The programs of this machine.
    record OnDisk(EngineLauncher launcher, EngineExaminer examiner) implements Programs {
        @Override
        public boolean isProgram(Path place) {
            return EngineExaminer.isProgram(place);
        }

        @Override
        public boolean isReplaced(EngineBinary program) {
            return launcher.isReplaced(program);
        }

        @Override
        public Optional<EngineSight> lookAt(Path place) throws IOException {
            return examiner.lookAt(place);
        }
    }

    /// Does something on the fleet's thread when a pause is over, or not at all once that has
    /// ended.
    interface Pause {
        void then(long pauseNs, Runnable action);
    }

    private static final Logger LOG = LoggerFactory.getLogger(AwaitedEngines.class);
    private static final long FIRST_PAUSE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NS = TimeUnit.SECONDS.toNanos(30);

    private final List<Path> places;
    private final Programs programs;
    private final ClusterEngines engines;
    private final ReplacedEngines replaced;
    private final ControlJournal control;
    private final Clock clock;
    private final ThreadFactory threads;
    private final Executor fleet;
    private final Pause pause;
    private final Runnable onFound;
    private final Backoff pauses = new Backoff(FIRST_PAUSE_NS, LONGEST_PAUSE_NS);
    private @Nullable Engines judged; // by which clusters were refused last
    private boolean isLooking; // a round is under way, or due
    private boolean isAsked; // since the last round began

    /// What a round has seen that the fleet's thread does not know.
    ///
    /// @param doubtful known programs that are to be examined again
    /// @param found what is there where nothing was known to be
    private record Round(List<EngineBinary> doubtful, List<EngineSight> found) {}

    /// @param places where programs may be installed
    /// @param replaced looks at those that are known already
    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    /// @param onFound called when refused clusters are to be looked at again
    AwaitedEngines(
            List<Path> places,
            Programs programs,
            ClusterEngines engines,
            ReplacedEngines replaced,
            ControlJournal control,
            Clock clock,
            ThreadFactory threads,
            Executor fleet,
            Pause pause,
            Runnable onFound) {
        this.places = List.copyOf(places);
        this.programs = programs;
        this.engines = engines;
        this.replaced = replaced;
        this.control = control;
        this.clock = clock;
        this.threads = threads;
        this.fleet = fleet;
        this.pause = pause;
        this.onFound = onFound;
    }

    /// A cluster was refused, because no engine that is known now can continue from its data.
    void await() {
        judged = engines.engines();
        isAsked = true;
        if (!isLooking) {
            isLooking = true;
            lookLater();
        }
    }

    private void lookLater() {
        pause.then(pauses.failed(clock.nowNs()), this::look);
    }

    private void look() {
        if (!isAsked && !isAwaited()) {
            isLooking = false;
            pauses.succeeded();
            return;
        }
        isAsked = false;
        var known = engines.engines();
        threads.newThread(() -> look(known)).start();
    }

    /// A new cluster is not recorded to lack an engine; it is refused again until it is given up.
    private boolean isAwaited() {
        return control.read(ControlState::clusters).stream()
                .anyMatch(cluster ->
                        cluster.engineNeeded() != null
                                && cluster.status() != ClusterState.Status.DELETING);
    }

    private void look(Engines known) {
        var round = new Round(new ArrayList<>(), new ArrayList<>());
        try {
            for (var place : allPlaces(known)) {
                lookAt(place, known, round);
            }
        } finally {
            fleet.execute(() -> follow(round)); // in any case, or nobody would look again
        }
    }

    private Set<Path> allPlaces(Engines known) {
        var all = new LinkedHashSet<>(places);
        for (var some : List.of(known.all(), known.excluded().keySet(), known.gone().keySet())) {
            some.forEach(each -> all.add(each.path()));
        }
        return all;
    }

    private void lookAt(Path place, Engines known, Round round) {
        var program = known.at(place).orElse(null);
        if (program == null) {
            if (programs.isProgram(place)) {
                lookAtUnknown(place, round);
            }
            return;
        }
        boolean isDoubtful =
                known.gone().containsKey(program)
                        ? programs.isProgram(place)
                        : known.factsOf(program).isEmpty() || programs.isReplaced(program);
        if (isDoubtful) {
            round.doubtful().add(program);
        }
    }

    private void lookAtUnknown(Path place, Round round) {
        try {
            programs.lookAt(place).ifPresent(round.found()::add);
        } catch (IOException e) {
            LOG.debug("what there is at {} is found out later", place, e);
        }
    }

    private void follow(Round round) {
        round.doubtful().forEach(each -> replaced.lookAgain(each, this::reconsider));
        round.found().forEach(engines::find);
        reconsider();
        lookLater();
    }

    /// Also for what another cluster's launch has found out meanwhile.
    private void reconsider() {
        var known = engines.engines();
        if (!known.equals(judged)) {
            judged = known;
            onFound.run();
        }
    }
}
