package dev.keepsake.control;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The whole state of the control plane: the result of all records, applied in order. Only [#apply]
/// changes it. Not thread-safe: its owner serializes the calls.
public final class ControlState {
    static final Duration EVENTS_KEPT = Duration.ofDays(14);
    static final Duration SNAPSHOTS_COUNTED = Duration.ofDays(1);
    private static final int EVENTS_MAX = 100_000;

    private final Regional<ClusterState> clusters = new Regional<>();
    private final Regional<User> users = new Regional<>();
    private final Regional<Acl> acls = new Regional<>();
    private final Regional<ParameterGroup> parameterGroups = new Regional<>();
    private final Regional<SubnetGroup> subnetGroups = new Regional<>();
    private final Regional<ClusterSnapshot> snapshots = new Regional<>();
    private final Regional<ReservedNode> reservations = new Regional<>();
    private final Map<Resource, Map<String, String>> tags = new HashMap<>();
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private final List<SnapshotAsked> snapshotsAsked = new ArrayList<>();
    private long eventsForgotten;
    private @Nullable Instant serverStartedAt;

    /// Applies one record. A record about a cluster that no longer exists changes nothing.
    public void apply(ControlRecord record) {
        switch (record) {
            case ControlRecord.ClusterCreated(ClusterSpec spec) -> put(ClusterState.creating(spec));
            case ControlRecord.EndpointsAssigned(ClusterId id, Endpoints endpoints) ->
                    change(id, cluster -> cluster.with(endpoints));
            case ControlRecord.ClusterProvisioned(ClusterId id, String patchVersion, var engine) ->
                    change(id, cluster -> cluster.running(patchVersion, engine));
            case ControlRecord.EngineChanged(ClusterId id, String patchVersion, var engine) ->
                    change(id, cluster -> cluster.on(patchVersion, engine));
            case ControlRecord.EngineMissing(ClusterId id, EngineRelease needed) ->
                    change(id, cluster -> cluster.needing(needed));
            case ControlRecord.EngineFound(ClusterId id) ->
                    change(id, cluster -> cluster.needing(null));
            case ControlRecord.ClusterCreateFailed(ClusterId id) ->
                    change(id, ClusterState::createFailed);
            case ControlRecord.ClusterRestoreFailed(ClusterId id) ->
                    change(id, cluster -> cluster.with(ClusterState.Status.RESTORE_FAILED));
            case ControlRecord.ClusterChanged(ClusterSpec spec) ->
                    change(spec.id(), cluster -> cluster.with(spec));
            case ControlRecord.ClusterUpdating(ClusterSpec spec, ClusterUpdate update) ->
                    change(spec.id(), cluster -> cluster.updating(spec, update));
            case ControlRecord.ClusterUpdated(ClusterSpec spec) ->
                    change(spec.id(), cluster -> cluster.updated(spec));
            case ControlRecord.ParametersPending(ClusterId id, var at) ->
                    change(id, cluster -> cluster.withParametersPending(at));
            case ControlRecord.ParametersApplied(ClusterId id) ->
                    change(id, cluster -> cluster.withParametersApplied());
            case ControlRecord.ClusterSnapshotting(ClusterId id) ->
                    change(id, cluster -> cluster.with(ClusterState.Status.SNAPSHOTTING));
            case ControlRecord.ClusterSnapshotted(ClusterId id) ->
                    change(
                            id,
                            cluster ->
                                    cluster.status() == ClusterState.Status.SNAPSHOTTING
                                            ? cluster.with(ClusterState.Status.AVAILABLE)
                                            : cluster);
            case ControlRecord.ClusterDeleting(ClusterId id, var at) ->
                    change(id, cluster -> cluster.deleting(at));
            case ControlRecord.ClusterRemoved(ClusterId id) -> cluster(id).ifPresent(this::remove);
            case ControlRecord.FailoverRequested(ClusterId id, String shard) ->
                    change(id, cluster -> cluster.with(Failover.called(shard)));
            case ControlRecord.FailoverBegun(ClusterId id, String failing) ->
                    changeFailover(id, old -> old.begun(failing));
            case ControlRecord.FailoverPromoted(ClusterId id, String promoted) ->
                    change(id, cluster -> cluster.promoting(promoted));
            case ControlRecord.FailoverFinished(ClusterId id, var _) ->
                    change(id, cluster -> cluster.with((Failover) null));
            case ControlRecord.PrimaryChanged(ClusterId id, String node) ->
                    change(id, cluster -> cluster.ledBy(node));
            case ControlRecord.NodeRecovering(ClusterId id, String node) ->
                    change(id, cluster -> cluster.recovering(node));
            case ControlRecord.NodeRecovered(ClusterId id, String node) ->
                    change(id, cluster -> cluster.recovered(node));
            case ControlRecord.ServerStarted(Instant at) -> serverStartedAt = at;
            case ControlRecord.ServerStopped _ -> serverStartedAt = null;
            case ControlRecord.UserChanged(User user) ->
                    users.put(user.region(), user.name(), user);
            case ControlRecord.UserRemoved(String region, String name) -> {
                users.remove(region, name);
                tags.remove(new Resource(region, Resource.Kind.USER, name));
            }
            case ControlRecord.AclChanged(Acl acl) -> acls.put(acl.region(), acl.name(), acl);
            case ControlRecord.AclRemoved(String region, String name) -> {
                acls.remove(region, name);
                tags.remove(new Resource(region, Resource.Kind.ACL, name));
            }
            case ControlRecord.ParameterGroupChanged(ParameterGroup group) ->
                    parameterGroups.put(group.region(), group.name(), group);
            case ControlRecord.ParameterGroupRemoved(String region, String name) -> {
                parameterGroups.remove(region, name);
                tags.remove(new Resource(region, Resource.Kind.PARAMETER_GROUP, name));
            }
            case ControlRecord.SubnetGroupChanged(SubnetGroup group) ->
                    subnetGroups.put(group.region(), group.name(), group);
            case ControlRecord.SubnetGroupRemoved(String region, String name) -> {
                subnetGroups.remove(region, name);
                tags.remove(new Resource(region, Resource.Kind.SUBNET_GROUP, name));
            }
            case ControlRecord.SnapshotChanged(ClusterSnapshot snapshot) -> {
                count(snapshot);
                snapshots.put(snapshot.id().region(), snapshot.id().name(), snapshot);
            }
            case ControlRecord.SnapshotRemoved(SnapshotId id) -> {
                snapshots.remove(id.region(), id.name());
                tags.remove(new Resource(id.region(), Resource.Kind.SNAPSHOT, id.name()));
            }
            case ControlRecord.NodesReserved(ReservedNode reserved) ->
                    reservations.put(reserved.region(), reserved.reservationId(), reserved);
            case ControlRecord.TagsChanged(Resource resource, Map<String, String> next) ->
                    tags.put(resource, next);
            case ControlRecord.EventHappened(Event event) -> keep(event);
            case ControlRecord.StateBegins(long forgotten) -> begin(forgotten);
            case ControlRecord.ClusterKept(ClusterState cluster) -> put(cluster);
            case ControlRecord.SnapshotsCounted(var asked) -> {
                snapshotsAsked.clear();
                snapshotsAsked.addAll(asked);
            }
            case ControlRecord.StatePart _ ->
                    throw new IllegalStateException(
                            "part of a state was applied by itself; its parts belong together");
            case ControlRecord.Reset _ -> forget();
        }
    }

    /// Records that reproduce this state from nothing. They replace all records so far.
    public List<ControlRecord> records() {
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.StateBegins(eventsForgotten));
        clusters.all().forEach(each -> records.add(new ControlRecord.ClusterKept(each)));
        users.all().forEach(each -> records.add(new ControlRecord.UserChanged(each)));
        acls.all().forEach(each -> records.add(new ControlRecord.AclChanged(each)));
        parameterGroups
                .all()
                .forEach(each -> records.add(new ControlRecord.ParameterGroupChanged(each)));
        subnetGroups.all().forEach(each -> records.add(new ControlRecord.SubnetGroupChanged(each)));
        snapshots.all().forEach(each -> records.add(new ControlRecord.SnapshotChanged(each)));
        records.add(
                new ControlRecord.SnapshotsCounted(snapshotsAsked)); // replaces those counted above
        reservations.all().forEach(each -> records.add(new ControlRecord.NodesReserved(each)));
        tags.forEach(
                (resource, given) -> records.add(new ControlRecord.TagsChanged(resource, given)));
        events.forEach(each -> records.add(new ControlRecord.EventHappened(each)));
        if (serverStartedAt != null) {
            records.add(new ControlRecord.ServerStarted(serverStartedAt));
        }
        return records;
    }

    private void begin(long forgotten) {
        forget();
        clusters.clear();
        snapshots.clear();
        eventsForgotten = forgotten;
        serverStartedAt = null;
    }

    /// Counts a requested snapshot for as long as the quota looks back.
    private void count(ClusterSnapshot snapshot) {
        var id = snapshot.id();
        boolean known =
                snapshots
                        .find(id.region(), id.name())
                        .filter(found -> found.id().equals(id))
                        .isPresent();
        if (!known && !snapshot.automated()) {
            var oldest = snapshot.askedAt().minus(SNAPSHOTS_COUNTED);
            snapshotsAsked.removeIf(asked -> asked.at().isBefore(oldest));
            snapshotsAsked.add(new SnapshotAsked(snapshot.cluster().id(), snapshot.askedAt()));
        }
    }

    private void keep(Event event) {
        events.addLast(event);
        var oldest = event.date().minus(EVENTS_KEPT);
        while (events.size() > EVENTS_MAX || events.getFirst().date().isBefore(oldest)) {
            events.removeFirst();
            eventsForgotten++;
        }
    }

    private void forget() {
        users.clear();
        acls.clear();
        parameterGroups.clear();
        subnetGroups.clear();
        reservations.clear();
        tags.clear();
        snapshotsAsked.clear();
        eventsForgotten += events.size();
        events.clear();
    }

    /// The clusters of a region, by name.
    public Collection<ClusterState> clusters(String region) {
        return clusters.all(region);
    }

    /// All clusters.
    public List<ClusterState> clusters() {
        return clusters.all();
    }

    /// The cluster, if it still exists.
    public Optional<ClusterState> cluster(ClusterId id) {
        return cluster(id.region(), id.name()).filter(found -> found.spec().id().equals(id));
    }

    Optional<ClusterState> cluster(String region, String name) {
        return clusters.find(region, name);
    }

    Regional<User> users() {
        return users;
    }

    Regional<Acl> acls() {
        return acls;
    }

    Regional<ParameterGroup> parameterGroups() {
        return parameterGroups;
    }

    Regional<SubnetGroup> subnetGroups() {
        return subnetGroups;
    }

    Regional<ClusterSnapshot> snapshots() {
        return snapshots;
    }

    Regional<ReservedNode> reservations() {
        return reservations;
    }

    /// All snapshots of all regions.
    public List<ClusterSnapshot> allSnapshots() {
        return snapshots.all();
    }

    /// The snapshots that were requested within a day before the last one, deleted ones included.
    List<SnapshotAsked> snapshotsAsked() {
        return snapshotsAsked;
    }

    /// The tags of a resource that is not a cluster.
    Map<String, String> tags(Resource resource) {
        return tags.getOrDefault(resource, Map.of());
    }

    /// The events that are kept, oldest first.
    Collection<Event> events() {
        return events;
    }

    /// Whether a server has started and has not been stopped in order since.
    boolean serverRuns() {
        return serverStartedAt != null;
    }

    /// How many events came before those that are kept.
    long eventsForgotten() {
        return eventsForgotten;
    }

    private void put(ClusterState cluster) {
        var id = cluster.spec().id();
        clusters.put(id.region(), id.name(), cluster);
    }

    private void remove(ClusterState cluster) {
        var id = cluster.spec().id();
        clusters.remove(id.region(), id.name());
    }

    private void change(ClusterId id, UnaryOperator<ClusterState> change) {
        cluster(id).ifPresent(found -> put(change.apply(found)));
    }

    private void changeFailover(ClusterId id, UnaryOperator<Failover> change) {
        change(
                id,
                cluster ->
                        cluster.failover() == null
                                ? cluster
                                : cluster.with(change.apply(cluster.failover())));
    }
}
