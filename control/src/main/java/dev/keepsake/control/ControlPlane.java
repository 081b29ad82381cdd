package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What the AWS API's calls, and the fleet's reports, come to: the one door to all that decides
/// over [ControlState]. It changes nothing itself, and hands each call to the part that decides it.
/// Not thread-safe: its owner takes care of turns.
///
/// The fleet may report the same step twice, after a restart for example; the second report is a
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

    /// Without a quota of failovers, over the bundled engine.
    public ControlPlane(ControlState state) {
        this(state, 0, InstalledEngines.only("redis", "7.0.15"), false, StatusPace.INSTANT);
    }

    /// @param failoverQuota how many failovers may be called for within 24 hours in a region; 0 for
    ///   any number
    /// @param engines what this machine has
    /// @param exactEngines whether clusters of an engine that it does not have are refused
    /// @param pace how long statuses last
    public ControlPlane(
            ControlState state,
            int failoverQuota,
            InstalledEngines engines,
            boolean exactEngines,
            StatusPace pace) {
        this(state, failoverQuota, engines, exactEngines, pace, NodePorts.ALL);
    }

    /// Without files of the machine to fill clusters with.
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

    /// @param restoreFiles which files new clusters may be filled with
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

    /// BatchUpdateCluster without a service update: all that are due. There are none, because
    /// whatever an engine gets, it gets when the server is started with another one.
    public BatchUpdate applyServiceUpdates(String region, @Nullable List<String> clusterNames) {
        return serviceUpdates.apply(region, clusterNames);
    }

    /// DescribeServiceUpdates' filters; the list that they are for is empty.
    public void checkServiceUpdateFilters(
            @Nullable String serviceUpdateName, @Nullable List<String> clusterNames) {
        ServiceUpdates.checkFilters(serviceUpdateName, clusterNames);
    }

    /// What really runs when a cluster asks for an engine.
    public String enginePatchVersion(String engine, String version) {
        return engines.patchVersion(engine, version);
    }

    /// DescribeEngineVersions: what CreateCluster takes.
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
        return clusters.delete(
                region, clusterName, multiRegionClusterName, finalSnapshotName, now, random);
    }

    /// FailoverShard. Checked in this order: members, cluster, shard, state, replicas, quota.
    public Decision<ClusterState> failoverShard(
            String region, @Nullable String clusterName, @Nullable String shardName, Instant now) {
        return failovers.call(region, clusterName, shardName, now);
    }

    /// DescribeEvents, newest first.
    public Page<Event> describeEvents(String region, DescribeEventsRequest request, Instant now) {
        return events.describe(region, request, now);
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

    // ---- what the fleet reports

    /// The fleet has found ports for a cluster. One that gets another than it is to have says so.
    public Decision<Optional<ClusterState>> endpointsAssigned(
            ClusterId id, Endpoints endpoints, Instant now) {
        return reports.endpointsAssigned(id, endpoints, now);
    }

    /// The endpoint of a cluster cannot listen where clients were told that it does. Its nodes may,
    /// and the cluster stays available.
    public Decision<Optional<ClusterState>> endpointMissing(ClusterId id, Instant now) {
        return reports.endpointMissing(id, now);
    }

    /// The endpoint of a cluster listens again where it could not.
    public Decision<Optional<ClusterState>> endpointBack(ClusterId id, Instant now) {
        return reports.endpointBack(id, now);
    }

    /// Every node of a new cluster answers. Reported again until the pace allows it to be
    /// available; so are the ends of updates and deletions.
    public Decision<Optional<ClusterState>> clusterProvisioned(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        return reports.clusterProvisioned(id, engine, now);
    }

    /// A cluster is about to be started again.
    ///
    /// @param engine can go on with its data
    public Decision<Optional<ClusterState>> clusterStarted(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        return reports.clusterStarted(id, engine, now);
    }

    /// Every node of a cluster answers, perhaps on another engine than before.
    public Decision<Optional<ClusterState>> clusterRuns(
            ClusterId id, InstalledEngines.Installed engine, Instant now) {
        return reports.clusterRuns(id, engine, now);
    }

    /// No engine of this machine can go on with the data of a cluster, so it is not started. News
    /// only when it has not been reported.
    ///
    /// @param needed which engine wrote them
    /// @param reason what else is here, and the way out, for people
    public Decision<Optional<ClusterState>> engineMissing(
            ClusterId id, EngineRelease needed, String reason, Instant now) {
        return reports.engineMissing(id, needed, reason, now);
    }

    /// A new cluster cannot run on this machine.
    public Decision<Optional<ClusterState>> createFailed(ClusterId id, Instant now) {
        return reports.createFailed(id, now);
    }

    /// There are no ports for the nodes that a cluster has yet to get: a new cluster fails, and an
    /// update goes on without those nodes.
    public Decision<Optional<ClusterState>> portsMissing(ClusterId id, String reason, Instant now) {
        return reports.portsMissing(id, reason, now);
    }

    /// A new cluster could not be filled with what it was to be.
    public Decision<Optional<ClusterState>> restoreFailed(
            ClusterId id, String reason, Instant now) {
        return reports.restoreFailed(id, reason, now);
    }

    /// Nodes that an update took out of their shards are gone.
    public Decision<Optional<ClusterState>> nodesLeft(
            ClusterId id, List<String> names, Instant now) {
        return updateReports.nodesLeft(id, names, now);
    }

    /// An update is carried out.
    public Decision<Optional<ClusterState>> clusterUpdated(ClusterId id, Instant now) {
        return updateReports.finished(id, now);
    }

    /// Nothing of a cluster is left.
    public Decision<Optional<ClusterState>> clusterRemoved(ClusterId id, Instant now) {
        return reports.clusterRemoved(id, now);
    }

    /// The fleet is about to let a primary fail, which is there.
    public Decision<Optional<ClusterState>> failoverBegun(ClusterId id, String failing) {
        return failovers.begun(id, failing);
    }

    /// Another node is the primary, and answers.
    public Decision<Optional<ClusterState>> failoverPromoted(
            ClusterId id, String failing, String promoted, Instant now) {
        return failovers.promoted(id, failing, promoted, now);
    }

    /// The node that failed is back, as a replica that has caught up.
    public Decision<Optional<ClusterState>> failoverFinished(
            ClusterId id, String failing, Instant now) {
        return failovers.finished(id, failing, now);
    }

    /// A node leads its shard. That is news when another one did and no FailoverShard explains it,
    /// which tells of its own change.
    public Decision<Optional<ClusterState>> failedOver(ClusterId id, String promoted, Instant now) {
        return failovers.leads(id, promoted, now);
    }

    /// A node failed by itself and is being replaced.
    public Decision<Optional<ClusterState>> nodeRecovering(ClusterId id, String node, Instant now) {
        return recoveries.recovering(id, node, now);
    }

    /// A node that had failed by itself is back.
    public Decision<Optional<ClusterState>> nodeRecovered(ClusterId id, String node, Instant now) {
        return recoveries.recovered(id, node, now);
    }

    /// A server begins to run what is recorded. If nobody told the one before to stop, it took all
    /// its nodes with it when it ended, and each of them has to recover.
    public Decision<Boolean> serverStarted(Instant now) {
        return recoveries.serverStarted(now);
    }

    /// A server ends because it was told to: whoever starts next has nothing to recover from.
    public Decision<Boolean> serverStopped(Instant now) {
        return Recoveries.serverStopped(now);
    }
}
