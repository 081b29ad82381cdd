package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The entry to the control plane: decides all calls of the AWS API and all reports of the fleet,
/// over a [ControlState]. It changes nothing itself; a [Decision] contains the records of the
/// change. Each call is passed to the class that decides it. Not thread-safe: its owner serializes
/// the calls.
///
/// The fleet may report the same step twice, for example after a restart. The second report is a
/// decision without records.
public final class ControlPlane {
    private final ControlState state;
    private final OfferedEngines engines;
    private final Access access;
    private final Parameters parameters;
    private final Subnets subnets;
    private final Snapshots snapshots;
    private final Tags tags;
    private final Reservations reservations;
    private final MultiRegion multiRegion = new MultiRegion();
    private final Events events;
    private final Clusters clusters;
    private final ClusterUpdates updates;
    private final ServiceUpdates serviceUpdates;
    private final Failovers failovers;
    private final ClusterReports reports;
    private final UpdateReports updateReports;
    private final Recoveries recoveries;

    /// A control plane without a quota of failovers, with the bundled engine.
    public ControlPlane(ControlState state) {
        this(state, 0, InstalledEngines.only("redis", "7.0.15"), false, StatusPace.INSTANT);
    }

    /// @param failoverQuota how many FailoverShard calls a region accepts within 24 hours; 0 for
    ///   any number
    /// @param engines the engines that are installed on this machine
    /// @param exactEngines whether requests for an engine that is not installed are refused
    /// @param pace how long statuses last at least
    public ControlPlane(
            ControlState state,
            int failoverQuota,
            InstalledEngines engines,
            boolean exactEngines,
            StatusPace pace) {
        this(state, failoverQuota, engines, exactEngines, pace, NodePorts.ALL);
    }

    /// A control plane that fills no clusters from files of this machine.
    ///
    /// @param places where nodes may listen
    public ControlPlane(
            ControlState state,
            int failoverQuota,
            InstalledEngines engines,
            boolean exactEngines,
            StatusPace pace,
            NodePlaces places) {
        this(state, failoverQuota, engines, exactEngines, pace, places, RestoreFiles.NONE);
    }

    /// @param restoreFiles decides which files of this machine new clusters may be filled from
    public ControlPlane(
            ControlState state,
            int failoverQuota,
            InstalledEngines engines,
            boolean exactEngines,
            StatusPace pace,
            NodePlaces places,
            RestoreFiles restoreFiles) {
        this.state = state;
        var lookup = new ClusterLookup(state);
        var snapshotLookup = new SnapshotLookup(state);
        var ports = new PortRoom(state, places);
        var quotas = new NodeQuotas(state);
        this.engines = new OfferedEngines(engines, exactEngines);
        this.access = new Access(state, pace);
        this.parameters = new Parameters(state, pace);
        this.subnets = new Subnets(state);
        this.reservations = new Reservations(state);
        this.events = new Events(state);
        this.tags = new Tags(state, lookup, snapshotLookup, access, parameters, subnets);
        this.snapshots = new Snapshots(state, lookup, snapshotLookup, pace);
        var sources = new RestoreSources(state, snapshotLookup, restoreFiles);
        var requests = new ClusterRequests(access, parameters, subnets, this.engines, sources);
        this.clusters = new Clusters(state, lookup, requests, quotas, ports, snapshots);
        this.updates =
                new ClusterUpdates(
                        lookup, access, parameters, subnets, this.engines, quotas, ports);
        this.serviceUpdates = new ServiceUpdates(lookup);
        this.failovers = new Failovers(state, lookup, failoverQuota);
        this.updateReports = new UpdateReports(state, pace);
        this.reports = new ClusterReports(state, pace, events, snapshots, updateReports);
        this.recoveries = new Recoveries(state);
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

    /// Tags of all resources.
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

    // ---- calls of the API

    /// CreateCluster.
    public Decision<ClusterState> createCluster(
            CreateClusterRequest request, String region, Instant now, RandomGenerator random) {
        return clusters.create(request, region, now, random);
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
        return clusters.allowedNodeTypes(region, clusterName);
    }

    /// BatchUpdateCluster without a named service update: applies all that are due. There are none,
    /// because an engine is replaced only when the server is started with another one.
    public BatchUpdate applyServiceUpdates(String region, @Nullable List<String> clusterNames) {
        return serviceUpdates.apply(region, clusterNames);
    }

    /// Checks the filters of DescribeServiceUpdates. The list of service updates is always empty.
    public void checkServiceUpdateFilters(
            @Nullable String serviceUpdateName, @Nullable List<String> clusterNames) {
        ServiceUpdates.checkFilters(serviceUpdateName, clusterNames);
    }

    /// The version of the engine that a cluster gets for a requested version.
    public String enginePatchVersion(String engine, String version) {
        return engines.patchVersion(engine, version);
    }

    /// DescribeEngineVersions: the versions that CreateCluster accepts.
    public Page<EngineVersions> describeEngineVersions(
            @Nullable String engine,
            @Nullable String version,
            @Nullable String family,
            boolean defaultOnly,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        return engines.describe(engine, version, family, defaultOnly, maxResults, nextToken);
    }

    /// DescribeClusters, ordered by name.
    public Page<ClusterState> describeClusters(
            String region,
            @Nullable String clusterName,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        return clusters.describe(region, clusterName, maxResults, nextToken);
    }

    /// DeleteCluster, in any state of the cluster: changes under way are abandoned. Only a final
    /// snapshot needs an available cluster. The cluster is removed after its final snapshot, and
    /// after every requested snapshot that is still being taken.
    public Decision<ClusterState> deleteCluster(
            String region,
            @Nullable String clusterName,
            @Nullable String multiRegionClusterName,
            @Nullable String finalSnapshotName,
            Instant now,
            RandomGenerator random) {
        return clusters.delete(
                region, clusterName, multiRegionClusterName, finalSnapshotName, now, random);
    }

    /// FailoverShard. Checks in this order: members, cluster, shard, state, replicas, quota.
    public Decision<ClusterState> failoverShard(
            String region, @Nullable String clusterName, @Nullable String shardName, Instant now) {
        return failovers.call(region, clusterName, shardName, now);
    }

    /// DescribeEvents, newest first.
    public Page<Event> describeEvents(String region, DescribeEventsRequest request, Instant now) {
        return events.describe(region, request, now);
    }

    /// Deletes everything, in any state, for test suites. Clusters and snapshots disappear as soon
    /// as the fleet has stopped and deleted them.
    public Decision<Boolean> reset(Instant now) {
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.Reset(now));
        for (var cluster : state.clusters()) { // no pace delays them
            records.add(new ControlRecord.ClusterDeleting(cluster.spec().id(), null));
        }
        for (var snapshot : state.snapshots().all()) {
            records.add(new ControlRecord.SnapshotChanged(snapshot.deleting(null)));
        }
        return new Decision<>(records, true);
    }

    /// Whether there are only the resources that exist in every region.
    public boolean isEmpty() {
        return state.clusters().isEmpty() && state.snapshots().all().isEmpty();
    }

    // ---- reports of the fleet

    /// The fleet has assigned ports to a cluster. If the port differs from the requested one, an
    /// event says so.
    public Decision<Optional<ClusterState>> endpointsAssigned(
            ClusterId id, Endpoints endpoints, Instant now) {
        return reports.endpointsAssigned(id, endpoints, now);
    }

    /// The endpoint of a cluster cannot listen at its published address. Its nodes may be able to
    /// listen, and the cluster stays available.
    public Decision<Optional<ClusterState>> endpointMissing(ClusterId id, Instant now) {
        return reports.endpointMissing(id, now);
    }

    /// The endpoint of a cluster listens again.
    public Decision<Optional<ClusterState>> endpointBack(ClusterId id, Instant now) {
        return reports.endpointBack(id, now);
    }

    /// Every node of a new cluster answers. The fleet repeats this report until the pace lets the
    /// cluster become available. It also repeats the reports of the ends of updates and deletions.
    public Decision<Optional<ClusterState>> clusterProvisioned(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        return reports.clusterProvisioned(id, engine, now);
    }

    /// A cluster is about to be started again.
    ///
    /// @param engine the engine that can continue with the cluster's data
    public Decision<Optional<ClusterState>> clusterStarted(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        return reports.clusterStarted(id, engine, now);
    }

    /// Every node of a cluster answers, perhaps on another engine than before.
    public Decision<Optional<ClusterState>> clusterRuns(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        return reports.clusterRuns(id, engine, now);
    }

    /// No engine of this machine can continue with the data of a cluster, so the cluster is not
    /// started. A repeated report is no news.
    ///
    /// @param needed the engine that wrote the data
    /// @param reason the engines that are installed, and the way out, for people
    public Decision<Optional<ClusterState>> engineMissing(
            ClusterId id, EngineRelease needed, String reason, Instant now) {
        return reports.engineMissing(id, needed, reason, now);
    }

    /// A new cluster cannot run on this machine.
    public Decision<Optional<ClusterState>> createFailed(ClusterId id, Instant now) {
        return reports.createFailed(id, now);
    }

    /// There are no ports for the nodes that a cluster still has to get. A new cluster fails; an
    /// update continues without those nodes.
    public Decision<Optional<ClusterState>> portsMissing(ClusterId id, String reason, Instant now) {
        return reports.portsMissing(id, reason, now);
    }

    /// A new cluster could not be filled with the data that it was to start from.
    public Decision<Optional<ClusterState>> restoreFailed(
            ClusterId id, String reason, Instant now) {
        return reports.restoreFailed(id, reason, now);
    }

    /// The nodes that an update removes from their shards have ended.
    public Decision<Optional<ClusterState>> nodesLeft(
            ClusterId id, List<String> names, Instant now) {
        return updateReports.nodesLeft(id, names, now);
    }

    /// An update has been carried out.
    public Decision<Optional<ClusterState>> clusterUpdated(ClusterId id, Instant now) {
        return updateReports.finished(id, now);
    }

    /// Nothing is left of a cluster.
    public Decision<Optional<ClusterState>> clusterRemoved(ClusterId id, Instant now) {
        return reports.clusterRemoved(id, now);
    }

    /// The fleet is about to make a running primary fail.
    public Decision<Optional<ClusterState>> failoverBegun(ClusterId id, String failing) {
        return failovers.begun(id, failing);
    }

    /// Another node is the primary, and answers.
    public Decision<Optional<ClusterState>> failoverPromoted(
            ClusterId id, String failing, String promoted, Instant now) {
        return failovers.promoted(id, failing, promoted, now);
    }

    /// The failed node answers again, as a replica that has caught up.
    public Decision<Optional<ClusterState>> failoverFinished(
            ClusterId id, String failing, Instant now) {
        return failovers.finished(id, failing, now);
    }

    /// A node leads its shard. It is news if another node led before and no FailoverShard explains
    /// the change: a FailoverShard has its own events.
    public Decision<Optional<ClusterState>> failedOver(ClusterId id, String promoted, Instant now) {
        return failovers.leads(id, promoted, now);
    }

    /// A node has failed by itself and is being replaced.
    public Decision<Optional<ClusterState>> nodeRecovering(ClusterId id, String node, Instant now) {
        return recoveries.recovering(id, node, now);
    }

    /// A node that had failed by itself answers again.
    public Decision<Optional<ClusterState>> nodeRecovered(ClusterId id, String node, Instant now) {
        return recoveries.recovered(id, node, now);
    }

    /// A server begins to run the recorded clusters. If the previous server was not stopped in
    /// order, all its nodes ended with it, and each of them has to recover.
    public Decision<Boolean> serverStarted(Instant now) {
        return recoveries.serverStarted(now);
    }

    /// A server ends in order. The next server has no nodes to recover.
    public Decision<Boolean> serverStopped(Instant now) {
        return Recoveries.serverStopped(now);
    }
}
