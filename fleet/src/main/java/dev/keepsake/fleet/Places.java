package dev.keepsake.fleet;

import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.Endpoints;
import dev.keepsake.control.NodeAddresses;
import dev.keepsake.control.NodePlaces;
import dev.keepsake.control.NodePorts;
import dev.keepsake.core.AddressBlock;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Assigns places (an address and a port) to the endpoint and to each node of every cluster. Owned
/// by the fleet's thread. An assigned place stays taken until it is given back, even while nothing
/// listens there. Meanwhile it is held (see [PortHold]), so that no other program which takes any
/// free port gets it.
///
/// Without a block of addresses, all places are at one host, on ports of a range. With a block,
/// each node has its own address, and all nodes of a cluster use the cluster's port. Places that
/// were assigned before a restart stay, even if the server was started in the other way then.
final class Places implements AutoCloseable {
    /// There are not enough places left.
    static final class UsedUpException extends IOException {
        private UsedUpException(String message) {
            super(message);
        }
    }

    private record Place(String host, int port) {}

    private final String host;
    private final int firstPort;
    private final int lastPort;
    private final @Nullable RandomGenerator anywhere;
    private final @Nullable AddressBlock block;
    private final AskedPorts asked;
    private final Map<Place, PortHold> taken = new HashMap<>();

    /// @param host the address of places without their own one
    /// @param anywhere chooses where in the range the search for a port begins, or null for at its
    ///   first
    /// @param block the block whose addresses are assigned, or null to assign ports
    Places(
            String host,
            int firstPort,
            int lastPort,
            @Nullable RandomGenerator anywhere,
            @Nullable AddressBlock block) {
        this.host = host;
        this.firstPort = firstPort;
        this.lastPort = lastPort;
        this.anywhere = anywhere;
        this.block = block;
        this.asked = new AskedPorts(host);
    }

    /// The ports that requests named and that have not been assigned yet. Any thread.
    AskedPorts asked() {
        return asked;
    }

    /// Reports that the places of a new cluster are recorded. No other request can name its port
    /// any more, and the cluster may listen there.
    void recorded(ClusterSpec spec, Endpoints endpoints) {
        if (asked.isHeldBy(spec.id(), endpoints.clusterPort())) {
            var place = new Place(endpoints.host(), endpoints.clusterPort());
            asked.release(spec.id());
            giveBack(place);
            taken.put(place, PortHold.take(place.host(), place.port()));
        }
    }

    /// The places, in the form that the control plane needs.
    NodePlaces asDecided() {
        return block == null
                ? new NodePorts(
                        firstPort,
                        lastPort,
                        port -> asked.isHeld(port) || PortHold.isFree(host, port),
                        asked)
                : new NodeAddresses(block, PortHold::isFree);
    }

    /// Takes places that were assigned before a restart.
    void take(Endpoints endpoints) {
        for (var place : placesOf(endpoints)) {
            taken.computeIfAbsent(place, each -> PortHold.take(each.host(), each.port()));
        }
    }

    void giveBack(Endpoints endpoints) {
        placesOf(endpoints).forEach(this::giveBack);
    }

    private void giveBack(Place place) {
        var hold = taken.remove(place);
        if (hold != null) {
            hold.close();
        }
    }

    /// Takes back the places of some nodes.
    void giveBack(Endpoints endpoints, Collection<String> nodes) {
        for (String node : nodes) {
            var port = endpoints.nodePorts().get(node);
            if (port != null) {
                giveBack(new Place(endpoints.hostOf(node), port));
            }
        }
    }

    /// Finds the places that a cluster does not have yet.
    ///
    /// @param before the places that it has, or null for none
    /// @throws UsedUpException when there are not enough; none is taken then
    Endpoints find(ClusterSpec spec, @Nullable Endpoints before) throws UsedUpException {
        var found = new HashSet<Place>();
        try {
            var endpoint =
                    before == null
                            ? takeForEndpoint(spec, found)
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
            found.forEach(this::giveBack);
            throw e;
        }
    }

    private Place takeForEndpoint(ClusterSpec spec, Set<Place> found) throws UsedUpException {
        if (block != null) {
            return takeAddress(block, spec.requestedPort(), found);
        }
        var wanted = new Place(host, spec.requestedPort());
        if (asked.isHeldBy(spec.id(), wanted.port()) && !taken.containsKey(wanted)) {
            taken.put(wanted, PortHold.take(host, wanted.port()));
            found.add(wanted);
            return wanted;
        }
        return tryTake(wanted, false, found) ? wanted : takePort(found);
    }

    private Place takeForNode(int clusterPort, Set<Place> found) throws UsedUpException {
        return block == null ? takePort(found) : takeAddress(block, clusterPort, found);
    }

    private Place takePort(Set<Place> found) throws UsedUpException {
        int ports = lastPort - firstPort + 1;
        int start = anywhere == null ? 0 : anywhere.nextInt(ports);
        for (int i = 0; i < ports; i++) {
            var place = new Place(host, firstPort + (start + i) % ports);
            if (tryTake(place, anywhere != null, found)) {
                return place;
            }
        }
        throw new UsedUpException(
                "no port from %d to %d is free; delete a cluster or start with a larger --node-ports"
                        .formatted(firstPort, lastPort));
    }

    private Place takeAddress(AddressBlock from, int port, Set<Place> found)
            throws UsedUpException {
        var hosts = new HashSet<String>();
        taken.keySet().forEach(place -> hosts.add(place.host()));
        for (int i = 0; i < from.size(); i++) {
            var place = new Place(from.address(i), port);
            if (!hosts.contains(place.host()) && tryTake(place, false, found)) {
                return place;
            }
        }
        throw new UsedUpException(
                "no address of %s is left whose port %d is free; delete a cluster, give another Port, or start with a larger --node-addresses"
                        .formatted(from, port));
    }

    /// @param alone whether to skip a port that another socket has bound, because there are other
    ///   ports to choose from
    private boolean tryTake(Place place, boolean alone, Set<Place> found) {
        if (taken.containsKey(place)) {
            return false;
        }
        var hold =
                alone
                        ? PortHold.tryTakeAlone(place.host(), place.port())
                        : PortHold.tryTake(place.host(), place.port());
        if (hold == null) {
            return false;
        }
        taken.put(place, hold);
        found.add(place);
        return true;
    }

    private static Set<Place> placesOf(Endpoints endpoints) {
        var places = new HashSet<Place>();
        places.add(new Place(endpoints.host(), endpoints.clusterPort()));
        endpoints
                .nodePorts()
                .forEach((node, port) -> places.add(new Place(endpoints.hostOf(node), port)));
        return places;
    }

    /// Releases all places. Idempotent.
    @Override
    public void close() {
        taken.values().forEach(PortHold::close);
        taken.clear();
        asked.close();
    }
}
