package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Decides what follows from the fleet's reports about updates that it carries out.
final class UpdateReports {
    private final ControlState state;
    private final StatusPace pace;

    UpdateReports(ControlState state, StatusPace pace) {
        this.state = state;
        this.pace = pace;
    }

    /// The nodes that an update removes have ended.
    Decision<Optional<ClusterState>> nodesLeft(ClusterId id, List<String> names, Instant now) {
        var cluster = state.cluster(id);
        var update = cluster.map(ClusterState::update).orElse(null);
        if (cluster.isEmpty() || update == null) {
            return new Decision<>(List.of(), cluster);
        }
        var left = cluster.get().spec().withoutNodes(names::contains);
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.ClusterUpdating(left, update));
        var endpoints = cluster.get().endpoints();
        if (endpoints != null) { // ports and nodes change together
            records.add(new ControlRecord.EndpointsAssigned(id, endpoints.without(names)));
        }
        for (String name : names) {
            String message = "Removed node %s".formatted(name);
            records.add(Events.ofCluster(id, now, message));
            records.add(Events.ofNode(id, name, now, message));
        }
        return new Decision<>(records, cluster);
    }

    /// There are no ports for the nodes that an update adds. The rest of the update is still
    /// carried out.
    Decision<Optional<ClusterState>> withoutPorts(
            ClusterState cluster, String reason, Instant now) {
        var spec = cluster.spec();
        var update = cluster.update();
        var endpoints = cluster.endpoints();
        if (update == null || endpoints == null) {
            return new Decision<>(List.of(), Optional.of(cluster));
        }
        var next = spec.withoutNodes(node -> !endpoints.nodePorts().containsKey(node));
        return new Decision<>(
                List.of(
                        new ControlRecord.ClusterUpdating(
                                next,
                                new ClusterUpdate(
                                        next.replicasPerShard(),
                                        List.of(),
                                        update.aclToApply(),
                                        update.otherNodes(),
                                        update.otherSecurityGroups(),
                                        update.since())),
                        Events.ofCluster(
                                spec.id(),
                                now,
                                "Failed to modify number of nodes from %d to %d due to insufficient free IP addresses: %s"
                                        .formatted(next.nodeCount(), spec.nodeCount(), reason))),
                Optional.of(cluster));
    }

    /// An update has been carried out as a whole.
    Decision<Optional<ClusterState>> finished(ClusterId id, Instant now) {
        var cluster = state.cluster(id);
        var update = cluster.map(ClusterState::update).orElse(null);
        if (cluster.isEmpty()
                || update == null
                || cluster.get().status() != ClusterState.Status.UPDATING
                || !isOver(update, now)) {
            return new Decision<>(List.of(), cluster);
        }
        var spec = cluster.get().spec();
        var records = new ArrayList<ControlRecord>();
        records.add(
                new ControlRecord.ClusterUpdated(
                        update.aclToApply() == null ? spec : spec.withAcl(update.aclToApply())));
        if (!update.joining().isEmpty()) {
            int nodes = spec.nodeCount();
            records.add(
                    Events.ofCluster(
                            id,
                            now,
                            "Modified number of nodes from %d to %d"
                                    .formatted(nodes - update.joining().size(), nodes)));
            Events.nodesAdded(records, spec, update.joining()::contains, now);
        }
        if (!update.otherNodes()) {
            records.add(
                    Events.ofCluster(
                            id,
                            now,
                            "Update cluster %s operation completed.".formatted(id.name())));
        }
        return new Decision<>(records, cluster);
    }

    private boolean isOver(ClusterUpdate update, Instant now) {
        return StatusPace.isOver(
                update.since(), update.otherNodes() ? pace.resizing() : pace.updating(), now);
    }
}
