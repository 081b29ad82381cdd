package dev.keepsake.fleet;

import dev.keepsake.buckets.Buckets;
import dev.keepsake.buckets.DirectoryBuckets;
import dev.keepsake.buckets.S3Buckets;
import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.LiveService;
import dev.keepsake.core.Clock;
import dev.keepsake.core.FaultHandler;
import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineRule;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.Transport;
import dev.keepsake.front.ClientRoom;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.trust.CertificateAuthority;
import dev.keepsake.trust.NodeCertificates;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the running clusters match the records. One thread owns everything: after every change it
/// compares the records with what runs, and takes the next step. Reports of nodes come to this
/// thread, too. Each step is recorded when it is done, and may be reported again after a restart.
/// So a fleet whose process died at any point continues from there.
///
/// [ClusterReconciler] acts on the nodes of this machine; [ClusterProgress] decides what is
/// recorded about them. This class creates all parts and schedules their work.
public final class Fleet implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);
    private static final long REWRITE_CONTROL_AFTER_BYTES = 16L << 20;
    private static final long RETRY_MS = 1_000;
    private static final long SNAPSHOT_CHECK_MS = 500;
    private static final long SCHEDULE_CHECK_MS = 1_000;
    private static final long RENEWAL_CHECK_MS = 60_000;
    private static final long PACE_CHECK_MS = 200;
    private static final long CLOSE_WITHIN_MS = 4_000;

    private final FleetConfig config;
    private final Machine machine;
    private final ScheduledExecutorService thread; // drops tasks once it has ended
    private final ControlJournal control;
    private final Reports reports;
    private final RulesEngine rules;
    private final SnapshotFiles snapshotFiles;
    private final PortAssignment ports;
    private final RunningClusters running;
    private final ClusterTroubles troubles = new ClusterTroubles();
    private final ClusterProgress progress;
    private final ClusterReconciler reconciler;
    private final Fillings fillings;
    private final LogOpenings openings;
    private final LogClosings closings;
    private final ClusterSnapshots snapshots;
    private final LogSnapshots logSnapshots;
    private final RetryLater retry;
    private final LiveService live;
    private boolean closed;

    private Fleet(FleetConfig config, Machine machine, EngineRule rule, FaultHandler faults)
            throws IOException {
        this.config = config;
        this.machine = machine;
        var clock = machine.clock();
        var tuning = config.tuning();
        var identities = new NodeIdentities(config, machine.certificates(), clock);
        var directories = new ClusterDirectories(config.dataDirectory());
        var engines =
                new ClusterEngines(
                        machine.engines(), rule, machine.launcher()::exclude, directories);
        var specs = new EngineSpecs(tuning, directories, machine.random());
        var examiner =
                new EngineExaminer(
                        machine.launcher(), EngineExaminer.directoryIn(config.dataDirectory()));
        var callerFiles = new CallerFiles(tuning.snapshots().restoreFrom());
        this.snapshotFiles =
                new SnapshotFiles(config.dataDirectory(), buckets(config, clock), callerFiles);
        this.rules =
                new RulesEngine(
                        machine.launcher(),
                        () -> engines.engines().all().stream().map(specs::ofRules).toList());
        var places = places(config, machine.random());
        this.thread =
                new ScheduledThreadPoolExecutor(
                        1,
                        Thread.ofPlatform().name("fleet").daemon().factory(),
                        (_, _) -> LOG.debug("a task was dropped, because the fleet has ended"));

        var name = "control-" + Directories.nameOf(config.dataDirectory(), machine.random());
        this.control = openControl(name, engines, places, callerFiles, directories, faults);
        this.reports = new Reports(control, clock, this::afterPause);
        this.retry = new RetryLater(this::afterPause, this::reconcileAll);
        this.ports = new PortAssignment(places, control, clock);
        this.running = new RunningClusters(ports);
        this.progress = new ClusterProgress(control, running, tuning.failovers().mode(), clock);

        var commands =
                new CommandTables(
                        engines, examiner::examine, machine.threads(), thread, this::reconcileAll);
        this.closings =
                new LogClosings(machine.threads(), thread, LogOpenings.SAID_AFTER, this::reconcile);
        var chronicle = new Chronicle();
        this.live = new LiveLook(running, control, chronicle, clock, thread, machine.threads());
        var assembly =
                new NodeAssembly(
                        config,
                        machine,
                        directories,
                        closings,
                        specs,
                        commands,
                        identities,
                        otherProcess(machine.logs(), name, control.predecessor()),
                        chronicle,
                        thread,
                        this::lookAt);
        this.fillings =
                new Fillings(
                        snapshotFiles,
                        machine.launcher(),
                        machine.threads(),
                        directories,
                        specs,
                        engines,
                        tuning,
                        thread,
                        new WhenFilled());
        this.openings =
                new LogOpenings(
                        machine.logs(),
                        directories,
                        closings,
                        machine.threads(),
                        thread,
                        LogOpenings.SAID_AFTER,
                        this::reconcile);
        var oneSnapshot = new OneAtATime();
        this.logSnapshots =
                new LogSnapshots(running::shards, oneSnapshot, clock, machine.threads(), thread);
        this.snapshots =
                new ClusterSnapshots(
                        control,
                        reports,
                        running,
                        snapshotFiles,
                        oneSnapshot,
                        clock,
                        machine.threads(),
                        thread,
                        this::reconcileAll);
        var end =
                new ClusterEnd(
                        control,
                        reports,
                        running,
                        engines,
                        machine,
                        directories,
                        closings,
                        fillings,
                        ports,
                        troubles,
                        tuning.createWithinNs());
        var replaced =
                new ReplacedEngines(
                        engines,
                        examiner::lookAgain,
                        machine.launcher()::isReplaced,
                        running,
                        control,
                        reports,
                        machine.threads(),
                        thread,
                        this::reconcileAll);
        machine.launcher().whenRefused(replaced::onRefused);
        var start =
                new ClusterStart(
                        control,
                        running,
                        engines,
                        new AwaitedEngines(
                                config.enginePlaces(),
                                new AwaitedEngines.OnDisk(machine.launcher(), examiner),
                                engines,
                                replaced,
                                control,
                                clock,
                                machine.threads(),
                                thread,
                                (pauseNs, action) ->
                                        thread.schedule(action, pauseNs, TimeUnit.NANOSECONDS),
                                this::reconcileAll),
                        new ClusterPreparation(engines, commands, openings, closings),
                        closings,
                        assembly,
                        new EndpointListening(reports, this::afterPause, thread),
                        troubles,
                        runtime ->
                                new ShardReports(
                                        runtime,
                                        reports,
                                        troubles,
                                        end,
                                        thread,
                                        this::reconcileAll),
                        clock);
        this.reconciler =
                new ClusterReconciler(
                        control, running, start, end, ports, fillings, openings, snapshots,
                        progress, troubles);
    }

    private static Buckets buckets(FleetConfig config, Clock clock) {
        return config.s3() == null
                ? new DirectoryBuckets(config.dataDirectory().resolve("buckets"))
                : new S3Buckets(config.s3(), clock);
    }

    private static Places places(FleetConfig config, RandomGenerator random) {
        return new Places(
                config.host(),
                config.firstPort(),
                config.lastPort(),
                config.anywhere() ? random : null,
                config.nodeAddresses());
    }

    private ControlJournal openControl(
            String name,
            ClusterEngines engines,
            Places places,
            CallerFiles callerFiles,
            ClusterDirectories directories,
            FaultHandler faults)
            throws IOException {
        var tuning = config.tuning();
        var state = new ControlState();
        var plane =
                new ControlPlane(
                        state,
                        tuning.failovers().quota(),
                        engines,
                        tuning.exactEngineVersions(),
                        tuning.statusPace(),
                        places.asDecided(),
                        callerFiles.asDecided());
        return ControlJournal.open(
                name,
                openControlLog(machine.logs(), directories),
                state,
                plane,
                faults,
                this::wake,
                REWRITE_CONTROL_AFTER_BYTES);
    }

    /// Opens the log of the records. If the log's directory is gone, the log would be taken for a
    /// new one, and all clusters would be lost. The directories of clusters show that it is not
    /// new.
    private static TransactionLog openControlLog(LogFactory logs, ClusterDirectories directories)
            throws IOException {
        var directory = directories.control();
        if (!Directories.holdNothing(directories.clusters()) && logs.holdsNothing(directory)) {
            throw new IOException(
                    "the control log in %s is gone, but there are clusters in %s; restore the directory, or start with another data directory"
                            .formatted(logs.placeOf(directory), directories.clusters()));
        }
        return logs.open(directory);
    }

    /// Whether another process can lead the shards. A server locks its data directory, so the
    /// process that used this directory before has ended.
    private static OtherProcess otherProcess(LogFactory logs, String name, String predecessor) {
        if (logs.isExclusive()) {
            return OtherProcess.NONE;
        }
        boolean ended = predecessor.isEmpty() || predecessor.equals(name);
        return ended ? OtherProcess.ENDED : OtherProcess.MAY_LEAD;
    }

    /// Reads the records and starts all clusters in them. Returns before their nodes listen. They
    /// serve clients once their engines have read the log.
    ///
    /// @param engines the engines of this machine
    /// @param rule which of them may be run
    /// @param authority signs the certificates of the nodes
    public static Fleet start(
            FleetConfig config,
            LogFactory logs,
            EngineLauncher launcher,
            Engines engines,
            EngineRule rule,
            Transport transport,
            CertificateAuthority authority,
            ClientRoom room,
            Clock clock,
            RandomGenerator random,
            FaultHandler faults)
            throws IOException {
        var machine =
                new Machine(
                        logs,
                        launcher,
                        engines,
                        transport,
                        new NodeCertificates(authority),
                        room,
                        clock,
                        random,
                        Thread.ofVirtual().name("node-", 0).factory());
        var fleet = new Fleet(config, machine, rule, faults);
        fleet.ports.takeRecorded();
        fleet.noteStart();
        fleet.wake();
        fleet.repeat(fleet.logSnapshots::takeStalest, SNAPSHOT_CHECK_MS, SNAPSHOT_CHECK_MS);
        fleet.repeat(machine.certificates()::renewDue, 0, RENEWAL_CHECK_MS);
        fleet.repeat(fleet::askForDueSnapshots, 0, SCHEDULE_CHECK_MS);
        if (!config.tuning().statusPace().isInstant()) {
            fleet.repeat(fleet::reconcileAll, PACE_CHECK_MS, PACE_CHECK_MS);
        }
        return fleet;
    }

    /// Records the start of the server before this returns, so that the first call of the API sees
    /// which nodes recover.
    private void noteStart() throws IOException {
        try {
            thread.submit(() -> reports.report(ControlPlane::serverStarted)).get();
        } catch (ExecutionException e) {
            throw new IOException("the control plane cannot begin", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the control plane begins", e);
        }
    }

    private void repeat(Runnable action, long firstMs, long everyMs) {
        thread.scheduleWithFixedDelay(action, firstMs, everyMs, TimeUnit.MILLISECONDS);
    }

    /// Checks access strings with an engine, for the API.
    public AccessStringCheck accessStrings() {
        return rules;
    }

    /// The control plane, for the API.
    public ControlService control() {
        return control;
    }

    /// What runs, for the console.
    public LiveService live() {
        return live;
    }

    /// Ends every engine and listener, then the records. Idempotent, and bounded in time.
    @Override
    public void close() {
        if (thread.isShutdown()) {
            return;
        }
        try {
            thread.submit(this::closeAll).get(CLOSE_WITHIN_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the fleet did not close in order reason={}", e.toString());
        }
        thread.shutdownNow();
        control.close();
    }

    private void closeAll() {
        closed = true;
        logSnapshots.close();
        snapshots.close();
        // Reported first, because the end may be cut short, and recorded after everything else that
        // waits to be recorded. If it cannot be recorded, the next server recovers all nodes, as
        // after a kill.
        reports.report(ControlPlane::serverStopped);
        fillings.close();
        snapshotFiles.close();
        running.close();
        openings.close();
        closings.awaitEnd();
        ports.close();
    }

    /// Schedules a comparison, because new records exist. Any thread.
    private void wake() {
        thread.execute(this::reconcileAll);
    }

    /// Compares all records with what runs, and takes the next steps.
    private void reconcileAll() {
        if (closed) {
            return;
        }
        for (var cluster : control.read(ControlState::clusters)) {
            reconcile(cluster);
        }
        ports.releaseUnwanted();
        try {
            progress.settleAccess();
            snapshots.advance();
        } catch (ControlUnavailableException e) {
            LOG.warn("changes wait to be recorded reason={}", e.getMessage());
            retry.ask();
        }
    }

    private void reconcile(ClusterId id) {
        if (!closed) {
            control.read(state -> state.cluster(id)).ifPresent(this::reconcile);
        }
    }

    private void reconcile(ClusterState cluster) {
        if (!reconciler.reconcile(cluster)) {
            retry.ask();
        }
    }

    /// Takes the next steps for one cluster, after a report about it. If a step cannot be recorded
    /// now, everything is compared again later.
    private void lookAt(ClusterId id) {
        if (closed) {
            return;
        }
        try {
            progress.advance(id);
            progress.settleAccess();
            snapshots.advance();
        } catch (ControlUnavailableException e) {
            troubles.complain(id, e);
            retry.ask();
        }
    }

    private void askForDueSnapshots() {
        if (closed) {
            return;
        }
        try {
            snapshots.askForDue(machine.random());
            snapshots.advance(); // a snapshot may have waited for this
        } catch (ControlUnavailableException e) {
            LOG.warn("the schedule of snapshots waits reason={}", e.getMessage());
        }
    }

    private void afterPause(Runnable action) {
        thread.schedule(action, RETRY_MS, TimeUnit.MILLISECONDS);
    }

    /// Reacts to the outcome of filling a cluster.
    private final class WhenFilled implements Fillings.Listener {
        @Override
        public void onFilled(ClusterId id) {
            reconcileAll();
        }

        @Override
        public void onNotFilled(ClusterId id, String reason) {
            reports.report((plane, now) -> plane.restoreFailed(id, reason, now));
            reconcileAll(); // a deletion may have waited for this
        }
    }
}
