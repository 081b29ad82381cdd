package dev.keepsake.control;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the control plane remembers: every change of its state is one of these. They are stored as
/// they are, so a component may be added, and is never renamed or given another meaning.
public sealed interface ControlRecord {
    record ClusterCreated(ClusterSpec spec) implements ControlRecord {}

    record EndpointsAssigned(ClusterId cluster, Endpoints endpoints) implements ControlRecord {}

    /// Every node of a new cluster answers.
    ///
    /// @param engine the name of what runs; null in what earlier builds recorded
    record ClusterProvisioned(ClusterId cluster, String enginePatchVersion, @Nullable String engine)
            implements ControlRecord {}

    /// The cluster has been started on another engine.
    ///
    /// @param engine its name; null in what earlier builds recorded
    record EngineChanged(ClusterId cluster, String enginePatchVersion, @Nullable String engine)
            implements ControlRecord {}

    /// The cluster is not started: no engine of this machine can go on with its data.
    ///
    /// @param needed which engine wrote them
    record EngineMissing(ClusterId cluster, EngineRelease needed) implements ControlRecord {}

    /// An engine that can go on with the data of a cluster is there again.
    record EngineFound(ClusterId cluster) implements ControlRecord {}

    /// A new cluster cannot run. The ports that it had are free again.
    record ClusterCreateFailed(ClusterId cluster) implements ControlRecord {}

    record ClusterRestoreFailed(ClusterId cluster) implements ControlRecord {}

    /// Something of a cluster is another from now on, its tags or windows for example.
    record ClusterChanged(ClusterSpec spec) implements ControlRecord {}

    record ClusterUpdating(ClusterSpec spec, ClusterUpdate update) implements ControlRecord {}

    record ClusterUpdated(ClusterSpec spec) implements ControlRecord {}

    /// Engines have to take the values of their parameter group.
    ///
    /// @param at null in what earlier builds recorded
    record ParametersPending(ClusterId cluster, @Nullable Instant at) implements ControlRecord {}

    record ParametersApplied(ClusterId cluster) implements ControlRecord {}

    record ClusterSnapshotting(ClusterId cluster) implements ControlRecord {}

    record ClusterSnapshotted(ClusterId cluster) implements ControlRecord {}

    /// A cluster is to go.
    ///
    /// @param at null when no pace holds it up, and in what earlier builds recorded
    record ClusterDeleting(ClusterId cluster, @Nullable Instant at) implements ControlRecord {}

    record ClusterRemoved(ClusterId cluster) implements ControlRecord {}

    /// FailoverShard was called.
    record FailoverRequested(ClusterId cluster, String shard) implements ControlRecord {}

    /// The primary is about to fail. Recorded before it does, and without the mode: a server that
    /// dies in between lets it crash at the next start.
    ///
    /// @param failing the name of the node
    record FailoverBegun(ClusterId cluster, String failing) implements ControlRecord {}

    /// Another node has taken over.
    ///
    /// @param promoted the name of the node
    record FailoverPromoted(ClusterId cluster, String promoted) implements ControlRecord {}

    /// The node that failed answers again.
    record FailoverFinished(ClusterId cluster, Instant at) implements ControlRecord {}

    /// A node is the primary of its shard, though nobody asked for it.
    record PrimaryChanged(ClusterId cluster, String node) implements ControlRecord {}

    /// A node has failed by itself, and is not back before [NodeRecovered].
    record NodeRecovering(ClusterId cluster, String node) implements ControlRecord {}

    record NodeRecovered(ClusterId cluster, String node) implements ControlRecord {}

    /// A server has begun to run what is recorded. Without a [ServerStopped] behind it, the server
    /// was killed.
    record ServerStarted(Instant at) implements ControlRecord {}

    /// A server was told to stop.
    record ServerStopped(Instant at) implements ControlRecord {}

    record UserChanged(User user) implements ControlRecord {}

    record UserRemoved(String region, String name) implements ControlRecord {}

    record AclChanged(Acl acl) implements ControlRecord {}

    record AclRemoved(String region, String name) implements ControlRecord {}

    record ParameterGroupChanged(ParameterGroup group) implements ControlRecord {}

    record ParameterGroupRemoved(String region, String name) implements ControlRecord {}

    record SubnetGroupChanged(SubnetGroup group) implements ControlRecord {}

    record SubnetGroupRemoved(String region, String name) implements ControlRecord {}

    record SnapshotChanged(ClusterSnapshot snapshot) implements ControlRecord {}

    record SnapshotRemoved(SnapshotId id) implements ControlRecord {}

    record NodesReserved(ReservedNode reservation) implements ControlRecord {}

    /// The tags of a resource that is no cluster; they go with it.
    record TagsChanged(Resource resource, Map<String, String> tags) implements ControlRecord {
        public TagsChanged {
            tags = Map.copyOf(tags);
        }
    }

    record EventHappened(Event event) implements ControlRecord {}

    /// What follows it is everything there is; whatever was before is forgotten.
    ///
    /// @param eventsForgotten how many events came before those that follow
    record StateBegins(long eventsForgotten) implements ControlRecord {}

    /// A cluster as it is, in the place of all records that made it so.
    record ClusterKept(ClusterState cluster) implements ControlRecord {}

    /// When snapshots were asked for, in the place of the records that did.
    record SnapshotsCounted(List<SnapshotAsked> asked) implements ControlRecord {
        public SnapshotsCounted {
            asked = List.copyOf(asked);
        }
    }

    /// Stands before the records of one part of a state that was too large for one entry; it counts
    /// only when all parts are there.
    ///
    /// @param number from 0
    /// @param last the number of the last one
    record StatePart(int number, int last) implements ControlRecord {}

    /// Everything but clusters, which have to be removed one by one, is forgotten.
    record Reset(Instant at) implements ControlRecord {}
}
