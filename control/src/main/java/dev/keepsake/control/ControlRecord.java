package dev.keepsake.control;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One change of the control plane's state. Records are stored in this form. So a component may be
/// added, but never renamed, and never given another meaning.
public sealed interface ControlRecord {
    record ClusterCreated(ClusterSpec spec) implements ControlRecord {}

    record EndpointsAssigned(ClusterId cluster, Endpoints endpoints) implements ControlRecord {}

    /// Every node of a new cluster answers.
    ///
    /// @param engine the name of the engine that runs; null in records of earlier builds
    record ClusterProvisioned(ClusterId cluster, String enginePatchVersion, @Nullable String engine)
            implements ControlRecord {}

    /// The cluster has been started on another engine.
    ///
    /// @param engine the name of the engine; null in records of earlier builds
    record EngineChanged(ClusterId cluster, String enginePatchVersion, @Nullable String engine)
            implements ControlRecord {}

    /// The cluster is not started, because no engine of this machine can continue from its data.
    ///
    /// @param needed the engine that wrote the data
    record EngineMissing(ClusterId cluster, EngineRelease needed) implements ControlRecord {}

    /// An engine that can continue from the data of a cluster is installed again.
    record EngineFound(ClusterId cluster) implements ControlRecord {}

    /// A new cluster cannot run. Its ports are free again.
    record ClusterCreateFailed(ClusterId cluster) implements ControlRecord {}

    record ClusterRestoreFailed(ClusterId cluster) implements ControlRecord {}

    /// The specification of a cluster has changed, its tags or windows for example.
    record ClusterChanged(ClusterSpec spec) implements ControlRecord {}

    record ClusterUpdating(ClusterSpec spec, ClusterUpdate update) implements ControlRecord {}

    record ClusterUpdated(ClusterSpec spec) implements ControlRecord {}

    /// Engines have to apply values of their parameter group.
    ///
    /// @param at null in records of earlier builds
    record ParametersPending(ClusterId cluster, @Nullable Instant at) implements ControlRecord {}

    record ParametersApplied(ClusterId cluster) implements ControlRecord {}

    record ClusterSnapshotting(ClusterId cluster) implements ControlRecord {}

    record ClusterSnapshotted(ClusterId cluster) implements ControlRecord {}

    /// A cluster is to be deleted.
    ///
    /// @param at null when no pace delays the deletion, and in records of earlier builds
    record ClusterDeleting(ClusterId cluster, @Nullable Instant at) implements ControlRecord {}

    record ClusterRemoved(ClusterId cluster) implements ControlRecord {}

    /// FailoverShard was called.
    record FailoverRequested(ClusterId cluster, String shard) implements ControlRecord {}

    /// The primary is about to fail. Recorded before it does, and without the mode: if a server
    /// dies in between, the next one lets the primary crash.
    ///
    /// @param failing the name of the node
    record FailoverBegun(ClusterId cluster, String failing) implements ControlRecord {}

    /// Another node has taken over.
    ///
    /// @param promoted the name of the node
    record FailoverPromoted(ClusterId cluster, String promoted) implements ControlRecord {}

    /// The node that failed answers again.
    record FailoverFinished(ClusterId cluster, Instant at) implements ControlRecord {}

    /// A node has become the primary of its shard without a FailoverShard.
    record PrimaryChanged(ClusterId cluster, String node) implements ControlRecord {}

    /// A node has failed by itself. It does not answer before [NodeRecovered].
    record NodeRecovering(ClusterId cluster, String node) implements ControlRecord {}

    record NodeRecovered(ClusterId cluster, String node) implements ControlRecord {}

    /// A server has begun to run the recorded clusters. If no [ServerStopped] follows, the server
    /// was killed.
    record ServerStarted(Instant at) implements ControlRecord {}

    /// A server was stopped in order.
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

    /// The tags of a resource that is not a cluster. They are deleted with it.
    record TagsChanged(Resource resource, Map<String, String> tags) implements ControlRecord {
        public TagsChanged {
            tags = Map.copyOf(tags);
        }
    }

    record EventHappened(Event event) implements ControlRecord {}

    /// The records that follow describe the whole state. All earlier records are obsolete.
    ///
    /// @param eventsForgotten how many events came before those that follow
    record StateBegins(long eventsForgotten) implements ControlRecord {}

    /// A whole cluster. Replaces all records about it.
    record ClusterKept(ClusterState cluster) implements ControlRecord {}

    /// The times at which snapshots were requested. Replaces the records of these requests.
    record SnapshotsCounted(List<SnapshotAsked> asked) implements ControlRecord {
        public SnapshotsCounted {
            asked = List.copyOf(asked);
        }
    }

    /// Precedes the records of one part of a state that is too large for one entry. The parts count
    /// only when all of them are there.
    ///
    /// @param number from 0
    /// @param last the number of the last part
    record StatePart(int number, int last) implements ControlRecord {}

    /// Everything is deleted but the clusters, which have to be removed one by one.
    record Reset(Instant at) implements ControlRecord {}
}
