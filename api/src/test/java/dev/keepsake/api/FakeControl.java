package dev.keepsake.api;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.ControlService;
import dev.keepsake.control.ControlState;
import dev.keepsake.control.Decision;
import dev.keepsake.control.Endpoints;
import dev.keepsake.control.InstalledEngines;
import dev.keepsake.control.NodePorts;
import dev.keepsake.control.SnapshotShard;
import dev.keepsake.control.StatusPace;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A control plane in memory whose fleet does what the test tells it. It keeps the rules of the
/// real one: callers take turns, and a decision is applied before it is answered.
final class FakeControl implements ControlService {
    private final ReentrantLock turn = new ReentrantLock();
    private final ControlState state = new ControlState();
    private final ControlPlane plane;
    private volatile @Nullable RuntimeException failure;
    private volatile boolean portsUsedUp;

    FakeControl() {
        this(0);
    }

    /// @param failoverQuota how many failovers a day; 0 for any number
    FakeControl(int failoverQuota) {
        this.plane =
                new ControlPlane(
                        state,
                        failoverQuota,
                        InstalledEngines.only("redis", "7.0.15"),
                        false,
                        StatusPace.INSTANT,
                        new NodePorts(1, 65_535, port -> !portsUsedUp));
    }

    /// Somebody else has every port from now on.
    void useUpPorts() {
        portsUsedUp = true;
    }

    /// Every call from now on ends like this.
    void failWith(RuntimeException failure) {
        this.failure = failure;
    }

    @Override
    public <R> R decide(Function<ControlPlane, Decision<R>> decision) {
        turn.lock();
        try {
            checkFailure();
            var decided = decision.apply(plane);
            decided.records().forEach(state::apply);
            return decided.response();
        } finally {
            turn.unlock();
        }
    }

    @Override
    public <R> R query(Function<ControlPlane, R> query) {
        turn.lock();
        try {
            checkFailure();
            return query.apply(plane);
        } finally {
            turn.unlock();
        }
    }

    /// The fleet has started every cluster that is being created.
    void finishCreating(Instant now) {
        for (var cluster : state.clusters()) {
            if (cluster.status() == ClusterState.Status.CREATING) {
                var id = cluster.spec().id();
                decide(plane -> plane.endpointsAssigned(id, endpoints(cluster), Instant.EPOCH));
                decide(plane ->
                        plane.clusterProvisioned(
                                id, new InstalledEngines.Installed("redis", "7.0.15"), now));
            }
        }
    }

    /// The fleet has carried out every update, taken every snapshot, and told everybody whom to let
    /// in.
    void finishEverything(Instant now) {
        finishCreating(now);
        for (var cluster : state.clusters()) {
            decide(plane -> plane.clusterUpdated(cluster.spec().id(), now));
        }
        for (var snapshot : state.allSnapshots()) {
            var file = new SnapshotShard("0001", "0-16383", 1, 9, now);
            decide(plane -> plane.snapshots().taken(snapshot.id(), List.of(file), now));
        }
        decide(plane -> plane.access().settle(Map.of(), Set.of(), now));
    }

    /// The fleet has removed every cluster that is being deleted.
    void finishDeleting(Instant now) {
        for (var cluster : state.clusters()) {
            decide(plane -> plane.clusterRemoved(cluster.spec().id(), now));
        }
    }

    /// The fleet has carried out the failover that was asked for.
    void finishFailover(ClusterId id, String failing, String promoted, Instant now) {
        decide(plane -> plane.failoverBegun(id, failing));
        decide(plane -> plane.failoverPromoted(id, failing, promoted, now));
        decide(plane -> plane.failoverFinished(id, failing, now));
    }

    /// The only cluster.
    ClusterId onlyCluster() {
        return state.clusters().getFirst().spec().id();
    }

    private void checkFailure() {
        if (failure != null) {
            throw failure;
        }
    }

    private static Endpoints endpoints(ClusterState cluster) {
        var ports = new HashMap<String, Integer>();
        for (var shard : cluster.spec().shards()) {
            for (var node : shard.nodes()) {
                ports.put(node.name(), 7001 + ports.size());
            }
        }
        return new Endpoints("127.0.0.1", 7000, ports);
    }
}
