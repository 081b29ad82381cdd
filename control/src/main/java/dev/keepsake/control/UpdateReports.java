package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the fleet reports of updates that it carries out, and what that comes to.
final class UpdateReports {
    private final ControlState state;
    private final StatusPace pace;

    UpdateReports(ControlState state, StatusPace pace) {
        this.state = state;
        this.pace = pace;
    }

    /// Nodes that were to go are gone.
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
        if (endpoints != null) { // with them, so that no port is left to a node that is gone
            records.add(new ControlRecord.EndpointsAssigned(id, endpoints.without(names)));
        }
        for (String name : names) {
            String message = "Removed node %s".formatted(name);
            records.add(Events.ofCluster(id, now, message));
            records.add(Events.ofNode(id, name, now, message));
        }
        return new Decision<>(records, cluster);
    }

    /// Nodes that were to join find no ports: whatever else was asked for is still carried out.
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

    /// Everything that was asked for is reached.
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
