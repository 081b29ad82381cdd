package dev.keepsake.control;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Whether there will be ports for what is asked for. The fleet hands ports out after a call has
/// been accepted, so a call is accepted only if those for all clusters before it leave enough.
final class PortRoom {
    private final ControlState state;
    private final NodePorts range;

    PortRoom(ControlState state, NodePorts range) {
        this.state = state;
        this.range = range;
    }

    /// How many ports are missing for a cluster as it would be; 0 when there are enough.
    int missingFor(ClusterSpec spec) {
        var taken = new HashSet<Integer>();
        for (var cluster : state.clusters()) {
            if (cluster.endpoints() != null) {
                taken.add(cluster.endpoints().clusterPort());
                taken.addAll(cluster.endpoints().nodePorts().values());
            }
        }
        int wanted = 0;
        for (var cluster : state.clusters()) {
            if (!cluster.spec().id().equals(spec.id()) && willListen(cluster)) {
                wanted += wanted(cluster.spec(), cluster.endpoints(), taken);
            }
        }
        var present = state.cluster(spec.id()).map(ClusterState::endpoints).orElse(null);
        wanted += wanted(spec, present, taken);
        int free = 0;
        for (int port = range.first(); port <= range.last() && free < wanted; port++) {
            if (!taken.contains(port) && range.isFree().test(port)) {
                free++;
            }
        }
        return wanted - free;
    }

    private static boolean willListen(ClusterState cluster) {
        return switch (cluster.status()) {
            case CREATING, AVAILABLE, UPDATING, SNAPSHOTTING -> true;
            case CREATE_FAILED, RESTORE_FAILED, DELETING -> false;
        };
    }

    /// How many ports of the range a cluster has yet to get. The port of its own choice is not one
    /// of them if it is outside and nobody has it; it is taken then.
    private int wanted(ClusterSpec spec, @Nullable Endpoints present, Set<Integer> taken) {
        int wanted = 0;
        for (var shard : spec.shards()) {
            for (var node : shard.nodes()) {
                if (present == null || !present.nodePorts().containsKey(node.name())) {
                    wanted++;
                }
            }
        }
        if (present != null) {
            return wanted;
        }
        int own = spec.requestedPort();
        boolean outside = !range.contains(own) && !taken.contains(own) && range.isFree().test(own);
        if (outside) {
            taken.add(own);
        }
        return outside ? wanted : wanted + 1;
    }
}
