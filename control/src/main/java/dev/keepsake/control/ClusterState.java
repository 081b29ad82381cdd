package dev.keepsake.control;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One cluster, as all records so far leave it. Immutable.
///
/// @param endpoints null until the fleet has found ports
/// @param enginePatchVersion null until engines run
/// @param failover null when none is under way
/// @param update what UpdateCluster asked for and is not reached yet, or null
/// @param parametersSince since when engines have yet to take their parameter group's values, or
///   null when they have
/// @param deletingSince since when it is being deleted, if it is and that is known
/// @param recovering the nodes that failed by themselves and are not back yet
/// @param primaries by shard the node that led when it was last recorded; the first one of a shard
///   that is not among them
/// @param engineName the name of the engine whose version is `enginePatchVersion`, or null when an
///   earlier build recorded that
/// @param engineNeeded which engine wrote the data, while none is here that can go on with them;
///   nothing of the cluster runs then
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
        // Nodes that left their shard are neither waited for nor lead.
        nodes.retainAll(recovering);
        recovering = Set.copyOf(nodes);
        primaries = Map.copyOf(primaries);
    }

    /// The values of `Cluster.Status` that occur.
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

        /// As the API says it.
        public String wire() {
            return wire;
        }
    }

    /// A cluster that nothing has been done for yet.
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

    /// What the API shows. A cluster whose data no engine of this machine can go on with is
    /// `restore-failed`, as MemoryDB calls one whose nodes cannot be filled; what it is beside that
    /// is so again when the engine is there.
    public Status shownStatus() {
        return switch (status) {
            case AVAILABLE, UPDATING, SNAPSHOTTING ->
                    engineNeeded == null ? status : Status.RESTORE_FAILED;
            case CREATING, CREATE_FAILED, RESTORE_FAILED, DELETING -> status;
        };
    }

    /// Whether it has been created, can run here, and is not being deleted.
    public boolean isUp() {
        return switch (shownStatus()) {
            case AVAILABLE, UPDATING, SNAPSHOTTING -> true;
            case CREATING, CREATE_FAILED, RESTORE_FAILED, DELETING -> false;
        };
    }

    /// Whether engines have yet to take their parameter group's values.
    public boolean parametersPending() {
        return parametersSince != null;
    }

    /// Whether a node is one of the cluster's that is not being added just now.
    boolean has(String node) {
        return spec.nodes().anyMatch(candidate -> candidate.name().equals(node))
                && (update == null || !update.joining().contains(node));
    }

    /// The node of a shard that led when it was last recorded.
    public String primaryOf(ShardSpec shard) {
        var recorded = primaries.get(shard.name());
        return recorded == null ? shard.nodes().getFirst().name() : recorded;
    }

    /// When CreateCluster was called.
    Instant createdAt() {
        return spec.shards().getFirst().nodes().getFirst().createTime();
    }

    ClusterState with(Status next) {
        return change(spec, next, failover, update);
    }

    /// A cluster that never came up. It has no ports any more.
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

    /// @param needed the engine that it cannot run without, or null when it can run
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

    /// One that is to go: neither an update nor a failover goes on.
    ClusterState deleting(@Nullable Instant since) {
        return since(parametersSince, since).change(spec, Status.DELETING, null, null);
    }

    /// @param since when it was asked for, if that is known
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

    /// A node leads its shard.
    ClusterState ledBy(String node) {
        var led = new HashMap<>(primaries);
        spec.shards().stream()
                .filter(shard -> shard.nodes().stream().anyMatch(each -> each.name().equals(node)))
                .forEach(shard -> led.put(shard.name(), node));
        return with(recovering, led);
    }

    /// The failover that is under way has made a node the primary.
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
