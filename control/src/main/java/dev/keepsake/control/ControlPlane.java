package dev.keepsake.control;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What the AWS API's calls, and the fleet's reports, come to. Decides over [ControlState] and
/// changes nothing itself. Not thread-safe: its owner takes care of turns.
///
/// The fleet may report the same step twice, after a restart for example; the second report is a
/// decision without records.
public final class ControlPlane {
    private static final int NODES_MAX = 300;
    private static final int CLUSTERS_SHOWN_MIN = 20;
    private static final int SHOWN_MAX = 100;
    private static final Duration EVENTS_SHOWN = Duration.ofHours(1);
    private static final Set<String> SOURCE_TYPES =
            Set.of("node", "parameter-group", "subnet-group", "cluster", "user", "acl");

    private static final Duration FAILOVERS_COUNTED = Duration.ofHours(24);
    private static final String FAILOVER_CALLED = "FailoverShard API called for shard ";
    private static final String RECOVERING = "Recovering nodes ";
    private static final String RECOVERED = "Finished recovery for nodes ";

    private final ControlState state;
    private final int failoverQuota;
    private final InstalledEngines engines;
    private final boolean strictEngines;
    private final StatusPace pace;
    private final Access access;
    private final Parameters parameters;
    private final Subnets subnets;
    private final Snapshots snapshots;
    private final Tags tags;
    private final Reservations reservations;
    private final ClusterUpdates updates;
    private final MultiRegion multiRegion = new MultiRegion();
    private final PortRoom ports;
    private final RestoreFiles restoreFiles;

    /// Without a quota of failovers, over the bundled engine.
    public ControlPlane(ControlState state) {
        this(state, 0, InstalledEngines.only("redis", "7.0.15"), false, StatusPace.INSTANT);
    }

    /// @param failoverQuota how many failovers may be called for within 24 hours in a region; 0 for
    ///   any number
    /// @param engines what this machine has
    /// @param strictEngines whether clusters of an engine that it does not have are refused
    /// @param pace how long statuses last
    public ControlPlane(
            ControlState state,
            int failoverQuota,
            InstalledEngines engines,
            boolean strictEngines,
            StatusPace pace) {
        this(state, failoverQuota, engines, strictEngines, pace, NodePorts.ALL);
    }

    /// Without files of the machine to fill clusters with.
    ///
    /// @param places where nodes may listen
    public ControlPlane(
            ControlState state,
            int failoverQuota,
            InstalledEngines engines,
            boolean strictEngines,
            StatusPace pace,
            NodePlaces places) {
        this(state, failoverQuota, engines, strictEngines, pace, places, RestoreFiles.NONE);
    }

    /// @param restoreFiles which files new clusters may be filled with
    public ControlPlane(
            ControlState state,
            int failoverQuota,
            InstalledEngines engines,
            boolean strictEngines,
            StatusPace pace,
            NodePlaces places,
            RestoreFiles restoreFiles) {
        this.ports = new PortRoom(state, places);
        this.restoreFiles = restoreFiles;
        this.engines = engines;
        this.strictEngines = strictEngines;
        this.pace = pace;
        this.state = state;
        this.failoverQuota = failoverQuota;
        this.access = new Access(state, pace);
        this.parameters = new Parameters(state, pace);
        this.subnets = new Subnets(state);
        this.snapshots = new Snapshots(state, this);
        this.tags = new Tags(state, this);
        this.reservations = new Reservations(state);
        this.updates = new ClusterUpdates(state, this);
    }

    /// How long statuses last.
    StatusPace pace() {
        return pace;
    }

    /// Which files new clusters may be filled with.
    RestoreFiles restoreFiles() {
        return restoreFiles;
    }

    /// Users and ACLs.
    public Access access() {
        return access;
    }

    /// Parameter groups.
    public Parameters parameters() {
        return parameters;
    }

    /// Subnet groups.
    public Subnets subnets() {
        return subnets;
    }

    /// Snapshots.
    public Snapshots snapshots() {
        return snapshots;
    }

    /// Tags of everything.
    public Tags tags() {
        return tags;
    }

    /// Reserved nodes.
    public Reservations reservations() {
        return reservations;
    }

    /// Clusters that span regions.
    public MultiRegion multiRegion() {
        return multiRegion;
    }

    // ---- what the API asks

    /// CreateCluster.
    public Decision<ClusterState> createCluster(
            CreateClusterRequest request, String region, Instant now, RandomGenerator random) {
        var spec = ClusterRequests.check(request, this, region, now, random);
        if (state.cluster(region, spec.id().name()).isPresent()) {
            throw Fault.CLUSTER_ALREADY_EXISTS.because(
                    "Cluster %s already exists.", spec.id().name());
        }
        checkNodesOfCustomer(spec, region);
        boolean askedForPort = request.port() != null;
        if (askedForPort) {
            refuseIf(ports.ownerOfWanted(spec));
        }
        expectPorts(spec, Fault.INSUFFICIENT_CLUSTER_CAPACITY);
        if (askedForPort) {
            refuseIf(ports.holdWanted(spec)); // last, for only what is accepted may hold it
        }
        return new Decision<>(
                List.of(new ControlRecord.ClusterCreated(spec)), ClusterState.creating(spec));
    }

    /// Whoever asked for a port has told others of it: another one would be a surprise to them, and
    /// to tools that compare what was asked for with what there is.
    private static void refuseIf(Optional<String> portTaken) {
        portTaken.ifPresent(reason -> {
            throw Fault.INVALID_PARAMETER_VALUE.because("%s", reason);
        });
    }

    /// Expects that every node of a cluster, as it would be, will find a port, or an address.
    void expectPorts(ClusterSpec spec, Fault fault) {
        ports.shortageFor(spec)
                .ifPresent(shortage -> {
                    throw fault.because("%s", shortage);
                });
    }

    /// Counts the nodes of a cluster as it would be, and those of all others of its region.
    void checkNodesOfCustomer(ClusterSpec spec, String region) {
        int nodes = nodes(spec);
        for (var cluster : state.clusters(region)) {
            if (!cluster.spec().id().equals(spec.id())) {
                nodes += nodes(cluster.spec());
            }
        }
        if (nodes > NODES_MAX) {
            throw Fault.NODE_QUOTA_FOR_CUSTOMER_EXCEEDED.because(
                    "%d nodes would run in %s; at most %d may.", nodes, region, NODES_MAX);
        }
    }

    Map<String, String> tagsOf(SnapshotId snapshot) {
        return state.tags(new Resource(snapshot.region(), Resource.Kind.SNAPSHOT, snapshot.name()));
    }

    /// UpdateCluster.
    public Decision<ClusterState> updateCluster(
            UpdateClusterRequest request, String region, Instant now, RandomGenerator random) {
        return updates.update(request, region, now, random);
    }

    /// ListAllowedNodeTypeUpdates.
    ///
    /// @return larger types, then smaller ones
    public List<List<String>> allowedNodeTypes(String region, @Nullable String clusterName) {
        ClusterRequests.required("ClusterName", clusterName);
        var type = NodeType.existing(existing(region, clusterName).spec().nodeType());
        return List.of(type.larger(), type.smaller());
    }

    /// BatchUpdateCluster.
    ///
    /// @param processed clusters that have every service update, because there are none
    public record BatchUpdate(List<ClusterState> processed, List<Unprocessed> unprocessed) {
        public BatchUpdate {
            processed = List.copyOf(processed);
            unprocessed = List.copyOf(unprocessed);
        }

        /// A cluster that nothing can be done for, and why.
        public record Unprocessed(String clusterName, ApiException reason) {}
    }

    /// BatchUpdateCluster without a service update: all that are due. There are none, because
    /// whatever an engine gets, it gets when the server is started with another one.
    public BatchUpdate applyServiceUpdates(String region, @Nullable List<String> clusterNames) {
        if (clusterNames == null || clusterNames.isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("ClusterNames is required.");
        }
        var processed = new ArrayList<ClusterState>();
        var unprocessed = new ArrayList<BatchUpdate.Unprocessed>();
        for (String name : clusterNames.stream().distinct().toList()) {
            ClusterRequests.clusterName(name); // what is no name is a wrong value of the call
            try {
                var cluster = existing(region, name);
                expectAvailable(cluster);
                processed.add(cluster);
            } catch (ApiException e) {
                unprocessed.add(new BatchUpdate.Unprocessed(name, e));
            }
        }
        return new BatchUpdate(processed, unprocessed);
    }

    /// DescribeServiceUpdates' filters; the list that they are for is empty.
    public void checkServiceUpdateFilters(
            @Nullable String serviceUpdateName, @Nullable List<String> clusterNames) {
        if (serviceUpdateName != null) {
            ClusterRequests.required("ServiceUpdateName", serviceUpdateName);
        }
        if (clusterNames != null) {
            clusterNames.forEach(ClusterRequests::clusterName);
        }
    }

    /// What really runs when a cluster asks for an engine.
    public String enginePatchVersion(String engine, String version) {
        return engines.nearest(engine, version).patchVersion();
    }

    /// @throws ApiException when only installed engines are wanted and this is none of them
    void expectOffered(String engine, String version) {
        if (!isOffered(engine, version)) {
            var nearest = engines.nearest(engine, version);
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "EngineVersion %s of %s is not installed here, and --strict-engines forbids to"
                            + " take %s %s instead.",
                    version, engine, nearest.engine(), nearest.patchVersion());
        }
    }

    /// Whether clusters may ask for it.
    private boolean isOffered(String engine, String version) {
        return !strictEngines || engines.nearest(engine, version).is(engine, version);
    }

    /// DescribeEngineVersions: what CreateCluster takes.
    public Page<EngineVersions> describeEngineVersions(
            @Nullable String engine,
            @Nullable String version,
            @Nullable String family,
            boolean defaultOnly,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        return EngineVersions.describe(
                engine,
                version,
                family,
                defaultOnly,
                row -> isOffered(row.engine(), row.version()),
                maxResults,
                nextToken);
    }

    /// Removes everything, whatever state it is in: for test suites. Clusters and snapshots go as
    /// soon as the fleet has ended and deleted them.
    public Decision<Boolean> reset(Instant now) {
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.Reset(now));
        for (var cluster : state.clusters()) { // no pace holds them up
            records.add(new ControlRecord.ClusterDeleting(cluster.spec().id(), null));
        }
        for (var snapshot : state.snapshots().all()) {
            records.add(new ControlRecord.SnapshotChanged(snapshot.deleting(null)));
        }
        return new Decision<>(records, true);
    }

    /// Whether there is nothing but what is in every region.
    public boolean isEmpty() {
        return state.clusters().isEmpty() && state.snapshots().all().isEmpty();
    }

    /// DescribeClusters, ordered by name.
    public Page<ClusterState> describeClusters(
            String region,
            @Nullable String clusterName,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size =
                ClusterRequests.within(
                        "MaxResults", maxResults, SHOWN_MAX, CLUSTERS_SHOWN_MIN, SHOWN_MAX);
        if (clusterName != null) {
            return new Page<>(List.of(existing(region, clusterName)), null);
        }
        return Page.of(
                "DescribeClusters",
                List.copyOf(state.clusters(region)),
                cluster -> cluster.spec().id().name(),
                size,
                nextToken);
    }

    /// DeleteCluster, in whatever state the cluster is: what is under way for it is given up. Only
    /// a final snapshot needs one that is available, and the cluster goes once that is there; so
    /// does a snapshot that somebody asked for and that is still being taken.
    public Decision<ClusterState> deleteCluster(
            String region,
            @Nullable String clusterName,
            @Nullable String multiRegionClusterName,
            @Nullable String finalSnapshotName,
            Instant now,
            RandomGenerator random) {
        ClusterRequests.required("ClusterName", clusterName);
        var cluster = existing(region, clusterName);
        if (multiRegionClusterName != null) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Cluster %s is not part of a multi-Region cluster; omit"
                            + " MultiRegionClusterName.",
                    cluster.spec().id().name());
        }
        if (cluster.status() == ClusterState.Status.DELETING) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Cluster %s is deleting already.", cluster.spec().id().name());
        }
        if (finalSnapshotName != null) {
            expectAvailable(cluster);
        }
        var records = new ArrayList<ControlRecord>();
        if (finalSnapshotName != null) {
            String name = snapshots.free(region, "FinalSnapshotName", finalSnapshotName);
            snapshots.asked(records, name, cluster, false, null, null, now, random);
        }
        records.addAll(snapshots.givenUpWith(cluster.spec().id(), now));
        records.add(new ControlRecord.ClusterDeleting(cluster.spec().id(), now));
        return new Decision<>(records, cluster.deleting(now));
    }

    /// FailoverShard. Checked in this order: members, cluster, shard, state, replicas, quota.
    public Decision<ClusterState> failoverShard(
            String region, @Nullable String clusterName, @Nullable String shardName, Instant now) {
        ClusterRequests.required("ClusterName", clusterName);
        String shardWanted = ClusterRequests.required("ShardName", shardName);
        var cluster = existing(region, clusterName);
        var id = cluster.spec().id();
        var shard =
                cluster.spec().shards().stream()
                        .filter(candidate -> candidate.name().equals(shardWanted))
                        .findFirst()
                        .orElseThrow(() ->
                                Fault.SHARD_NOT_FOUND.because(
                                        "Shard %s not found in cluster %s.",
                                        shardWanted, id.name()));
        expectAvailable(cluster);
        if (shard.nodes().size() < 2) {
            throw Fault.TEST_FAILOVER_NOT_AVAILABLE.because(
                    "Shard %s of cluster %s has no replica that could take over.",
                    shardWanted, id.name());
        }
        if (shard.nodes().stream()
                .map(NodeSpec::name)
                .filter(node -> !node.equals(cluster.primaryOf(shard)))
                .allMatch(cluster.recovering()::contains)) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Shard %s of cluster %s has no replica that could take over now; wait for the"
                            + " event \"Finished recovery\".",
                    shardWanted, id.name());
        }
        if (failoverQuota > 0 && failoversWithinADay(region, now) >= failoverQuota) {
            throw Fault.API_CALL_RATE_EXCEEDED.because(
                    "FailoverShard was called %d times within 24 hours, which is the quota of this"
                            + " server.",
                    failoverQuota);
        }
        return new Decision<>(
                List.of(
                        new ControlRecord.FailoverRequested(id, shardWanted),
                        event(id, now, FAILOVER_CALLED + shardWanted)),
                cluster);
    }

    private long failoversWithinADay(String region, Instant now) {
        var from = now.minus(FAILOVERS_COUNTED);
        return state.events().stream()
                .filter(event ->
                        event.region().equals(region)
                                && event.date().isAfter(from)
                                && event.message().startsWith(FAILOVER_CALLED))
                .count();
    }

    /// DescribeEvents, newest first.
    public Page<Event> describeEvents(String region, DescribeEventsRequest request, Instant now) {
        String type = request.sourceType();
        if (type != null && !SOURCE_TYPES.contains(type)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "SourceType is %s; expected one of %s.",
                    type, String.join(", ", SOURCE_TYPES.stream().sorted().toList()));
        }
        if (request.sourceName() != null && type == null) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "SourceName was given without SourceType.");
        }
        int size =
                ClusterRequests.within("MaxResults", request.maxResults(), SHOWN_MAX, 1, SHOWN_MAX);
        var period = Period.of(request, now);
        var found = new ArrayList<Numbered>();
        long number = state.eventsForgotten();
        for (var event : state.events()) {
            number++;
            boolean wanted =
                    event.region().equals(region)
                            && period.contains(event.date())
                            && (type == null || event.sourceType().equals(type))
                            && (request.sourceName() == null
                                    || event.sourceName().equalsIgnoreCase(request.sourceName()));
            if (wanted) {
                found.add(new Numbered(Long.MAX_VALUE - number, event));
            }
        }
        found.sort(Comparator.comparingLong(Numbered::descending));
        var page =
                Page.of(
                        "DescribeEvents",
                        found,
                        item -> "%019d".formatted(item.descending()),
                        size,
                        request.nextToken());
        return new Page<>(page.items().stream().map(Numbered::event).toList(), page.nextToken());
    }

    private record Numbered(long descending, Event event) {}

    private record Period(Instant from, Instant to) {
        static Period of(DescribeEventsRequest request, Instant now) {
            int longest = Math.toIntExact(ControlState.EVENTS_KEPT.toMinutes());
            int minutes =
                    ClusterRequests.within(
                            "Duration",
                            request.durationMinutes(),
                            Math.toIntExact(EVENTS_SHOWN.toMinutes()),
                            1,
                            longest);
            if (request.durationMinutes() != null
                    && request.startTime() != null
                    && request.endTime() != null) {
                throw Fault.INVALID_PARAMETER_COMBINATION.because(
                        "StartTime, EndTime and Duration were given; one of them follows from the"
                                + " others.");
            }
            var span = Duration.ofMinutes(minutes);
            var start = request.startTime();
            var end = request.endTime();
            if (start != null && request.durationMinutes() != null) {
                end = start.plus(span);
            } else if (end == null) {
                end = now;
            }
            if (start == null) {
                start = end.minus(span);
            }
            if (start.isAfter(end)) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "StartTime %s is after EndTime %s.", start, end);
            }
            if (start.isBefore(now.minus(ControlState.EVENTS_KEPT))) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "StartTime %s is more than 14 days ago; older events are not kept.", start);
            }
            return new Period(start, end);
        }

        boolean contains(Instant date) {
            return !date.isBefore(from) && !date.isAfter(to);
        }
    }

    // ---- what the fleet reports

    /// The fleet has found ports for a cluster. One that gets another than it is to have says so.
    public Decision<Optional<ClusterState>> endpointsAssigned(
            ClusterId id, Endpoints endpoints, Instant now) {
        var cluster = state.cluster(id);
        var records = new ArrayList<ControlRecord>();
        cluster.filter(found -> !endpoints.equals(found.endpoints()))
                .ifPresent(found -> {
                    records.add(new ControlRecord.EndpointsAssigned(id, endpoints));
                    int wanted = found.spec().requestedPort();
                    if (found.endpoints() == null && endpoints.clusterPort() != wanted) {
                        records.add(
                                event(
                                        id,
                                        now,
                                        "Port %d is taken on this machine; the endpoint of the cluster listens on port %d."
                                                .formatted(wanted, endpoints.clusterPort())));
                    }
                });
        return new Decision<>(records, cluster);
    }

    /// The endpoint of a cluster cannot listen where clients were told that it does. Its nodes may,
    /// and the cluster stays available.
    public Decision<Optional<ClusterState>> endpointMissing(ClusterId id, Instant now) {
        return endpointNews(
                id,
                now,
                "Port %d at %s cannot be listened on, as when another program has taken it; the endpoint of the cluster does not answer until that program lets it go. Its nodes are reached at their own ports.");
    }

    /// The endpoint of a cluster listens again where it could not.
    public Decision<Optional<ClusterState>> endpointBack(ClusterId id, Instant now) {
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
                                event(
                                        id,
                                        now,
                                        message.formatted(
                                                endpoints.clusterPort(), endpoints.host()))));
        return new Decision<>(records, cluster);
    }

    /// Every node of a new cluster answers. Reported again until the pace allows it to be
    /// available; so are the ends of updates and deletions.
    public Decision<Optional<ClusterState>> clusterProvisioned(
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
                    nodesAdded(records, found.spec(), node -> true, now);
                    records.add(event(id, now, "Cluster created."));
                    if (!Parameters.isStandard(found.spec().parameterGroupName())) {
                        records.add(usesGroup(found.spec(), now));
                    }
                    sayWhatRuns(found.spec(), engine, now, records);
                    holes(id, engine, now).ifPresent(records::add);
                });
        return new Decision<>(records, cluster);
    }

    /// A cluster is about to be started again.
    ///
    /// @param engine can go on with its data
    public Decision<Optional<ClusterState>> clusterStarted(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        var cluster = state.cluster(id);
        var records = new ArrayList<ControlRecord>();
        cluster.ifPresent(found -> {
            if (found.engineNeeded() != null) {
                records.add(new ControlRecord.EngineFound(id));
                records.add(
                        event(
                                id,
                                now,
                                "Engine %s %s can go on with the data; the cluster is started."
                                        .formatted(engine.engine(), engine.patchVersion())));
            }
            if (found.enginePatchVersion() != null) {
                holes(id, engine, now).filter(this::isNews).ifPresent(records::add);
            }
        });
        return new Decision<>(records, cluster);
    }

    /// Every node of a cluster answers, perhaps on another engine than before.
    public Decision<Optional<ClusterState>> clusterRuns(
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
                            event(
                                    id,
                                    now,
                                    "Engine upgraded from %s to %s %s."
                                            .formatted(
                                                    nameBefore == null
                                                            ? before
                                                            : nameBefore + " " + before,
                                                    engine.engine(),
                                                    engine.patchVersion())));
                    sayWhatRuns(found.spec(), engine, now, records);
                });
        return new Decision<>(records, cluster);
    }

    /// Tells of the holes in what a cluster runs on, if there are known ones.
    private static Optional<ControlRecord.EventHappened> holes(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        return engine.knownHoles().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        event(
                                id,
                                now,
                                "The cluster runs on %s %s, which has known holes: %s."
                                        .formatted(
                                                engine.engine(),
                                                engine.patchVersion(),
                                                engine.knownHoles())));
    }

    /// Whether nobody has been told so: a cluster that is started again and again, or on the same
    /// engine as ever, says it once.
    private boolean isNews(ControlRecord.EventHappened told) {
        return state.events().stream().noneMatch(told.event()::tellsTheSame);
    }

    /// No engine of this machine can go on with the data of a cluster, so it is not started. News
    /// only when it has not been reported.
    ///
    /// @param needed which engine wrote them
    /// @param reason what else is here, and the way out, for people
    public Decision<Optional<ClusterState>> engineMissing(
            ClusterId id, EngineRelease needed, String reason, Instant now) {
        return reported(
                id,
                cluster ->
                        cluster.status() != ClusterState.Status.DELETING
                                && !needed.equals(cluster.engineNeeded()),
                new ControlRecord.EngineMissing(id, needed),
                event(
                        id,
                        now,
                        "Restore from the transaction log failed for node %s. %s"
                                .formatted(
                                        state.cluster(id)
                                                .map(ControlPlane::firstNode)
                                                .orElse("unknown"),
                                        reason)));
    }

    private static void sayWhatRuns(
            ClusterSpec spec,
            InstalledEngines.Installed engine,
            Instant now,
            List<ControlRecord> records) {
        if (!engine.is(spec.engine(), spec.engineVersion())) {
            records.add(
                    event(
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
    public Decision<Optional<ClusterState>> createFailed(ClusterId id, Instant now) {
        return reported(
                id,
                cluster -> cluster.status() == ClusterState.Status.CREATING,
                new ControlRecord.ClusterCreateFailed(id),
                event(
                        id,
                        now,
                        "Failed to create cluster due to unsuccessful creation of its node(s)."),
                event(id, now, "Deleting all nodes belonging to this cluster."));
    }

    /// There are no ports for the nodes that a cluster has yet to get: a new cluster fails, and an
    /// update goes on without those nodes.
    public Decision<Optional<ClusterState>> portsMissing(ClusterId id, String reason, Instant now) {
        var cluster = state.cluster(id);
        if (cluster.isPresent() && cluster.get().status() == ClusterState.Status.UPDATING) {
            return updates.withoutPorts(cluster.get(), reason, now);
        }
        return createFailed(id, now);
    }

    /// A new cluster could not be filled with what it was to be.
    public Decision<Optional<ClusterState>> restoreFailed(
            ClusterId id, String reason, Instant now) {
        var restore = state.cluster(id).map(cluster -> cluster.spec().restore()).orElse(null);
        return reported(
                id,
                cluster -> cluster.status() == ClusterState.Status.CREATING,
                new ControlRecord.ClusterRestoreFailed(id),
                event(
                        id,
                        now,
                        "Restore from %s failed for node %s. %s"
                                .formatted(
                                        restore == null ? "nothing" : restore.from(),
                                        state.cluster(id)
                                                .map(ControlPlane::firstNode)
                                                .orElse("unknown"),
                                        reason)));
    }

    private static String firstNode(ClusterState cluster) {
        return cluster.spec().shards().getFirst().nodes().getFirst().name();
    }

    /// Nodes that an update took out of their shards are gone.
    public Decision<Optional<ClusterState>> nodesLeft(
            ClusterId id, List<String> names, Instant now) {
        return updates.nodesLeft(id, names, now);
    }

    /// An update is carried out.
    public Decision<Optional<ClusterState>> clusterUpdated(ClusterId id, Instant now) {
        return updates.finished(id, now);
    }

    /// Nothing of a cluster is left.
    public Decision<Optional<ClusterState>> clusterRemoved(ClusterId id, Instant now) {
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.ClusterRemoved(id));
        records.add(event(id, now, "Cluster deleted."));
        records.addAll(snapshots.goneWith(id, now));
        return reported(
                id,
                cluster ->
                        cluster.status() == ClusterState.Status.DELETING
                                && StatusPace.isOver(cluster.deletingSince(), pace.deleting(), now),
                records.toArray(new ControlRecord[0]));
    }

    /// The fleet is about to let a primary fail, which is there.
    public Decision<Optional<ClusterState>> failoverBegun(ClusterId id, String failing) {
        return reported(
                id,
                cluster ->
                        isAt(cluster.failover(), null, false)
                                && !cluster.recovering().contains(failing),
                new ControlRecord.FailoverBegun(id, failing));
    }

    /// Another node is the primary, and answers.
    public Decision<Optional<ClusterState>> failoverPromoted(
            ClusterId id, String failing, String promoted, Instant now) {
        return reported(
                id,
                cluster -> isAt(cluster.failover(), failing, false),
                new ControlRecord.FailoverPromoted(id, promoted),
                event(
                        id,
                        now,
                        "Failover from primary node %s to replica node %s completed"
                                .formatted(failing, promoted)),
                event(id, now, RECOVERING + failing));
    }

    /// The node that failed is back, as a replica that has caught up.
    public Decision<Optional<ClusterState>> failoverFinished(
            ClusterId id, String failing, Instant now) {
        return reported(
                id,
                cluster -> isAt(cluster.failover(), failing, true),
                new ControlRecord.FailoverFinished(id, now),
                event(id, now, RECOVERED + failing));
    }

    /// A node leads its shard. That is news when another one did and no FailoverShard explains it,
    /// which tells of its own change.
    public Decision<Optional<ClusterState>> failedOver(ClusterId id, String promoted, Instant now) {
        var cluster = state.cluster(id);
        var shard = cluster.flatMap(found -> shardOf(found, promoted)).orElse(null);
        if (cluster.isEmpty()
                || shard == null
                || cluster.get().primaryOf(shard).equals(promoted)
                || isPromoting(cluster.get().failover(), shard)) {
            return new Decision<>(List.of(), cluster);
        }
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.PrimaryChanged(id, promoted));
        if (cluster.get().isUp()) {
            records.add(
                    event(id, now, "Failover to replica node %s completed".formatted(promoted)));
        }
        return new Decision<>(records, cluster);
    }

    private static Optional<ShardSpec> shardOf(ClusterState cluster, String node) {
        return cluster.spec().shards().stream()
                .filter(shard -> shard.nodes().stream().anyMatch(each -> each.name().equals(node)))
                .findFirst();
    }

    /// Whether a failover has made the primary of a shard fail, and nobody has taken over yet.
    private static boolean isPromoting(@Nullable Failover failover, ShardSpec shard) {
        return failover != null
                && failover.shard().equals(shard.name())
                && failover.failing() != null
                && failover.promoted() == null;
    }

    /// A node failed by itself and is being replaced.
    public Decision<Optional<ClusterState>> nodeRecovering(ClusterId id, String node, Instant now) {
        return reported(
                id,
                cluster -> mayBeginToRecover(cluster, node),
                new ControlRecord.NodeRecovering(id, node),
                event(id, now, RECOVERING + node));
    }

    /// A node that had failed by itself is back.
    public Decision<Optional<ClusterState>> nodeRecovered(ClusterId id, String node, Instant now) {
        return reported(
                id,
                cluster -> cluster.recovering().contains(node),
                new ControlRecord.NodeRecovered(id, node),
                event(id, now, RECOVERED + node));
    }

    /// Whether it is news that a node is not there. A failover tells itself of the node that it
    /// lets fail, and a cluster that is being made or deleted has nothing to recover.
    private static boolean mayBeginToRecover(ClusterState cluster, String node) {
        var failover = cluster.failover();
        return cluster.isUp()
                && cluster.has(node)
                && !cluster.recovering().contains(node)
                && (failover == null || !node.equals(failover.failing()));
    }

    /// A server begins to run what is recorded. If nobody told the one before to stop, it took all
    /// its nodes with it when it ended, and each of them has to recover.
    public Decision<Boolean> serverStarted(Instant now) {
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.ServerStarted(now));
        if (state.serverRuns()) {
            for (var cluster : state.clusters()) {
                var id = cluster.spec().id();
                cluster.spec().shards().stream()
                        .flatMap(shard -> shard.nodes().stream())
                        .map(NodeSpec::name)
                        .filter(node -> mayBeginToRecover(cluster, node))
                        .forEach(node -> {
                            records.add(new ControlRecord.NodeRecovering(id, node));
                            records.add(event(id, now, RECOVERING + node));
                        });
            }
        }
        return new Decision<>(records, true);
    }

    /// A server ends because it was told to: whoever starts next has nothing to recover from.
    public Decision<Boolean> serverStopped(Instant now) {
        return new Decision<>(List.of(new ControlRecord.ServerStopped(now)), true);
    }

    /// How FailoverShard lets the primaries of a cluster fail, when the cluster says so.
    public static Optional<FailoverMode> failoverMode(ClusterSpec spec) {
        return ClusterRequests.failoverMode(spec);
    }

    /// How far the replicas of a cluster are to be kept behind, for a drill.
    public static Duration replicaLag(ClusterSpec spec) {
        return ClusterRequests.replicaLag(spec);
    }

    /// How long the other nodes of a cluster take to learn of a new primary, when the cluster says
    /// so.
    public static Optional<Duration> topologyLag(ClusterSpec spec) {
        return ClusterRequests.topologyLag(spec);
    }

    /// Whether a failover is just where a report takes it on from. A report of another failover, a
    /// late one for example, brings no news about this one.
    private static boolean isAt(
            @Nullable Failover failover, @Nullable String failing, boolean promoted) {
        return failover != null
                && Objects.equals(failover.failing(), failing)
                && (failover.promoted() != null) == promoted;
    }

    private Decision<Optional<ClusterState>> reported(
            ClusterId id, Predicate<ClusterState> news, ControlRecord... records) {
        var cluster = state.cluster(id);
        return new Decision<>(
                cluster.filter(news).isPresent() ? List.of(records) : List.of(), cluster);
    }

    /// Tells of new nodes, with themselves as the sources.
    static void nodesAdded(
            List<ControlRecord> records, ClusterSpec spec, Predicate<String> isNew, Instant now) {
        for (var shard : spec.shards()) {
            for (var node : shard.nodes()) {
                if (isNew.test(node.name())) {
                    records.add(
                            nodeEvent(
                                    spec.id(),
                                    node.name(),
                                    now,
                                    "Added node %s in Availability Zone %s"
                                            .formatted(node.name(), node.availabilityZone())));
                }
            }
        }
    }

    static ControlRecord usesGroup(ClusterSpec spec, Instant now) {
        return event(
                spec.id(),
                now,
                "Updated to use a ParameterGroup %s".formatted(spec.parameterGroupName()));
    }

    static ControlRecord nodeEvent(ClusterId id, String node, Instant now, String message) {
        return new ControlRecord.EventHappened(new Event(id.region(), node, "node", message, now));
    }

    static ControlRecord.EventHappened event(ClusterId id, Instant now, String message) {
        return new ControlRecord.EventHappened(
                new Event(id.region(), id.name(), "cluster", message, now));
    }

    /// @throws ApiException when there is none of that name
    ClusterState existing(String region, @Nullable String clusterName) {
        String name = ClusterRequests.clusterName(clusterName);
        return state.cluster(region, name)
                .orElseThrow(() -> Fault.CLUSTER_NOT_FOUND.because("Cluster %s not found.", name));
    }

    static void expectAvailable(ClusterState cluster) {
        String name = cluster.spec().id().name();
        var needed = cluster.engineNeeded();
        if (cluster.shownStatus() == ClusterState.Status.RESTORE_FAILED && needed != null) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Cluster %s is %s: it needs %s, which wrote its data, or a newer %s.",
                    name, cluster.shownStatus().wire(), needed, needed.engine());
        }
        if (cluster.status() != ClusterState.Status.AVAILABLE) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Cluster %s is %s; it has to be available.", name, cluster.status().wire());
        }
        if (cluster.failover() != null) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Cluster %s is recovering from the failover of shard %s; wait for the event"
                            + " \"Finished recovery\".",
                    name, cluster.failover().shard());
        }
    }

    static int nodes(ClusterSpec spec) {
        return spec.shards().stream().mapToInt(shard -> shard.nodes().size()).sum();
    }
}
