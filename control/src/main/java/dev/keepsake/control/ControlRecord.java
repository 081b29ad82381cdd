package dev.keepsake.control;

import java.time.Instant;

/// What the control plane remembers: every change of its state is one of these. They are stored as
/// they are, so a component may be added, and is never renamed or given another meaning.
public sealed interface ControlRecord {
    record ClusterCreated(ClusterSpec spec) implements ControlRecord {}

    record EndpointsAssigned(ClusterId cluster, Endpoints endpoints) implements ControlRecord {}

    record ClusterProvisioned(ClusterId cluster, String enginePatchVersion)
            implements ControlRecord {}

    record ClusterDeleting(ClusterId cluster) implements ControlRecord {}

    record ClusterRemoved(ClusterId cluster) implements ControlRecord {}

    record FailoverRequested(ClusterId cluster, String shard) implements ControlRecord {}

    record FailoverBegun(ClusterId cluster, String failing) implements ControlRecord {}

    record FailoverPromoted(ClusterId cluster, String promoted) implements ControlRecord {}

    record FailoverFinished(ClusterId cluster, Instant at) implements ControlRecord {}

    record EventHappened(Event event) implements ControlRecord {}
}
