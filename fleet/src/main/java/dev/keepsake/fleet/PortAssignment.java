package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlUnavailableException;
import dev.keepsake.control.Endpoints;
import dev.keepsake.core.Clock;
import java.util.Collection;
import java.util.HashSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Assigns to clusters the ports that they do not have yet, and records them. Owned by the fleet's
/// thread.
final class PortAssignment implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PortAssignment.class);

    private final Places places;
    private final ControlJournal control;
    private final Clock clock;

    PortAssignment(Places places, ControlJournal control, Clock clock) {
        this.places = places;
        this.control = control;
        this.clock = clock;
    }

    /// Takes the ports that were assigned before a restart.
    void takeRecorded() {
        for (var cluster : control.read(state -> state.clusters())) {
            if (cluster.endpoints() != null) {
                places.take(cluster.endpoints());
            }
        }
    }

    /// Whether every node of a cluster has a port.
    static boolean isComplete(ClusterSpec spec, @Nullable Endpoints endpoints) {
        return endpoints != null
                && spec.nodes().allMatch(node -> endpoints.nodePorts().containsKey(node.name()));
    }

    /// Finds ports and records them, or records that there are none.
    ///
    /// @param before the ports that the cluster has already, or null
    void assign(ClusterSpec spec, @Nullable Endpoints before) {
        Endpoints found;
        try {
            found = places.find(spec, before);
        } catch (Places.UsedUpException e) { // taken after the call was accepted
            LOG.warn("cluster={} has no ports reason={}", spec.id().name(), e.getMessage());
            String reason = String.valueOf(e.getMessage());
            control.decide(plane -> plane.portsMissing(spec.id(), reason, clock.now()));
            return;
        }
        try {
            control.decide(plane -> plane.endpointsAssigned(spec.id(), found, clock.now()));
        } catch (ControlUnavailableException e) {
            giveBackNew(found, before);
            throw e;
        }
        if (before == null) {
            places.recorded(spec, found);
        }
        if (before == null && found.clusterPort() != spec.requestedPort()) {
            LOG.warn(
                    "cluster={} does not listen on the requested port, which is taken"
                            + " port={} instead={}",
                    spec.id().name(),
                    spec.requestedPort(),
                    found.clusterPort());
        }
    }

    private void giveBackNew(Endpoints found, @Nullable Endpoints before) {
        if (before == null) {
            places.giveBack(found);
            return;
        }
        var news = new HashSet<>(found.nodePorts().keySet());
        news.removeAll(before.nodePorts().keySet());
        places.giveBack(found, news);
    }

    /// Releases requested ports of calls that were refused, and of clusters that are not being
    /// created any more.
    void releaseUnwanted() {
        for (var id : places.asked().holders()) { // first: calls may be decided meanwhile
            if (!isBeingCreated(id)) {
                places.asked().release(id);
            }
        }
    }

    private boolean isBeingCreated(ClusterId id) {
        return control.read(state -> state.cluster(id))
                .filter(found -> found.status() == ClusterState.Status.CREATING)
                .isPresent();
    }

    /// Takes back all ports of a cluster.
    void giveBack(Endpoints endpoints) {
        places.giveBack(endpoints);
    }

    /// Takes back the ports of some nodes of a cluster.
    void giveBack(Endpoints endpoints, Collection<String> nodes) {
        places.giveBack(endpoints, nodes);
    }

    @Override
    public void close() {
        places.close();
    }
}
