package dev.keepsake.control;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Decides whether there will be enough ports, or addresses, for a cluster. The fleet assigns them
/// after a call has been accepted. So a call is accepted only if all earlier clusters leave enough
/// for it.
final class PortRoom {
    private final ControlState state;
    private final NodePlaces places;

    PortRoom(ControlState state, NodePlaces places) {
        this.state = state;
        this.places = places;
    }

    /// Checks that every node of a cluster with this specification will find a port or an address.
    void expectRoomFor(ClusterSpec spec, Fault fault) {
        shortageFor(spec)
                .ifPresent(shortage -> {
                    throw fault.because("%s", shortage);
                });
    }

    /// The shortage for a cluster with this specification, and the way out; empty when there is
    /// enough.
    private Optional<String> shortageFor(ClusterSpec spec) {
        return switch (places) {
            case NodePorts range -> {
                int missing = missingPorts(spec, range);
                yield shortage(
                        missing,
                        "%d ports are missing for cluster %s; delete a cluster, or start the server with"
                                        .formatted(missing, spec.id().name())
                                + " a larger --node-ports.");
            }
            case NodeAddresses addresses -> {
                int missing = missingAddresses(spec, addresses);
                yield shortage(
                        missing,
                        "%d addresses whose port %d is free are missing for cluster %s; delete a cluster, give another Port, or start the server with"
                                        .formatted(missing, portOf(spec), spec.id().name())
                                + " a larger --node-addresses.");
            }
        };
    }

    /// The present user of the port that a new cluster requests, and the way out; empty when the
    /// port is free. Clusters share the ports of one address, unless they have their own addresses.
    Optional<String> ownerOfWanted(ClusterSpec spec) {
        if (!(places instanceof NodePorts range)) {
            return Optional.empty();
        }
        int port = spec.requestedPort();
        for (var cluster : state.clusters()) {
            var endpoints = cluster.endpoints();
            if (endpoints != null && endpoints.clusterPort() == port) {
                return taken(port, "cluster %s listens".formatted(cluster.spec().id().name()));
            }
            if (endpoints != null && endpoints.nodePorts().containsValue(port)) {
                return taken(
                        port, "a node of cluster %s listens".formatted(cluster.spec().id().name()));
            }
        }
        return range.isFree().test(port) ? Optional.empty() : takenByOthers(port);
    }

    /// Keeps the requested port for the cluster.
    ///
    /// @return its present user, and the way out; empty when the port is kept
    Optional<String> holdWanted(ClusterSpec spec) {
        int port = spec.requestedPort();
        return places instanceof NodePorts range && !range.holds().hold(spec.id(), port)
                ? takenByOthers(port)
                : Optional.empty();
    }

    private static Optional<String> takenByOthers(int port) {
        return taken(port, "another program listens, or a cluster that is being created will");
    }

    private static Optional<String> taken(int port, String owner) {
        return Optional.of(
                "Port is %d, on which %s; give another Port, or start the server with --node-addresses, which gives every cluster an address of its own."
                        .formatted(port, owner));
    }

    private static Optional<String> shortage(int missing, String message) {
        return missing > 0 ? Optional.of(message) : Optional.empty();
    }

    private @Nullable Endpoints present(ClusterSpec spec) {
        return state.cluster(spec.id()).map(ClusterState::endpoints).orElse(null);
    }

    // ---- addresses

    private int missingAddresses(ClusterSpec spec, NodeAddresses addresses) {
        var taken = new HashSet<String>();
        for (var cluster : state.clusters()) {
            if (cluster.endpoints() != null) {
                taken.add(cluster.endpoints().host());
                taken.addAll(cluster.endpoints().nodeHosts().values());
            }
        }
        int wanted = wantedAddresses(spec, present(spec));
        for (var cluster : state.clusters()) {
            if (!cluster.spec().id().equals(spec.id()) && willListen(cluster)) {
                wanted += wantedAddresses(cluster.spec(), cluster.endpoints());
            }
        }
        var block = addresses.block();
        int port = portOf(spec);
        int free = 0;
        for (int i = 0; i < block.size() && free < wanted; i++) {
            String address = block.address(i);
            if (!taken.contains(address) && addresses.probe().isFree(address, port)) {
                free++;
            }
        }
        return wanted - free;
    }

    private int portOf(ClusterSpec spec) {
        var present = present(spec);
        return present == null ? spec.requestedPort() : present.clusterPort();
    }

    /// The number of missing addresses: one for each node without one, and one for the endpoint.
    private static int wantedAddresses(ClusterSpec spec, @Nullable Endpoints present) {
        return nodesWithoutPlace(spec, present) + (present == null ? 1 : 0);
    }

    private static int nodesWithoutPlace(ClusterSpec spec, @Nullable Endpoints present) {
        int without = 0;
        for (var shard : spec.shards()) {
            for (var node : shard.nodes()) {
                if (present == null || !present.nodePorts().containsKey(node.name())) {
                    without++;
                }
            }
        }
        return without;
    }

    // ---- ports

    private int missingPorts(ClusterSpec spec, NodePorts range) {
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
                wanted += wantedPorts(cluster.spec(), cluster.endpoints(), range, taken);
            }
        }
        wanted += wantedPorts(spec, present(spec), range, taken);
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

    /// How many ports of the range a cluster still has to get. A requested port that is free and
    /// outside the range is not counted; it is added to `taken`.
    private static int wantedPorts(
            ClusterSpec spec, @Nullable Endpoints present, NodePorts range, Set<Integer> taken) {
        int wanted = nodesWithoutPlace(spec, present);
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
