package dev.keepsake.fleet;

import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.Endpoints;
import dev.keepsake.control.NodeAddresses;
import dev.keepsake.control.NodePlaces;
import dev.keepsake.control.NodePorts;
import dev.keepsake.core.AddressBlock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Hands out places to listen at: to the endpoint of each cluster and to each of its nodes. Owned
/// by the fleet's thread. What is handed out stays taken until it is given back, whether or not
/// somebody listens there at the moment.
///
/// Without a block of addresses all are at one host, on ports of a range; with one, each has an
/// address of its own, and all of a cluster are on its port. What was handed out in one way before
/// a restart stays where it is after one in the other.
final class Places {
    /// Nothing is left.
    static final class UsedUpException extends IOException {
        private UsedUpException(String message) {
            super(message);
        }
    }

    private record Place(String host, int port) {}

    private final String host;
    private final int firstPort;
    private final int lastPort;
    private final @Nullable AddressBlock block;
    private final Set<Place> taken = new HashSet<>();

    /// @param host where everything is that has no address of its own
    /// @param block what addresses are handed out of, or null to hand out ports
    Places(String host, int firstPort, int lastPort, @Nullable AddressBlock block) {
        this.host = host;
        this.firstPort = firstPort;
        this.lastPort = lastPort;
        this.block = block;
    }

    /// The same, as the control plane has to know it.
    NodePlaces asDecided() {
        return block == null
                ? new NodePorts(firstPort, lastPort, port -> isFree(host, port))
                : new NodeAddresses(block, Places::isFree);
    }

    /// Notes what was handed out before a restart.
    void take(Endpoints endpoints) {
        taken.addAll(placesOf(endpoints));
    }

    void giveBack(Endpoints endpoints) {
        taken.removeAll(placesOf(endpoints));
    }

    /// Takes back what some nodes have.
    void giveBack(Endpoints endpoints, Collection<String> nodes) {
        for (String node : nodes) {
            var port = endpoints.nodePorts().get(node);
            if (port != null) {
                taken.remove(new Place(endpoints.hostOf(node), port));
            }
        }
    }

    /// Finds what a cluster has yet to get.
    ///
    /// @param before what it has, or null when that is nothing
    /// @throws UsedUpException when there is not enough; nothing is taken then
    Endpoints find(ClusterSpec spec, @Nullable Endpoints before) throws UsedUpException {
        var found = new HashSet<Place>();
        try {
            var endpoint =
                    before == null
                            ? takeForEndpoint(spec.requestedPort(), found)
                            : new Place(before.host(), before.clusterPort());
            var ports = new HashMap<String, Integer>();
            var hosts = new HashMap<String, String>();
            for (var shard : spec.shards()) {
                for (var node : shard.nodes()) {
                    var port = before == null ? null : before.nodePorts().get(node.name());
                    var place =
                            before == null || port == null
                                    ? takeForNode(endpoint.port(), found)
                                    : new Place(before.hostOf(node.name()), port);
                    ports.put(node.name(), place.port());
                    if (!place.host().equals(endpoint.host())) {
                        hosts.put(node.name(), place.host());
                    }
                }
            }
            return new Endpoints(endpoint.host(), endpoint.port(), ports, hosts);
        } catch (UsedUpException e) {
            taken.removeAll(found);
            throw e;
        }
    }

    private Place takeForEndpoint(int wantedPort, Set<Place> found) throws UsedUpException {
        if (block != null) {
            return takeAddress(block, wantedPort, found);
        }
        var wanted = new Place(host, wantedPort);
        return isFree(wanted) ? take(wanted, found) : takePort(found);
    }

    private Place takeForNode(int clusterPort, Set<Place> found) throws UsedUpException {
        return block == null ? takePort(found) : takeAddress(block, clusterPort, found);
    }

    private Place takePort(Set<Place> found) throws UsedUpException {
        for (int port = firstPort; port <= lastPort; port++) {
            var place = new Place(host, port);
            if (isFree(place)) {
                return take(place, found);
            }
        }
        throw new UsedUpException(
                "no port from %d to %d is free; delete a cluster or start with a larger --node-ports"
                        .formatted(firstPort, lastPort));
    }

    private Place takeAddress(AddressBlock from, int port, Set<Place> found)
            throws UsedUpException {
        var hosts = new HashSet<String>();
        taken.forEach(place -> hosts.add(place.host()));
        for (int i = 0; i < from.size(); i++) {
            var place = new Place(from.address(i), port);
            if (!hosts.contains(place.host()) && isFree(place)) {
                return take(place, found);
            }
        }
        throw new UsedUpException(
                "no address of %s is left whose port %d is free; delete a cluster, give another Port, or start with a larger --node-addresses"
                        .formatted(from, port));
    }

    private Place take(Place place, Set<Place> found) {
        taken.add(place);
        found.add(place);
        return place;
    }

    private boolean isFree(Place place) {
        return !taken.contains(place) && isFree(place.host(), place.port());
    }

    private static Set<Place> placesOf(Endpoints endpoints) {
        var places = new HashSet<Place>();
        places.add(new Place(endpoints.host(), endpoints.clusterPort()));
        endpoints
                .nodePorts()
                .forEach((node, port) -> places.add(new Place(endpoints.hostOf(node), port)));
        return places;
    }

    /// Whether this machine has an address on which nobody listens on a port at present. Any
    /// thread.
    private static boolean isFree(String host, int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
