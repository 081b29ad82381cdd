package dev.keepsake.fleet;

import static java.util.Objects.requireNonNull;

import dev.keepsake.control.AccessRule;
import dev.keepsake.control.AccessStringCheck;
import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSnapshot;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ClusterUpdate;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Decision;
import dev.keepsake.control.Endpoints;
import dev.keepsake.control.EngineRelease;
import dev.keepsake.control.FailoverMode;
import dev.keepsake.control.InstalledEngines;
import dev.keepsake.control.NodeSpec;
import dev.keepsake.control.ShardSpec;
import dev.keepsake.control.SnapshotId;
import dev.keepsake.control.SnapshotShard;
import dev.keepsake.core.Clock;
import dev.keepsake.core.FaultHandler;
import dev.keepsake.core.Secret;
import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineExaminer;
import dev.keepsake.engine.EngineLauncher;
import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.engine.Engines;
import dev.keepsake.engine.NewerEngineException;
import dev.keepsake.engine.Transport;
import dev.keepsake.front.CertificateAuthority;
import dev.keepsake.front.ClientRoom;
import dev.keepsake.front.ClusterEndpoint;
import dev.keepsake.front.IamTokens;
import dev.keepsake.front.NodeCertificates;
import dev.keepsake.front.NodeFront;
import dev.keepsake.front.NodeTls;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.shard.EngineEntries;
import dev.keepsake.shard.ShardNode;
import dev.keepsake.shard.ShardNodeConfig;
import dev.keepsake.shard.SnapshotStore;
import dev.keepsake.shard.Snapshotter;
import dev.keepsake.shard.UnitRoom;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes what runs match what is recorded. One thread owns all of it: it looks at the records after
/// every change, compares them with what runs, and takes the next step; what nodes report comes
/// back to it. Each step is recorded when it is done, and may be reported again after a restart, so
/// a fleet that died in the middle of anything goes on from there.
public final class Fleet implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);
    private static final String FEED_USER = "feed";
    private static final long REWRITE_CONTROL_AFTER_BYTES = 16L << 20;
    private static final int UNDECIDED_MAX_BYTES = 64 << 20;

    // Of all shards. One more costs as much memory as the longest that there may be.
    private static final int LARGE_UNITS_AT_ONCE = 2;
    private static final long RETRY_MS = 1_000;
    private static final long SNAPSHOT_CHECK_MS = 500;
    private static final long SCHEDULE_CHECK_MS = 1_000;
    private static final long RENEWAL_CHECK_MS = 60_000;
    private static final long PACE_CHECK_MS = 200;
    private static final long CLOSE_WITHIN_MS = 4_000;
    private static final int UNREPORTED_MAX = 1_000;

    private final FleetConfig config;
    private final LogFactory logs;
    private final EngineLauncher launcher;
    private final Engines engines;
    private final Transport transport;
    private final NodeCertificates certificates;
    private final NodeTls tls;
    private final ClientRoom room;
    private final Clock clock;
    private final RandomGenerator random;
    private final ThreadFactory virtualThreads;
    private final ScheduledExecutorService thread;
    private final ControlJournal control;
    private final CommandTables commands;
    private final Places places;
    private final OtherProcess other;
    private final Map<ClusterId, ClusterRuntime> running = new HashMap<>();
    private final Map<ClusterId, String> complaints = new HashMap<>();
    private final Map<ClusterId, Long> failingSinceNs = new HashMap<>();
    private final Map<ClusterId, Set<EngineStamp>> writersFound = new HashMap<>(); // in logs
    private final ArrayDeque<Function<ControlPlane, Decision<?>>> unreported = new ArrayDeque<>();
    private final UnitRoom unitRoom = new UnitRoom(LARGE_UNITS_AT_ONCE);
    private final SnapshotFiles snapshotFiles;
    private final Fillings fillings;
    private final RulesEngine rules;
    private final Set<SnapshotId> snapshotsUnderWay = new HashSet<>();
    private volatile boolean closed;
    private boolean snapshotUnderWay;
    private boolean retryDue;
    private boolean reportDue;

    private Fleet(
            FleetConfig config,
            LogFactory logs,
            EngineLauncher launcher,
            Engines engines,
            Transport transport,
            CertificateAuthority authority,
            ClientRoom room,
            Clock clock,
            RandomGenerator random,
            FaultHandler faults)
            throws IOException {
        this.config = config;
        this.logs = logs;
        this.launcher = launcher;
        this.engines = engines;
        this.transport = transport;
        this.certificates = new NodeCertificates(authority);
        this.tls = certificates.issue(config.commonNames());
        this.room = room;
        this.clock = clock;
        this.random = random;
        this.virtualThreads = Thread.ofVirtual().name("node-", 0).factory();
        this.commands =
                new CommandTables(
                        engines,
                        new EngineExaminer(
                                launcher, EngineExaminer.directoryIn(config.dataDirectory())),
                        virtualThreads);
        var callerFiles = new CallerFiles(config.tuning().restoreFrom());
        this.snapshotFiles =
                new SnapshotFiles(config.dataDirectory(), buckets(config, clock), callerFiles);
        this.fillings = new Fillings(snapshotFiles, launcher, virtualThreads, new ToBeFilled());
        this.rules =
                new RulesEngine(
                        launcher,
                        engines.all().stream()
                                .map(program ->
                                        helper("rules", config.dataDirectory(), program, Map.of()))
                                .toList());
        this.places =
                new Places(
                        config.host(),
                        config.firstPort(),
                        config.lastPort(),
                        config.anywhere() ? random : null,
                        config.nodeAddresses());
        this.thread =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("fleet").daemon().factory());
        var state = new ControlState();
        var name = "control-" + Directories.nameOf(config.dataDirectory(), random);
        this.control =
                ControlJournal.open(
                        name,
                        openControlLog(),
                        state,
                        new ControlPlane(
                                state,
                                config.tuning().failoverQuota(),
                                this::nearest,
                                config.tuning().strictEngines(),
                                config.tuning().statusPace(),
                                places.asDecided(),
                                callerFiles.asDecided()),
                        faults,
                        this::wake,
                        REWRITE_CONTROL_AFTER_BYTES);
        this.other = otherProcess(logs, name, control.predecessor());
    }

    /// A server has its data directory for itself, so whoever used this one before has ended.
    private static OtherProcess otherProcess(LogFactory logs, String name, String predecessor) {
        if (logs.isExclusive()) {
            return OtherProcess.NONE;
        }
        boolean ended = predecessor.isEmpty() || predecessor.equals(name);
        return ended ? OtherProcess.ENDED : OtherProcess.MAY_LEAD;
    }

    /// Opens the log of the records. One that is gone would be taken for a new one, and every
    /// cluster with it; but their directories tell that there were some.
    private TransactionLog openControlLog() throws IOException {
        var directory = config.dataDirectory().resolve("control");
        var clusters = config.dataDirectory().resolve("clusters");
        if (!Directories.holdNothing(clusters) && logs.holdsNothing(directory)) {
            throw new IOException(
                    "the control log in %s is gone, but there are clusters in %s; restore the directory, or start with another data directory"
                            .formatted(logs.placeOf(directory), clusters));
        }
        return logs.open(directory);
    }

    /// Reads the records and starts every cluster in them. Returns when their nodes listen; that
    /// they serve takes as long as their engines need to read the log.
    ///
    /// @param engines what this machine has
    /// @param authority vouches for the nodes
    public static Fleet start(
            FleetConfig config,
            LogFactory logs,
            EngineLauncher launcher,
            Engines engines,
            Transport transport,
            CertificateAuthority authority,
            ClientRoom room,
            Clock clock,
            RandomGenerator random,
            FaultHandler faults)
            throws IOException {
        var fleet =
                new Fleet(
                        config, logs, launcher, engines, transport, authority, room, clock, random,
                        faults);
        fleet.control.read(state -> {
            for (var cluster : state.clusters()) {
                if (cluster.endpoints() != null) {
                    fleet.places.take(cluster.endpoints());
                }
            }
            return true;
        });
        fleet.noteStart();
        fleet.wake();
        fleet.thread.scheduleWithFixedDelay(
                fleet::takeStalestSnapshot,
                SNAPSHOT_CHECK_MS,
                SNAPSHOT_CHECK_MS,
                TimeUnit.MILLISECONDS);
        fleet.thread.scheduleWithFixedDelay(
                fleet.certificates::renewDue, 0, RENEWAL_CHECK_MS, TimeUnit.MILLISECONDS);
        fleet.thread.scheduleWithFixedDelay(
                fleet::askForDueSnapshots, 0, SCHEDULE_CHECK_MS, TimeUnit.MILLISECONDS);
        if (!config.tuning().statusPace().isInstant()) {
            fleet.thread.scheduleWithFixedDelay(
                    fleet::reconcileAll, PACE_CHECK_MS, PACE_CHECK_MS, TimeUnit.MILLISECONDS);
        }
        return fleet;
    }

    /// Asks an engine about access strings, for the API.
    public AccessStringCheck accessStrings() {
        return rules;
    }

    /// The control plane, for the API.
    public ControlService control() {
        return control;
    }

    /// Ends every engine and listener, then the records. Idempotent, and bounded in time.
    @Override
    public void close() {
        try {
            thread.submit(this::closeAll).get(CLOSE_WITHIN_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            LOG.warn("the fleet did not close in order reason={}", e.toString());
        }
        thread.shutdownNow();
        control.close();
    }

    private void closeAll() {
        closed = true;
        // First, for ending may be cut short. Behind everything else that waits to be recorded: if
        // that cannot be, the next server has to find out what is missing, as after a kill.
        var now = clock.now();
        report(plane -> plane.serverStopped(now));
        fillings.close();
        snapshotFiles.close();
        running.values().forEach(ClusterRuntime::close);
        running.clear();
        places.close();
    }

    /// Whoever calls the API has to see at once what has yet to recover.
    private void noteStart() throws IOException {
        var now = clock.now();
        try {
            thread.submit(() -> report(plane -> plane.serverStarted(now))).get();
        } catch (ExecutionException e) {
            throw new IOException("the control plane cannot begin", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the control plane begins", e);
        }
    }

    // ---- comparing what is recorded with what runs

    private void wake() {
        if (!thread.isShutdown()) {
            thread.execute(this::reconcileAll);
        }
    }

    private void reconcileAll() {
        if (closed) {
            return;
        }
        for (var cluster : control.read(ControlState::clusters)) {
            try {
                reconcile(cluster);
            } catch (IOException | RuntimeException e) {
                complain(cluster.spec().id(), e);
                if (!(e instanceof ControlUnavailableException)) {
                    giveUpWhenNew(cluster.spec().id());
                }
                retryLater();
            }
        }
        releasePorts();
        try {
            settle();
            advanceSnapshots();
        } catch (ControlUnavailableException e) {
            LOG.warn("changes wait to be recorded reason={}", e.getMessage());
            retryLater();
        }
    }

    /// Looks at everything again after a pause. One pause at a time: with one for each failure,
    /// every look at several clusters that fail would bring several more.
    private void retryLater() {
        if (!retryDue) {
            retryDue = true;
            thread.schedule(
                    () -> {
                        retryDue = false;
                        reconcileAll();
                    },
                    RETRY_MS,
                    TimeUnit.MILLISECONDS);
        }
    }

    /// Says what is wrong with a cluster, once for each thing that is.
    private void complain(ClusterId id, Exception e) {
        var reason = String.valueOf(e.getMessage());
        if (!reason.equals(complaints.put(id, reason))) {
            LOG.error("cluster={} cannot run, it is tried again reason={}", id.name(), reason, e);
        }
    }

    /// A new cluster that cannot be started for some time fails; others are tried for ever, because
    /// they hold data.
    private void giveUpWhenNew(ClusterId id) {
        var cluster = control.read(state -> state.cluster(id)).orElse(null);
        if (cluster == null || cluster.status() != ClusterState.Status.CREATING) {
            return;
        }
        long nowNs = clock.nowNs();
        long sinceNs = failingSinceNs.computeIfAbsent(id, first -> nowNs);
        if (nowNs - sinceNs > config.tuning().createWithinNs()) {
            report(plane -> plane.createFailed(id, clock.now()));
            endIfFailed(cluster);
        }
    }

    /// Once it is recorded, and only then: until then the next failure brings us back here.
    private void endIfFailed(ClusterState before) {
        var id = before.spec().id();
        boolean failed =
                control.read(state -> state.cluster(id))
                        .filter(now -> now.status() == ClusterState.Status.CREATE_FAILED)
                        .isPresent();
        if (!failed) {
            return;
        }
        var runtime = running.remove(id);
        if (runtime != null) {
            runtime.close();
        }
        complaints.remove(id);
        failingSinceNs.remove(id);
        if (before.endpoints() != null) {
            places.giveBack(before.endpoints());
        }
    }

    private void reconcile(ClusterState cluster) throws IOException {
        var id = cluster.spec().id();
        switch (cluster.status()) {
            case CREATING -> {
                if (running.containsKey(id) || fillings.isFilled(cluster.spec())) {
                    run(cluster);
                }
            }
            case AVAILABLE, UPDATING, SNAPSHOTTING -> run(cluster);
            case CREATE_FAILED, RESTORE_FAILED -> {}
            case DELETING -> {
                if (control.query(plane -> plane.snapshots().isAwaited(id))) {
                    run(cluster);
                } else if (fillings.giveUp(id) && !isBeingSnapshotted(id)) {
                    remove(cluster);
                }
            }
        }
    }

    /// Lets everything of a cluster run, as it is recorded.
    private void run(ClusterState cluster) throws IOException {
        var id = cluster.spec().id();
        var endpoints = cluster.endpoints();
        if (endpoints == null || !hasPorts(cluster.spec(), endpoints)) {
            assignPorts(cluster.spec(), endpoints);
            return; // which wakes us
        }
        var runtime = running.get(id);
        if (runtime == null) {
            startOnWhatCanGoOn(cluster, endpoints);
        } else {
            runtime.become(cluster.spec(), endpoints);
            runtime.wantParameters(control.query(plane -> plane.parameters().of(cluster.spec())));
            runtime.configure(() -> advanceOrRetry(id));
            var rulesNow = control.query(plane -> plane.access().rulesOf(cluster));
            if (!rulesNow.equals(runtime.access())) {
                runtime.permit(rulesNow, () -> advanceOrRetry(id));
            }
            addMissingNodes(cluster.spec(), runtime);
        }
        advance(id);
    }

    private void addMissingNodes(ClusterSpec spec, ClusterRuntime runtime) throws IOException {
        for (var shardSpec : spec.shards()) {
            var shard = runtime.shard(shardSpec.name());
            if (shard == null) {
                continue;
            }
            for (var nodeSpec : shardSpec.nodes()) {
                if (shard.node(nodeSpec.name()).isEmpty()) {
                    LOG.info("cluster={} adds node={}", spec.id().name(), nodeSpec.name());
                    shard.add(node(runtime, shardSpec, nodeSpec, shard));
                }
            }
        }
    }

    private static boolean hasPorts(ClusterSpec spec, Endpoints endpoints) {
        return spec.shards().stream()
                .flatMap(shard -> shard.nodes().stream())
                .allMatch(node -> endpoints.nodePorts().containsKey(node.name()));
    }

    private void assignPorts(ClusterSpec spec, @Nullable Endpoints before) {
        Endpoints found;
        try {
            found = places.find(spec, before);
        } catch (Places.UsedUpException e) { // somebody else took them after the call was accepted
            LOG.warn("cluster={} has no ports reason={}", spec.id().name(), e.getMessage());
            String reason = String.valueOf(e.getMessage());
            control.decide(plane -> plane.portsMissing(spec.id(), reason, clock.now()));
            return;
        }
        try {
            control.decide(plane -> plane.endpointsAssigned(spec.id(), found, clock.now()));
        } catch (ControlUnavailableException e) {
            giveBackNew(found, before);
            throw e;
        }
        if (before == null) {
            places.recorded(spec, found);
        }
        if (before == null && found.clusterPort() != spec.requestedPort()) {
            LOG.warn(
                    "cluster={} does not listen on the port that it is to have, which is taken"
                            + " port={} instead={}",
                    spec.id().name(),
                    spec.requestedPort(),
                    found.clusterPort());
        }
    }

    /// Those of calls that came to nothing, and of clusters that are not being created any more.
    private void releasePorts() {
        for (var id : places.asked().holders()) { // first, for calls may be decided meanwhile
            boolean wanted =
                    control.read(state -> state.cluster(id))
                            .filter(found -> found.status() == ClusterState.Status.CREATING)
                            .isPresent();
            if (!wanted) {
                places.asked().release(id);
            }
        }
    }

    private void giveBackNew(Endpoints found, @Nullable Endpoints before) {
        if (before == null) {
            places.giveBack(found);
            return;
        }
        var news = new HashSet<>(found.nodePorts().keySet());
        news.removeAll(before.nodePorts().keySet());
        places.giveBack(found, news);
    }

    /// As [#advance]; when that cannot be recorded now, it is looked at again.
    private void advanceOrRetry(ClusterId id) {
        try {
            advance(id);
            settle();
            advanceSnapshots();
        } catch (ControlUnavailableException e) {
            complain(id, e);
            retryLater();
        }
    }

    /// Records an event as soon as that is possible, in the order of the calls. When too many wait,
    /// the oldest is given up: events inform, and nothing is decided by them.
    private void report(Function<ControlPlane, Decision<?>> event) {
        if (unreported.size() == UNREPORTED_MAX) {
            unreported.removeFirst();
        }
        unreported.addLast(event);
        reportAll();
    }

    private void reportAll() {
        while (!unreported.isEmpty()) {
            var event = unreported.getFirst();
            try {
                control.decide(plane -> withoutResponse(event.apply(plane)));
            } catch (ControlUnavailableException e) {
                LOG.warn("events wait to be recorded count={}", unreported.size());
                reportLater();
                return;
            }
            unreported.removeFirst();
        }
    }

    private void reportLater() {
        if (!reportDue) {
            reportDue = true;
            thread.schedule(
                    () -> {
                        reportDue = false;
                        reportAll();
                    },
                    RETRY_MS,
                    TimeUnit.MILLISECONDS);
        }
    }

    private static Decision<Boolean> withoutResponse(Decision<?> decision) {
        return new Decision<>(decision.records(), true);
    }

    /// Records whatever has been reached since the last look.
    private void advance(ClusterId id) {
        var cluster = control.read(state -> state.cluster(id)).orElse(null);
        var runtime = running.get(id);
        if (cluster == null || runtime == null) {
            return;
        }
        if (cluster.status() == ClusterState.Status.CREATING && runtime.isServing()) {
            control.decide(plane ->
                    plane.clusterProvisioned(id, runtime.engine().installed(), clock.now()));
        }
        if (cluster.isUp() && !isRecorded(runtime.engine(), cluster) && runtime.isServing()) {
            control.decide(
                    plane -> plane.clusterRuns(id, runtime.engine().installed(), clock.now()));
        }
        if (cluster.update() != null) {
            advanceUpdate(cluster, cluster.update(), runtime);
        }
        if (cluster.parametersPending() && runtime.isServing()) {
            var wanted = runtime.parameters();
            if (runtime.view().areParametersApplied()) {
                control.decide(plane -> plane.parameters().settle(id, wanted, clock.now()));
            } else {
                runtime.configure(() -> advanceOrRetry(id));
            }
        }
        noteWhoServes(cluster, runtime);
        if (cluster.failover() != null) {
            var shard = runtime.shard(cluster.failover().shard());
            if (shard != null) {
                advanceFailover(
                        cluster.spec(),
                        shard,
                        cluster.failover().failing(),
                        cluster.failover().promoted());
            }
        }
    }

    private static boolean isRecorded(StampedEngine engine, ClusterState cluster) {
        return engine.binary().version().equals(cluster.enginePatchVersion())
                && engine.binary().name().equals(cluster.engineName());
    }

    /// Records primaries that nobody asked for, and nodes that are back. Looks at what is, rather
    /// than waiting to be told, so that neither a restart nor a log without room leaves one out.
    private void noteWhoServes(ClusterState cluster, ClusterRuntime runtime) {
        var id = cluster.spec().id();
        for (var shard : cluster.spec().shards()) {
            var running = runtime.shard(shard.name());
            var leader = running == null ? null : running.leader().orElse(null);
            if (leader != null
                    && leader.isServing()
                    && !leader.name().equals(cluster.primaryOf(shard))) {
                control.decide(plane -> plane.failedOver(id, leader.name(), clock.now()));
            }
        }
        for (var node : runtime.nodes()) {
            if (node.isServing() && cluster.recovering().contains(node.name())) {
                control.decide(plane -> plane.nodeRecovered(id, node.name(), clock.now()));
            }
        }
    }

    /// Takes nodes out of shards that have more than they are to have, and says when everything is
    /// as it was asked for.
    private void advanceUpdate(ClusterState cluster, ClusterUpdate update, ClusterRuntime runtime) {
        var id = cluster.spec().id();
        if (!runtime.isServing()) {
            return;
        }
        var leaving = new ArrayList<String>();
        for (var shard : runtime.shards()) {
            var replicas =
                    shard.nodes().stream()
                            .map(NodeRuntime::name)
                            .filter(name -> !name.equals(shard.lastLeader()))
                            .sorted()
                            .toList();
            leaving.addAll(
                    replicas.subList(
                            Math.min(update.replicasPerShard(), replicas.size()), replicas.size()));
        }
        if (!leaving.isEmpty()) {
            removeNodes(cluster, runtime, leaving);
        } else if (runtime.view().isAccessApplied()
                && runtime.access()
                        .equals(control.query(plane -> plane.access().rulesOf(cluster)))) {
            control.decide(plane -> plane.clusterUpdated(id, clock.now()));
        }
    }

    private void removeNodes(ClusterState cluster, ClusterRuntime runtime, List<String> leaving) {
        var id = cluster.spec().id();
        for (var shard : runtime.shards()) {
            for (String name : leaving) {
                shard.node(name).ifPresent(shard::remove);
            }
        }
        control.decide(plane -> plane.nodesLeft(id, leaving, clock.now()));
        var before = runtime.endpoints();
        control.read(state -> state.cluster(id))
                .ifPresent(changed -> runtime.become(changed.spec(), before.without(leaving)));
        places.giveBack(before, leaving);
    }

    /// Reports whom nodes let in, so that changes of users and ACLs come to their end.
    private void settle() {
        if (!control.query(plane -> plane.access().isUnsettled())) {
            return;
        }
        var applied = new HashMap<ClusterId, List<AccessRule>>();
        var behind = new HashSet<ClusterId>();
        running.forEach((id, runtime) -> {
            applied.put(id, runtime.access());
            if (!runtime.view().isAccessApplied()) {
                behind.add(id);
            }
        });
        control.decide(plane -> plane.access().settle(applied, behind, clock.now()));
    }

    // ---- filling new clusters

    private static Buckets buckets(FleetConfig config, Clock clock) {
        return config.s3() == null
                ? new DirectoryBuckets(config.dataDirectory().resolve("buckets"))
                : new S3Buckets(config.s3(), clock);
    }

    /// What is known of clusters that have to be filled.
    private final class ToBeFilled implements Fillings.Clusters {
        @Override
        public Path directoryOf(ClusterId id) {
            return Fleet.this.directoryOf(id);
        }

        @Override
        public EngineSpec engineFor(ClusterSpec spec, ShardSpec shard) {
            return helper(
                    "%s-%s-fill".formatted(spec.id().name(), shard.name()),
                    directoryOf(spec.id()),
                    engines.nearest(spec.engine(), spec.engineVersion()),
                    Map.of(
                            "enable-debug-command", "local",
                            "sanitize-dump-payload", "yes")); // others made the files
        }

        @Override
        public EngineStamp fillerOf(ClusterSpec spec) {
            return stamped(engines.nearest(spec.engine(), spec.engineVersion())).stamp();
        }

        @Override
        public long capacityBytes(ClusterSpec spec) {
            long nodeBytes = config.tuning().maxmemoryBytes(spec.nodeType());
            return nodeBytes == 0 ? Long.MAX_VALUE : nodeBytes * spec.shards().size();
        }

        @Override
        public void onFilled(ClusterId id) {
            reconcileAll();
        }

        @Override
        public void onNotFilled(ClusterId id, String reason) {
            var now = clock.now();
            report(plane -> plane.restoreFailed(id, reason, now));
            reconcileAll(); // it may be waited for by a deletion
        }

        @Override
        public void inFleet(Runnable action) {
            inThread(action);
        }
    }

    /// An engine that serves nobody.
    private EngineSpec helper(
            String name, Path directory, EngineBinary program, Map<String, String> parameters) {
        return new EngineSpec(
                name,
                directory.resolve("engine-" + name),
                0,
                FEED_USER,
                newPassword(),
                program,
                parameters);
    }

    private StampedEngine stamped(EngineBinary engine) {
        return StampedEngine.of(engine, engines.factsOf(engine));
    }

    private InstalledEngines.Installed nearest(String engine, String version) {
        return stamped(engines.nearest(engine, version)).installed();
    }

    private void advanceFailover(
            ClusterSpec spec,
            ShardRuntime shard,
            @Nullable String failing,
            @Nullable String promoted) {
        var id = spec.id();
        var leader = shard.leader().orElse(null);
        if (failing == null) {
            if (leader != null && leader.isServing() && shard.view().hasSuccessor()) {
                control.decide(plane -> plane.failoverBegun(id, leader.name()));
                shard.failLeader(
                        ControlPlane.failoverMode(spec).orElse(config.tuning().failoverMode()));
            }
        } else if (promoted == null) {
            if (leader == null || !leader.isServing()) {
                return;
            }
            if (leader.name().equals(failing)) {
                // A restart came between the record and the deed, or no replica was there in time.
                // The primary answers until one is: failing again would only have it win again.
                if (shard.view().hasSuccessor()) {
                    shard.failLeader(FailoverMode.CRASH);
                }
            } else {
                control.decide(
                        plane -> plane.failoverPromoted(id, failing, leader.name(), clock.now()));
            }
        } else if (shard.node(failing).map(NodeRuntime::isServing).orElse(false)) {
            control.decide(plane -> plane.failoverFinished(id, failing, clock.now()));
        }
    }

    private void remove(ClusterState cluster) throws IOException {
        var id = cluster.spec().id();
        var runtime = running.remove(id);
        if (runtime != null) {
            runtime.closeAndFreePort();
        }
        launcher.killBelow(directoryOf(id)); // those that are being launched, too
        for (var shard : cluster.spec().shards()) {
            logs.delete(directoryOf(id).resolve(shard.name()));
        }
        SnapshotFiles.Trees.delete(directoryOf(id));
        fillings.forget(id);
        complaints.remove(id);
        failingSinceNs.remove(id);
        writersFound.remove(id);
        control.decide(plane -> plane.clusterRemoved(id, clock.now()));
        var endpoints = cluster.endpoints();
        if (endpoints != null && control.read(state -> state.cluster(id)).isEmpty()) {
            places.giveBack(endpoints);
        }
    }

    private Path directoryOf(ClusterId id) {
        return config.dataDirectory()
                .resolve("clusters")
                .resolve(id.region())
                .resolve(id.name() + "-" + id.incarnation());
    }

    // ---- snapshots

    /// Takes a snapshot of the shard that needs it most, if one does. One at a time: each needs the
    /// memory of a whole shard.
    private void takeStalestSnapshot() {
        if (closed || snapshotUnderWay) {
            return;
        }
        running.values().stream()
                .flatMap(runtime -> runtime.shards().stream())
                .filter(shard -> shard.snapshots().backoff().isOver(clock.nowNs()))
                .filter(shard -> shard.snapshots().overdueBytes() > 0)
                .max(Comparator.comparingLong(shard -> shard.snapshots().overdueBytes()))
                .ifPresent(shard -> {
                    snapshotUnderWay = true;
                    virtualThreads.newThread(() -> takeSnapshot(shard)).start();
                });
    }

    private void takeSnapshot(ShardRuntime shard) {
        Exception failure = null;
        try {
            shard.takeSnapshot();
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
        var found = failure;
        inThread(() -> {
            snapshotUnderWay = false;
            noteSnapshot(shard, found);
        });
    }

    /// One that failed is not tried again at once: each try restores a whole shard, and what is
    /// wrong with a disk seldom passes within a second.
    private void noteSnapshot(ShardRuntime shard, @Nullable Exception failure) {
        if (failure == null) {
            shard.snapshots().backoff().succeeded();
        } else if (!shard.isClosed()) {
            long pauseMs =
                    TimeUnit.NANOSECONDS.toMillis(
                            shard.snapshots().backoff().failed(clock.nowNs()));
            LOG.error(
                    "shard={} has no new snapshot, its log grows next_try_ms={}",
                    shard.name(),
                    pauseMs,
                    failure);
        }
    }

    // ---- snapshots of clusters

    private void askForDueSnapshots() {
        if (closed) {
            return;
        }
        try {
            control.decide(plane -> plane.snapshots().due(clock.now(), random));
            advanceSnapshots(); // one may have waited for the machine or its cluster
        } catch (ControlUnavailableException e) {
            LOG.warn("the schedule of snapshots waits reason={}", e.getMessage());
        }
    }

    /// Goes on with every snapshot that is asked for: each in its turn, as its cluster and the
    /// machine allow.
    private void advanceSnapshots() {
        for (var snapshot : control.read(ControlState::allSnapshots)) {
            if (snapshotsUnderWay.contains(snapshot.id())) {
                continue;
            }
            switch (snapshot.status()) {
                case CREATING -> {
                    if (snapshot.hasFiles()) {
                        continue; // it is available as soon as the pace allows
                    }
                    var runtime = running.get(snapshot.cluster().id());
                    if (runtime == null) {
                        giveUpWithoutCluster(snapshot);
                    } else if (!snapshotUnderWay && runtime.isServing()) {
                        snapshotUnderWay = true;
                        begin(snapshot, () -> take(snapshot, runtime));
                    }
                }
                case COPYING -> {
                    if (!snapshot.hasFiles()) {
                        begin(snapshot, () -> copy(snapshot));
                    }
                }
                case DELETING -> begin(snapshot, () -> delete(snapshot.id()));
                case AVAILABLE, FAILED -> {}
            }
        }
    }

    private void giveUpWithoutCluster(ClusterSnapshot snapshot) {
        var cluster = snapshot.cluster().id();
        if (control.read(state -> state.cluster(cluster)).isEmpty()) {
            control.decide(plane -> plane.snapshots().failed(snapshot.id(), clock.now()));
        }
    }

    private boolean isBeingSnapshotted(ClusterId cluster) {
        return control.read(ControlState::allSnapshots).stream()
                .anyMatch(snapshot ->
                        snapshot.cluster().id().equals(cluster)
                                && snapshot.copyOf() == null
                                && snapshot.status() == ClusterSnapshot.Status.CREATING
                                && snapshotsUnderWay.contains(snapshot.id()));
    }

    private void begin(ClusterSnapshot snapshot, Runnable work) {
        snapshotsUnderWay.add(snapshot.id());
        virtualThreads
                .newThread(() -> {
                    work.run();
                    inThread(() -> {
                        snapshotsUnderWay.remove(snapshot.id());
                        if (snapshot.status() == ClusterSnapshot.Status.CREATING) {
                            snapshotUnderWay = false;
                        }
                        if (snapshot.status() != ClusterSnapshot.Status.DELETING) {
                            reconcileAll(); // what cannot be deleted is tried at the next look
                        }
                    });
                })
                .start();
    }

    /// Every shard's internal snapshot, which is verified, is what the cluster's consists of.
    private void take(ClusterSnapshot snapshot, ClusterRuntime runtime) {
        try {
            var unfinished = snapshotFiles.unfinished(snapshot.id());
            var shards = new ArrayList<SnapshotShard>();
            for (var shard : runtime.shards()) {
                shard.takeSnapshot();
                var file = shard.snapshots().store().newest().orElseThrow().file();
                long bytes = SnapshotFiles.copy(file, unfinished.resolve(shard.name() + ".rdb"));
                var spec =
                        snapshot.cluster().shards().stream()
                                .filter(candidate -> candidate.name().equals(shard.name()))
                                .findFirst()
                                .orElseThrow();
                shards.add(
                        new SnapshotShard(
                                shard.name(),
                                spec.slots(),
                                spec.nodes().size() - 1,
                                bytes,
                                clock.now()));
            }
            snapshotFiles.finish(snapshot.id());
            inThread(() -> {
                var now = clock.now();
                report(plane -> plane.snapshots().taken(snapshot.id(), shards, now));
            });
        } catch (IOException | RuntimeException e) {
            failed(snapshot, e);
        }
    }

    private void copy(ClusterSnapshot copy) {
        try {
            var from =
                    control.read(ControlState::allSnapshots).stream()
                            .filter(source -> source.id().equals(copy.copyOf()))
                            .findFirst()
                            .orElseThrow(() -> new IOException("what is to be copied is gone"));
            var shards = snapshotFiles.copy(from, copy.id());
            if (copy.bucket() != null) {
                snapshotFiles.export(copy.id(), shards, copy.bucket());
            }
            inThread(() -> {
                var now = clock.now();
                report(plane -> plane.snapshots().taken(copy.id(), shards, now));
            });
        } catch (IOException | RuntimeException e) {
            failed(copy, e);
        }
    }

    private void failed(ClusterSnapshot snapshot, Exception e) {
        if (closed) {
            return; // it is taken when the records are read again
        }
        LOG.error("snapshot={} failed", snapshot.id().name(), e);
        inThread(() -> {
            var now = clock.now();
            report(plane -> plane.snapshots().failed(snapshot.id(), now));
        });
    }

    private void delete(SnapshotId id) {
        try {
            snapshotFiles.delete(id);
            inThread(() -> {
                var now = clock.now();
                report(plane -> plane.snapshots().removed(id, now));
            });
        } catch (IOException e) {
            LOG.error("snapshot={} cannot be deleted", id.name(), e);
        }
    }

    private void inThread(Runnable action) {
        try {
            thread.execute(action);
        } catch (RejectedExecutionException e) {
            LOG.debug("the fleet has ended");
        }
    }

    // ---- starting

    /// Starts a cluster on the engine that [EngineChoice] says; not at all when there is none.
    private void startOnWhatCanGoOn(ClusterState cluster, Endpoints endpoints) throws IOException {
        var id = cluster.spec().id();
        while (true) {
            var writers = new ArrayList<>(writersFound.getOrDefault(id, Set.of()));
            writers.addAll(writersOfSnapshots(cluster));
            switch (EngineChoice.of(cluster, writers, engines)) {
                case EngineChoice.Missing(var needed) -> {
                    announceEngineMissing(cluster, needed);
                    return;
                }
                case EngineChoice.Chosen(var engine) -> {
                    try {
                        start(cluster, endpoints, engine);
                        return;
                    } catch (NewerEngineException e) { // as its log says, so that it is not again
                        noteWriter(id, e.needed());
                    }
                }
            }
        }
    }

    /// Ends what runs on an engine that cannot go on with what another has written meanwhile, as
    /// another process does; it may be started on another engine.
    private void endFor(ClusterRuntime runtime, EngineStamp needed) {
        var id = runtime.spec().id();
        noteWriter(id, needed);
        if (running.remove(id, runtime)) {
            runtime.close();
            reconcileAll();
        }
    }

    private void noteWriter(ClusterId id, EngineStamp wrote) {
        writersFound.computeIfAbsent(id, _ -> new HashSet<>()).add(wrote);
    }

    private List<EngineStamp> writersOfSnapshots(ClusterState cluster) throws IOException {
        var writers = new ArrayList<EngineStamp>();
        for (var shard : cluster.spec().shards()) {
            var directory = snapshotsOf(cluster.spec().id(), shard);
            if (!Files.isDirectory(directory)) {
                continue; // it has yet to be started
            }
            var newest = SnapshotStore.open(directory).newest();
            if (newest.isPresent()) {
                newest.get().writer().ifPresent(writers::add);
            }
        }
        return writers;
    }

    private Path snapshotsOf(ClusterId id, ShardSpec shard) {
        return directoryOf(id).resolve(shard.name() + "-snapshots");
    }

    /// Nothing of the cluster runs: nodes would load for ever, or leave out what they do not know.
    private void announceEngineMissing(ClusterState cluster, EngineStamp needed)
            throws IOException {
        var id = cluster.spec().id();
        var reason =
                "The data were written by %s (RDB version %d), which none of the engines here can go on from (%s); %s."
                        .formatted(
                                needed,
                                needed.rdbVersion(),
                                engines.all().stream()
                                        .map(each -> each.name() + " " + each.version())
                                        .distinct()
                                        .collect(Collectors.joining(", ")),
                                NewerEngineException.wayOut(needed));
        if (cluster.status() == ClusterState.Status.CREATING) {
            throw new IOException(reason); // it is given up after a while
        }
        control.decide(plane ->
                plane.engineMissing(
                        id,
                        new EngineRelease(needed.name(), needed.version()),
                        reason,
                        clock.now()));
        if (!reason.equals(complaints.put(id, reason))) {
            LOG.error("cluster={} is not started reason={}", id.name(), reason);
        }
    }

    private void start(ClusterState cluster, Endpoints endpoints, StampedEngine engine)
            throws IOException {
        var spec = cluster.spec();
        var runtime =
                new ClusterRuntime(
                        spec,
                        endpoints,
                        engine,
                        control.query(plane -> plane.parameters().of(spec)),
                        control.query(plane -> plane.access().rulesOf(cluster)),
                        config.tuning().topologyLagNs(),
                        clock,
                        thread);
        running.put(spec.id(), runtime);
        try {
            start(cluster, runtime);
            complaints.remove(spec.id());
            failingSinceNs.remove(spec.id());
        } catch (IOException | RuntimeException e) {
            running.remove(spec.id());
            runtime.close();
            throw e;
        }
    }

    private void start(ClusterState cluster, ClusterRuntime runtime) throws IOException {
        var spec = cluster.spec();
        for (var shardSpec : spec.shards()) {
            runtime.add(open(cluster, shardSpec, runtime));
        }
        control.decide(plane ->
                plane.clusterStarted(spec.id(), runtime.engine().installed(), clock.now()));
        for (var shardSpec : spec.shards()) {
            var shard = requireNonNull(runtime.shard(shardSpec.name()));
            var nodes = new ArrayList<NodeRuntime>();
            for (var nodeSpec : shardSpec.nodes()) {
                nodes.add(node(runtime, shardSpec, nodeSpec, shard));
            }
            shard.start(nodes);
        }
        runtime.topology().publish();
        var endpoint =
                new ClusterEndpoint(
                        transport.group().next(), transport, runtime.topology()::serving);
        runtime.listenAt(endpoint);
        listen(runtime, endpoint, false);
    }

    /// Until it succeeds: somebody else may have had the port while this server was down. Clients
    /// were told of that port and of no other, so nothing else can be listened on instead.
    ///
    /// @param announced whether it is said already that it does not listen
    private void listen(ClusterRuntime runtime, ClusterEndpoint endpoint, boolean announced) {
        var id = runtime.spec().id();
        if (running.get(id) != runtime) {
            return; // it has ended meanwhile
        }
        var address =
                new InetSocketAddress(
                        runtime.endpoints().host(), runtime.endpoints().clusterPort());
        endpoint.bind(address)
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        inThread(() -> {
                            if (!announced) {
                                announceMissing(id, address, failure);
                            }
                            thread.schedule(
                                    () -> listen(runtime, endpoint, true),
                                    RETRY_MS,
                                    TimeUnit.MILLISECONDS);
                        });
                    } else if (announced) {
                        inThread(() -> {
                            LOG.info("cluster={} listens again address={}", id.name(), address);
                            var now = clock.now();
                            report(plane -> plane.endpointBack(id, now));
                        });
                    }
                });
    }

    private void announceMissing(ClusterId id, InetSocketAddress address, Throwable failure) {
        LOG.warn(
                "cluster={} does not listen at its endpoint, which is tried again; end the program"
                        + " that has the port, or use the ports of the nodes port={} address={}"
                        + " reason={}",
                id.name(),
                address.getPort(),
                address,
                failure.getMessage());
        var now = clock.now();
        report(plane -> plane.endpointMissing(id, now));
    }

    private ShardRuntime open(ClusterState cluster, ShardSpec shardSpec, ClusterRuntime runtime)
            throws IOException {
        var spec = cluster.spec();
        var directory = directoryOf(spec.id());
        var logDirectory = directory.resolve(shardSpec.name());
        boolean hasRun = cluster.enginePatchVersion() != null;
        if (hasRun && logs.holdsNothing(logDirectory)) {
            throw new IOException(
                    "the log in %s is gone, though cluster %s was available before; restore the directory, or delete the cluster"
                            .formatted(logs.placeOf(logDirectory), spec.id().name()));
        }
        var log = logs.open(logDirectory);
        SnapshotStore snapshots;
        try {
            snapshots = SnapshotStore.open(snapshotsOf(spec.id(), shardSpec));
            checkLogIsWhole(logs.placeOf(logDirectory), log.tail(), snapshots);
            if (spec.restore() != null && snapshots.newest().isEmpty()) {
                // The log does not miss what came before its first entry.
                throw new IOException(
                        "there is no snapshot in %s-snapshots, though cluster %s began with one; restore the directory, or delete the cluster"
                                .formatted(logDirectory, spec.id().name()));
            }
            if (snapshots.newest().isPresent()) {
                snapshots.newest().get().expectFor(runtime.engine().stamp());
            }
            EngineEntries.expectFor(log, runtime.engine().stamp());
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
        var name = "%s-%s-snapshot".formatted(spec.id().name(), shardSpec.name());
        var engine = helper(name, directory, runtime.engine().binary(), Map.of());
        var snapshotter =
                new Snapshotter(
                        shardSpec.name(),
                        shardSpec.id(),
                        engine,
                        runtime.engine().stamp(),
                        log,
                        snapshots,
                        launcher,
                        clock,
                        virtualThreads);
        return new ShardRuntime(
                shardSpec.name(),
                other,
                log,
                new ShardSnapshots(
                        log, snapshots, snapshotter, config.tuning().snapshotEveryBytes()),
                config.tuning(),
                thread,
                new ShardListener(runtime));
    }

    /// A log knows what its own directory has to hold, but not that it was there at all; and not
    /// that it was another one.
    private static void checkLogIsWhole(String place, Tail tail, SnapshotStore snapshots)
            throws IOException {
        var newest = snapshots.newest().orElse(null);
        if (newest != null && newest.nextIndex() > tail.index() + 1) {
            throw new IOException(
                    "the log in %s ends with entry %d, but the snapshot %s holds all up to entry %d; restore the log's directory"
                            .formatted(place, tail.index(), newest.file(), newest.nextIndex() - 1));
        }
    }

    private Secret newPassword() {
        return new Secret("%016x%016x".formatted(random.nextLong(), random.nextLong()));
    }

    private NodeRuntime node(
            ClusterRuntime runtime, ShardSpec shardSpec, NodeSpec nodeSpec, ShardRuntime shard)
            throws IOException {
        var loop = transport.group().next();
        var front =
                new NodeFront(
                        nodeSpec.name(),
                        loop,
                        transport,
                        commands.of(runtime.engine().binary()),
                        () -> runtime.topology().of(nodeSpec.name()),
                        runtime.spec().tlsEnabled()
                                ? tlsOf(runtime.endpoints(), nodeSpec.name())
                                : null,
                        runtime.spec().tlsEnabled() ? tokensOf(runtime.spec().id()) : null,
                        clock,
                        room,
                        config.tuning().front().holding(config.hold()));
        front.relayVia(runtime.topology());
        front.learnOffsetsFrom(runtime.topology()::offsetOf);
        var operatorSockets = config.tuning().operatorSockets();
        if (operatorSockets != null) {
            // Names of clusters are unique in a region only.
            front.admitOperators(
                    operatorSockets.resolve(
                            runtime.spec().id().region() + "." + nodeSpec.name() + ".sock"));
        }
        var address = runtime.addressOf(nodeSpec.name());
        var node =
                new NodeRuntime(
                        nodeSpec.name(),
                        nodeSpec.id(),
                        address,
                        config.hostNameOf(address.getHostString()),
                        loop,
                        front,
                        (listener, nodeLoop, parameters) ->
                                new ShardNode(
                                        nodeConfig(runtime, shardSpec, nodeSpec, parameters),
                                        nodeLoop,
                                        shard.log(),
                                        shard.snapshots().store(),
                                        launcher,
                                        transport,
                                        clock,
                                        virtualThreads,
                                        unitRoom,
                                        shard::isLeaderComing,
                                        listener),
                        thread,
                        clock,
                        shard,
                        runtime::parameters);
        node.permit(runtime.access(), () -> advanceOrRetry(runtime.spec().id()));
        return node;
    }

    /// What a node proves itself with. Who came by the endpoint of the cluster asks for that.
    private NodeTls tlsOf(Endpoints endpoints, String node) throws IOException {
        var common = config.commonNames();
        var own = List.of(endpoints.hostOf(node), endpoints.host());
        if (common.containsAll(own)) {
            return tls;
        }
        var names = new LinkedHashSet<>(own);
        names.addAll(common);
        return certificates.issue(List.copyOf(names));
    }

    private IamTokens tokensOf(ClusterId cluster) {
        return new IamTokens(cluster.name(), cluster.region(), config.credentials(), clock);
    }

    private ShardNodeConfig nodeConfig(
            ClusterRuntime runtime,
            ShardSpec shard,
            NodeSpec node,
            Map<String, String> parameters) {
        var spec = runtime.spec();
        var directives = new HashMap<>(parameters);
        directives.put(
                "proto-max-bulk-len",
                Integer.toString(config.tuning().front().limits().maxBulkBytes()));
        if (config.tuning().operatorSockets() != null) {
            directives.put("enable-debug-command", "local");
        }
        var engine =
                new EngineSpec(
                        node.name(),
                        directoryOf(spec.id()).resolve("engine-" + node.name()),
                        config.tuning().maxmemoryBytes(spec.nodeType()),
                        FEED_USER,
                        newPassword(),
                        runtime.engine().binary(),
                        directives);
        return new ShardNodeConfig(
                shard.id(),
                engine,
                runtime.engine().stamp(),
                config.tuning().pacedTimings(),
                ControlPlane.replicaLag(spec).toNanos(),
                config.tuning().engineTimeoutNs(),
                UNDECIDED_MAX_BYTES,
                config.tuning().front().maxUnitBytes());
    }

    /// What a shard of one cluster reports.
    private final class ShardListener implements ShardRuntime.Listener {
        private final ClusterRuntime runtime;

        ShardListener(ClusterRuntime runtime) {
            this.runtime = runtime;
        }

        @Override
        public void onTopologyChanged() {
            runtime.topology().publish();
        }

        @Override
        public void onServing() {
            failingSinceNs.remove(runtime.spec().id());
            advanceOrRetry(runtime.spec().id());
        }

        @Override
        public void onNodeFailed(NodeRuntime failed) {
            var id = runtime.spec().id();
            var now = clock.now();
            report(plane -> plane.nodeRecovering(id, failed.name(), now));
            var needed = failed.engineNeeded();
            inThread(() -> { // not before the shard has done its part
                if (needed == null) {
                    giveUpWhenNew(id);
                } else {
                    endFor(runtime, needed);
                }
            });
        }
    }
}
