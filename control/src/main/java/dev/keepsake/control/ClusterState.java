package dev.keepsake.control;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One cluster, as all records so far have made it. Immutable.
///
/// @param recovering the nodes that failed by themselves and do not answer yet
/// @param primaries by shard, the node that led when that was last recorded; for a shard that is
///   missing here, its first node
/// @param endpoints null until the fleet has assigned ports
/// @param enginePatchVersion null until engines run
/// @param failover null when none is under way
/// @param update the part of UpdateCluster that is not carried out yet, or null
/// @param parametersSince since when engines still have to apply values of their parameter group,
///   or null when they have applied all
/// @param deletingSince when its deletion began; null if that is unknown or it is not being deleted
/// @param engineName the name of the engine whose version is `enginePatchVersion`, or null when an
///   earlier build recorded the version
/// @param engineNeeded the engine that wrote the data, while no installed engine can continue from
///   it; nothing of the cluster runs then
public record ClusterState(
        ClusterSpec spec,
        Status status,
        @Nullable Endpoints endpoints,
        @Nullable String enginePatchVersion,
        @Nullable Failover failover,
        @Nullable ClusterUpdate update,
        @Nullable Instant parametersSince,
        @Nullable Instant deletingSince,
        Set<String> recovering,
        Map<String, String> primaries,
        @Nullable String engineName,
        @Nullable EngineRelease engineNeeded) {
    public ClusterState {
        var nodes = spec.nodes().map(NodeSpec::name).collect(Collectors.toSet());
        // Nodes that have left their shard are no longer recovering, and do not lead.
        nodes.retainAll(recovering);
        recovering = Set.copyOf(nodes);
        primaries = Map.copyOf(primaries);
    }

    /// The values of `Cluster.Status` that Keepsake uses.
    public enum Status {
        CREATING("creating"),
        CREATE_FAILED("create-failed"),
        RESTORE_FAILED("restore-failed"),
        AVAILABLE("available"),
        UPDATING("updating"),
        SNAPSHOTTING("snapshotting"),
        DELETING("deleting");

        private final String wire;

        Status(String wire) {
            this.wire = wire;
        }

        /// The value as the API returns it.
        public String wire() {
            return wire;
        }
    }

    /// A new cluster, for which nothing has been done yet.
    static ClusterState creating(ClusterSpec spec) {
        return new ClusterState(
                spec,
                Status.CREATING,
                null,
                null,
                null,
                null,
                null,
                null,
                Set.of(),
                Map.of(),
                null,
                null);
    }

    /// The status that the API returns. It is `restore-failed` for a cluster from whose data no
    /// installed engine can continue, as in MemoryDB for a cluster whose nodes cannot be filled.
    /// When such an engine is installed, the API returns the stored status again.
    public Status shownStatus() {
        return switch (status) {
            case AVAILABLE, UPDATING, SNAPSHOTTING ->
                    engineNeeded == null ? status : Status.RESTORE_FAILED;
            case CREATING, CREATE_FAILED, RESTORE_FAILED, DELETING -> status;
        };
    }

    /// Whether the cluster has been created, can run on this machine, and is not being deleted.
    public boolean isUp() {
        return switch (shownStatus()) {
            case AVAILABLE, UPDATING, SNAPSHOTTING -> true;
            case CREATING, CREATE_FAILED, RESTORE_FAILED, DELETING -> false;
        };
    }

    /// Whether engines still have to apply values of their parameter group.
    public boolean parametersPending() {
        return parametersSince != null;
    }

    /// Whether a node belongs to the cluster and is not just being added.
    boolean has(String node) {
        return spec.nodes().anyMatch(candidate -> candidate.name().equals(node))
                && (update == null || !update.joining().contains(node));
    }

    /// The node of a shard that led when that was last recorded.
    public String primaryOf(ShardSpec shard) {
        var recorded = primaries.get(shard.name());
        return recorded == null ? shard.nodes().getFirst().name() : recorded;
    }

    /// The time of the CreateCluster call.
    Instant createdAt() {
        return spec.shards().getFirst().nodes().getFirst().createTime();
    }

    ClusterState with(Status next) {
        return change(spec, next, failover, update);
    }

    /// The cluster after its creation has failed. It has no ports any more.
    ClusterState createFailed() {
        return with((Endpoints) null).with(Status.CREATE_FAILED);
    }

    ClusterState with(@Nullable Endpoints found) {
        return new ClusterState(
                spec,
                status,
                found,
                enginePatchVersion,
                failover,
                update,
                parametersSince,
                deletingSince,
                recovering,
                primaries,
                engineName,
                engineNeeded);
    }

    ClusterState running(String patchVersion, @Nullable String engine) {
        return new ClusterState(
                spec,
                Status.AVAILABLE,
                endpoints,
                patchVersion,
                null,
                null,
                parametersSince,
                deletingSince,
                recovering,
                primaries,
                engine,
                engineNeeded);
    }

    ClusterState on(String patchVersion, @Nullable String engine) {
        return new ClusterState(
                spec,
                status,
                endpoints,
                patchVersion,
                failover,
                update,
                parametersSince,
                deletingSince,
                recovering,
                primaries,
                engine,
                engineNeeded);
    }

    /// @param needed the engine without which it cannot run, or null when it can run
    ClusterState needing(@Nullable EngineRelease needed) {
        return new ClusterState(
                spec,
                status,
                endpoints,
                enginePatchVersion,
                failover,
                update,
                parametersSince,
                deletingSince,
                recovering,
                primaries,
                engineName,
                needed);
    }

    ClusterState with(@Nullable Failover next) {
        return change(spec, status, next, update);
    }

    ClusterState with(ClusterSpec next) {
        return change(next, status, failover, update);
    }

    ClusterState updating(ClusterSpec next, ClusterUpdate wanted) {
        return change(next, Status.UPDATING, failover, wanted);
    }

    ClusterState updated(ClusterSpec next) {
        return change(next, Status.AVAILABLE, failover, null);
    }

    /// The cluster when it is to be deleted: its update and its failover are abandoned.
    ClusterState deleting(@Nullable Instant since) {
        return since(parametersSince, since).change(spec, Status.DELETING, null, null);
    }

    /// @param since when the change was requested, if that is known
    ClusterState withParametersPending(@Nullable Instant since) {
        return since(since == null ? Instant.EPOCH : since, deletingSince);
    }

    ClusterState withParametersApplied() {
        return since(null, deletingSince);
    }

    private ClusterState since(@Nullable Instant parameters, @Nullable Instant deleting) {
        return new ClusterState(
                spec,
                status,
                endpoints,
                enginePatchVersion,
                failover,
                update,
                parameters,
                deleting,
                recovering,
                primaries,
                engineName,
                engineNeeded);
    }

    private ClusterState change(
            ClusterSpec otherSpec,
            Status otherStatus,
            @Nullable Failover otherFailover,
            @Nullable ClusterUpdate otherUpdate) {
        return new ClusterState(
                otherSpec,
                otherStatus,
                endpoints,
                enginePatchVersion,
                otherFailover,
                otherUpdate,
                parametersSince,
                deletingSince,
                recovering,
                primaries,
                engineName,
                engineNeeded);
    }

    /// The cluster after a node has become the leader of its shard.
    ClusterState ledBy(String node) {
        var led = new HashMap<>(primaries);
        spec.shards().stream()
                .filter(shard -> shard.nodes().stream().anyMatch(each -> each.name().equals(node)))
                .forEach(shard -> led.put(shard.name(), node));
        return with(recovering, led);
    }

    /// The cluster after the failover under way has made a node the primary.
    ClusterState promoting(String node) {
        return failover == null ? this : with(failover.promoted(node)).ledBy(node);
    }

    ClusterState recovering(String node) {
        var more = new HashSet<>(recovering);
        more.add(node);
        return with(more, primaries);
    }

    ClusterState recovered(String node) {
        var fewer = new HashSet<>(recovering);
        fewer.remove(node);
        return with(fewer, primaries);
    }

    private ClusterState with(Set<String> otherRecovering, Map<String, String> otherPrimaries) {
        return new ClusterState(
                spec,
                status,
                endpoints,
                enginePatchVersion,
                failover,
                update,
                parametersSince,
                deletingSince,
                otherRecovering,
                otherPrimaries,
                engineName,
                engineNeeded);
    }
}
