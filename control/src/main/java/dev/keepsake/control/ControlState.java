package dev.keepsake.control;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// Everything the control plane knows: what applying all records in order gives. Changed by
/// [#apply] alone. Not thread-safe: its owner takes care of turns.
public final class ControlState {
    static final Duration EVENTS_KEPT = Duration.ofDays(14);
    private static final int EVENTS_MAX = 100_000;

    private final Map<String, Map<String, ClusterState>> clustersByRegion = new TreeMap<>();
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private long eventsForgotten;

    /// Applies one record. A record about a cluster that is gone changes nothing.
    public void apply(ControlRecord record) {
        switch (record) {
            case ControlRecord.ClusterCreated(ClusterSpec spec) ->
                    put(new ClusterState(spec, ClusterState.Status.CREATING, null, null, null));
            case ControlRecord.EndpointsAssigned(ClusterId id, Endpoints endpoints) ->
                    change(id, cluster -> cluster.with(endpoints));
            case ControlRecord.ClusterProvisioned(ClusterId id, String patchVersion) ->
                    change(id, cluster -> cluster.running(patchVersion));
            case ControlRecord.ClusterDeleting(ClusterId id) ->
                    change(id, cluster -> cluster.with(ClusterState.Status.DELETING));
            case ControlRecord.ClusterRemoved(ClusterId id) -> cluster(id).ifPresent(this::remove);
            case ControlRecord.FailoverRequested(ClusterId id, String shard) ->
                    change(id, cluster -> cluster.with(new Failover(shard, null, null)));
            case ControlRecord.FailoverBegun(ClusterId id, String failing) ->
                    changeFailover(id, old -> new Failover(old.shard(), failing, null));
            case ControlRecord.FailoverPromoted(ClusterId id, String promoted) ->
                    changeFailover(id, old -> new Failover(old.shard(), old.failing(), promoted));
            case ControlRecord.FailoverFinished(ClusterId id, var _) ->
                    change(id, cluster -> cluster.with((Failover) null));
            case ControlRecord.EventHappened(Event event) -> {
                events.addLast(event);
                var oldest = event.date().minus(EVENTS_KEPT);
                while (events.size() > EVENTS_MAX || events.getFirst().date().isBefore(oldest)) {
                    events.removeFirst();
                    eventsForgotten++;
                }
            }
        }
    }

    /// The clusters of a region, by name.
    public Collection<ClusterState> clusters(String region) {
        return inRegion(region).values();
    }

    /// All clusters.
    public List<ClusterState> clusters() {
        return clustersByRegion.values().stream()
                .flatMap(clusters -> clusters.values().stream())
                .toList();
    }

    /// The cluster, if it still exists.
    public Optional<ClusterState> cluster(ClusterId id) {
        return cluster(id.region(), id.name()).filter(found -> found.spec().id().equals(id));
    }

    Optional<ClusterState> cluster(String region, String name) {
        return Optional.ofNullable(inRegion(region).get(name));
    }

    /// The events that are kept, oldest first.
    Collection<Event> events() {
        return events;
    }

    /// How many events came before those that are kept.
    long eventsForgotten() {
        return eventsForgotten;
    }

    // Any caller may ask for any region, so asking leaves nothing behind.
    private Map<String, ClusterState> inRegion(String region) {
        return clustersByRegion.getOrDefault(region, Map.of());
    }

    private void put(ClusterState cluster) {
        var id = cluster.spec().id();
        clustersByRegion
                .computeIfAbsent(id.region(), missing -> new TreeMap<>())
                .put(id.name(), cluster);
    }

    private void remove(ClusterState cluster) {
        var id = cluster.spec().id();
        clustersByRegion.computeIfPresent(
                id.region(),
                (region, clusters) -> {
                    clusters.remove(id.name());
                    return clusters.isEmpty() ? null : clusters;
                });
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
