package dev.keepsake.control;

import java.time.Instant;
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
public record ClusterState(
        ClusterSpec spec,
        Status status,
        @Nullable Endpoints endpoints,
        @Nullable String enginePatchVersion,
        @Nullable Failover failover,
        @Nullable ClusterUpdate update,
        @Nullable Instant parametersSince,
        @Nullable Instant deletingSince) {
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
        return new ClusterState(spec, Status.CREATING, null, null, null, null, null, null);
    }

    /// Whether it has been created, and is not being deleted.
    public boolean isUp() {
        return switch (status) {
            case AVAILABLE, UPDATING, SNAPSHOTTING -> true;
            case CREATING, CREATE_FAILED, RESTORE_FAILED, DELETING -> false;
        };
    }

    /// Whether engines have yet to take their parameter group's values.
    public boolean parametersPending() {
        return parametersSince != null;
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
                deletingSince);
    }

    ClusterState running(String patchVersion) {
        return new ClusterState(
                spec,
                Status.AVAILABLE,
                endpoints,
                patchVersion,
                null,
                null,
                parametersSince,
                deletingSince);
    }

    ClusterState on(String patchVersion) {
        return new ClusterState(
                spec,
                status,
                endpoints,
                patchVersion,
                failover,
                update,
                parametersSince,
                deletingSince);
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

    ClusterState deleting(@Nullable Instant since) {
        return since(parametersSince, since).with(Status.DELETING);
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
                deleting);
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
                deletingSince);
    }
}
