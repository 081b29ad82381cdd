package dev.keepsake.control;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// A fleet that knows nothing but the records, and takes one step a call: what the real one would
/// report next. Each step is one decision, so the control plane can be stopped between any two.
final class SimulatedFleet {
    private final MemoryControl control;

    SimulatedFleet(MemoryControl control) {
        this.control = control;
    }

    /// Takes steps until nothing is left to do.
    void finish() {
        while (step()) {}
    }

    /// Takes the next step.
    ///
    /// @return false when there is none
    boolean step() {
        for (var cluster : control.state.clusters()) {
            if (step(cluster)) {
                return true;
            }
        }
        for (var snapshot : control.state.allSnapshots()) {
            if (step(snapshot)) {
                return true;
            }
        }
        return settle();
    }

    private boolean step(ClusterState cluster) {
        var id = cluster.spec().id();
        return switch (cluster.status()) {
            case CREATING -> {
                var restore = cluster.spec().restore();
                if (restore != null && restore.files().toString().contains("missing")) {
                    yield did(plane -> plane.restoreFailed(id, "It is missing.", control.now));
                }
                yield cluster.endpoints() == null
                        ? assignPorts(cluster)
                        : did(plane ->
                                plane.clusterProvisioned(
                                        id,
                                        new InstalledEngines.Installed("redis", "7.0.15"),
                                        control.now));
            }
            case UPDATING -> {
                var leaving = leaving(cluster);
                if (!leaving.isEmpty()) {
                    yield did(plane -> plane.nodesLeft(id, leaving, control.now));
                }
                yield assignPorts(cluster) || did(plane -> plane.clusterUpdated(id, control.now));
            }
            case DELETING ->
                    !control.plane.snapshots().isAwaited(id)
                            && did(plane -> plane.clusterRemoved(id, control.now));
            case AVAILABLE, SNAPSHOTTING -> {
                var values = control.plane.parameters().of(cluster.spec());
                yield did(plane -> plane.parameters().settle(id, values, control.now))
                        || (cluster.failover() != null && goOn(cluster, cluster.failover()));
            }
            case CREATE_FAILED, RESTORE_FAILED -> false;
        };
    }

    private boolean goOn(ClusterState cluster, Failover failover) {
        var id = cluster.spec().id();
        var nodes =
                cluster.spec().shards().stream()
                        .filter(shard -> shard.name().equals(failover.shard()))
                        .findFirst()
                        .orElseThrow()
                        .nodes();
        String failing = nodes.get(0).name();
        if (failover.failing() == null) {
            return did(plane -> plane.failoverBegun(id, failing));
        }
        return failover.promoted() == null
                ? did(plane ->
                        plane.failoverPromoted(id, failing, nodes.get(1).name(), control.now))
                : did(plane -> plane.failoverFinished(id, failing, control.now));
    }

    private boolean assignPorts(ClusterState cluster) {
        var before = cluster.endpoints();
        var ports = new HashMap<String, Integer>();
        var taken = new HashSet<Integer>();
        for (var other : control.state.clusters()) {
            if (other.endpoints() != null) {
                taken.add(other.endpoints().clusterPort());
                taken.addAll(other.endpoints().nodePorts().values());
            }
        }
        int clusterPort = before == null ? next(taken) : before.clusterPort();
        for (var shard : cluster.spec().shards()) {
            for (var node : shard.nodes()) {
                var known = before == null ? null : before.nodePorts().get(node.name());
                ports.put(node.name(), known == null ? next(taken) : known);
            }
        }
        var found = new Endpoints("127.0.0.1", clusterPort, ports);
        return did(plane -> plane.endpointsAssigned(cluster.spec().id(), found, control.now));
    }

    private static int next(Set<Integer> taken) {
        int port = 7_000;
        while (!taken.add(port)) {
            port++;
        }
        return port;
    }

    private static List<String> leaving(ClusterState cluster) {
        var update = cluster.update();
        var leaving = new ArrayList<String>();
        for (var shard : cluster.spec().shards()) {
            for (var node : shard.nodes()) {
                boolean spare =
                        update != null && shard.nodes().indexOf(node) > update.replicasPerShard();
                if (spare) {
                    leaving.add(node.name());
                }
            }
        }
        return leaving;
    }

    private boolean step(ClusterSnapshot snapshot) {
        var id = snapshot.id();
        return switch (snapshot.status()) {
            case CREATING, COPYING -> {
                var files =
                        snapshot.cluster().shards().stream()
                                .map(shard ->
                                        new SnapshotShard(
                                                shard.name(),
                                                shard.slots(),
                                                shard.nodes().size() - 1,
                                                9,
                                                control.now))
                                .toList();
                yield did(plane -> plane.snapshots().taken(id, files, control.now));
            }
            case DELETING -> did(plane -> plane.snapshots().removed(id, control.now));
            case AVAILABLE, FAILED -> false;
        };
    }

    private boolean settle() {
        Map<ClusterId, List<AccessRule>> told = new HashMap<>();
        for (var cluster : control.state.clusters()) {
            if (cluster.isUp()) {
                told.put(cluster.spec().id(), control.plane.access().rulesOf(cluster));
            }
        }
        return did(plane -> plane.access().settle(told, Set.of(), control.now));
    }

    private boolean did(Function<ControlPlane, Decision<?>> report) {
        int before = control.records.size();
        control.decide(plane -> new Decision<>(report.apply(plane).records(), true));
        return control.records.size() > before;
    }
}
