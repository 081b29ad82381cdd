package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Decides what follows from the fleet's reports about clusters that it starts, runs and removes.
/// The fleet may report the same step twice; the second report is a decision without records.
final class ClusterReports {
    private final ControlState state;
    private final StatusPace pace;
    private final Events events;
    private final Snapshots snapshots;
    private final UpdateReports updates;

    /// @param snapshots decides about the snapshots of a cluster that fails or is removed
    ClusterReports(
            ControlState state,
            StatusPace pace,
            Events events,
            Snapshots snapshots,
            UpdateReports updates) {
        this.state = state;
        this.pace = pace;
        this.events = events;
        this.snapshots = snapshots;
        this.updates = updates;
    }

    /// The fleet has assigned ports to a cluster. If the port differs from the requested one, an
    /// event says so.
    Decision<Optional<ClusterState>> endpointsAssigned(
            ClusterId id, Endpoints endpoints, Instant now) {
        var cluster = state.cluster(id);
        var records = new ArrayList<ControlRecord>();
        cluster.filter(found -> !endpoints.equals(found.endpoints()))
                .ifPresent(found -> {
                    records.add(new ControlRecord.EndpointsAssigned(id, endpoints));
                    int wanted = found.spec().requestedPort();
                    if (found.endpoints() == null && endpoints.clusterPort() != wanted) {
                        records.add(
                                Events.ofCluster(
                                        id,
                                        now,
                                        "Port %d is taken on this machine; the endpoint of the cluster listens on port %d."
                                                .formatted(wanted, endpoints.clusterPort())));
                    }
                });
        return new Decision<>(records, cluster);
    }

    /// The endpoint of a cluster cannot listen at its published address. Its nodes may be able to
    /// listen, and the cluster stays available.
    Decision<Optional<ClusterState>> endpointMissing(ClusterId id, Instant now) {
        return endpointNews(
                id,
                now,
                "Port %d at %s cannot be listened on, as when another program has taken it; the endpoint of the cluster does not answer until that program lets it go. Its nodes are reached at their own ports.");
    }

    /// The endpoint of a cluster listens again.
    Decision<Optional<ClusterState>> endpointBack(ClusterId id, Instant now) {
        return endpointNews(
                id, now, "Port %d at %s is free; the endpoint of the cluster listens there again.");
    }

    private Decision<Optional<ClusterState>> endpointNews(
            ClusterId id, Instant now, String message) {
        var cluster = state.cluster(id);
        var records = new ArrayList<ControlRecord>();
        cluster.map(ClusterState::endpoints)
                .ifPresent(endpoints ->
                        records.add(
                                Events.ofCluster(
                                        id,
                                        now,
                                        message.formatted(
                                                endpoints.clusterPort(), endpoints.host()))));
        return new Decision<>(records, cluster);
    }

    /// Every node of a new cluster answers. The fleet repeats this report until the pace lets the
    /// cluster become available. It also repeats the reports of the ends of updates and deletions.
    Decision<Optional<ClusterState>> clusterProvisioned(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        var cluster = state.cluster(id);
        var records = new ArrayList<ControlRecord>();
        cluster.filter(found ->
                        found.status() == ClusterState.Status.CREATING
                                && StatusPace.isOver(found.createdAt(), pace.creating(), now))
                .ifPresent(found -> {
                    records.add(
                            new ControlRecord.ClusterProvisioned(
                                    id, engine.patchVersion(), engine.engine()));
                    Events.nodesAdded(records, found.spec(), node -> true, now);
                    records.add(Events.ofCluster(id, now, "Cluster created."));
                    if (!Parameters.isStandard(found.spec().parameterGroupName())) {
                        records.add(Events.usesGroup(found.spec(), now));
                    }
                    recordEngine(found.spec(), engine, now, records);
                    holes(id, engine, now).ifPresent(records::add);
                });
        return new Decision<>(records, cluster);
    }

    /// A cluster is about to be started again.
    ///
    /// @param engine the engine that can continue with the cluster's data
    Decision<Optional<ClusterState>> clusterStarted(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        var cluster = state.cluster(id);
        var records = new ArrayList<ControlRecord>();
        cluster.ifPresent(found -> {
            if (found.engineNeeded() != null) {
                records.add(new ControlRecord.EngineFound(id));
                records.add(
                        Events.ofCluster(
                                id,
                                now,
                                "Engine %s %s can continue from the data; the cluster is started."
                                        .formatted(engine.engine(), engine.patchVersion())));
            }
            if (found.enginePatchVersion() != null) {
                // Reported once, however often a cluster is started again on the same engine.
                holes(id, engine, now).filter(events::isNews).ifPresent(records::add);
            }
        });
        return new Decision<>(records, cluster);
    }

    /// Every node of a cluster answers, perhaps on another engine than before.
    Decision<Optional<ClusterState>> clusterRuns(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        var cluster = state.cluster(id);
        var records = new ArrayList<ControlRecord>();
        cluster.filter(found -> found.enginePatchVersion() != null)
                .ifPresent(found -> {
                    var before = String.valueOf(found.enginePatchVersion());
                    var nameBefore = found.engineName();
                    boolean sameVersion = before.equals(engine.patchVersion());
                    if (sameVersion && engine.engine().equals(nameBefore)) {
                        return;
                    }
                    records.add(
                            new ControlRecord.EngineChanged(
                                    id, engine.patchVersion(), engine.engine()));
                    if (sameVersion && nameBefore == null) {
                        return; // an earlier build recorded the version alone
                    }
                    records.add(
                            Events.ofCluster(
                                    id,
                                    now,
                                    "Engine upgraded from %s to %s %s."
                                            .formatted(
                                                    nameBefore == null
                                                            ? before
                                                            : nameBefore + " " + before,
                                                    engine.engine(),
                                                    engine.patchVersion())));
                    records.add(
                            Events.ofCluster(
                                    id,
                                    now,
                                    "There is no way back: the data can be continued by %s %s or a newer engine only."
                                            .formatted(engine.engine(), engine.patchVersion())));
                    recordEngine(found.spec(), engine, now, records);
                });
        return new Decision<>(records, cluster);
    }

    /// The event that names the known holes of a cluster's engine; empty when there are none.
    private static Optional<ControlRecord.EventHappened> holes(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        return engine.knownHoles().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        Events.ofCluster(
                                id,
                                now,
                                "The cluster runs on %s %s, which has known holes: %s."
                                        .formatted(
                                                engine.engine(),
                                                engine.patchVersion(),
                                                engine.knownHoles())));
    }

    /// No engine of this machine can continue with the data of a cluster, so the cluster is not
    /// started. A repeated report is no news.
    ///
    /// Snapshots that were requested cannot be taken then. They fail, because a caller would
    /// otherwise wait for them without end. A cluster that was to be deleted after such a snapshot
    /// stays, and can be deleted without one.
    ///
    /// @param needed the engine that wrote the data
    /// @param reason the engines that are installed, and the way out, for people
    Decision<Optional<ClusterState>> engineMissing(
            ClusterId id, EngineRelease needed, String reason, Instant now) {
        var cluster = state.cluster(id);
        var records = new ArrayList<ControlRecord>();
        cluster.ifPresent(found -> {
            var untakeable = snapshots.untakeable(id, now);
            boolean stays = found.status() != ClusterState.Status.DELETING || !untakeable.isEmpty();
            records.addAll(untakeable);
            if (stays && !needed.equals(found.engineNeeded())) {
                records.add(new ControlRecord.EngineMissing(id, needed));
                records.add(cannotRestore(found, "the transaction log", reason, now));
            }
        });
        return new Decision<>(records, cluster);
    }

    private static void recordEngine(
            ClusterSpec spec,
            InstalledEngines.Installed engine,
            Instant now,
            List<ControlRecord> records) {
        if (!engine.is(spec.engine(), spec.engineVersion())) {
            records.add(
                    Events.ofCluster(
                            spec.id(),
                            now,
                            "Engine %s %s is not installed; the cluster runs on %s %s."
                                    .formatted(
                                            spec.engine(),
                                            spec.engineVersion(),
                                            engine.engine(),
                                            engine.patchVersion())));
        }
    }

    /// A new cluster cannot run on this machine.
    Decision<Optional<ClusterState>> createFailed(ClusterId id, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster -> cluster.status() == ClusterState.Status.CREATING,
                new ControlRecord.ClusterCreateFailed(id),
                Events.ofCluster(
                        id,
                        now,
                        "Failed to create cluster due to unsuccessful creation of its node(s)."),
                Events.ofCluster(id, now, "Deleting all nodes belonging to this cluster."));
    }

    /// There are no ports for the nodes that a cluster still has to get. A new cluster fails; an
    /// update continues without those nodes.
    Decision<Optional<ClusterState>> portsMissing(ClusterId id, String reason, Instant now) {
        var cluster = state.cluster(id);
        if (cluster.isPresent() && cluster.get().status() == ClusterState.Status.UPDATING) {
            return updates.withoutPorts(cluster.get(), reason, now);
        }
        return createFailed(id, now);
    }

    /// A new cluster could not be filled with the data that it was to start from.
    Decision<Optional<ClusterState>> restoreFailed(ClusterId id, String reason, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster -> cluster.status() == ClusterState.Status.CREATING,
                cluster -> {
                    var restore = cluster.spec().restore();
                    var from = restore == null ? "nothing" : restore.from();
                    return List.of(
                            new ControlRecord.ClusterRestoreFailed(id),
                            cannotRestore(cluster, from, reason, now));
                });
    }

    private static ControlRecord cannotRestore(
            ClusterState cluster, String from, String reason, Instant now) {
        var firstNode = cluster.spec().shards().getFirst().nodes().getFirst();
        return Events.ofCluster(
                cluster.spec().id(),
                now,
                "Restore from %s failed for node %s. %s".formatted(from, firstNode.name(), reason));
    }

    /// Nothing is left of a cluster.
    Decision<Optional<ClusterState>> clusterRemoved(ClusterId id, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster ->
                        cluster.status() == ClusterState.Status.DELETING
                                && StatusPace.isOver(cluster.deletingSince(), pace.deleting(), now),
                _ -> {
                    var records = new ArrayList<ControlRecord>();
                    records.add(new ControlRecord.ClusterRemoved(id));
                    records.add(Events.ofCluster(id, now, "Cluster deleted."));
                    records.addAll(snapshots.goneWith(id, now));
                    return records;
                });
    }
}
