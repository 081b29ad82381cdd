package dev.keepsake.control;

import org.jspecify.annotations.Nullable;

/// One cluster, as all records so far leave it. Immutable.
///
/// @param endpoints null until the fleet has found ports
/// @param enginePatchVersion null until engines run
/// @param failover null when none is under way
/// @param update what UpdateCluster asked for and is not reached yet, or null
/// @param parametersPending whether engines have yet to take their parameter group's values
public record ClusterState(
        ClusterSpec spec,
        Status status,
        @Nullable Endpoints endpoints,
        @Nullable String enginePatchVersion,
        @Nullable Failover failover,
        @Nullable ClusterUpdate update,
        boolean parametersPending) {
    /// The values of `Cluster.Status` that occur.
    public enum Status {
        CREATING("creating"),
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
        return new ClusterState(spec, Status.CREATING, null, null, null, null, false);
    }

    /// Whether it has been created, and is not being deleted.
    public boolean isUp() {
        return switch (status) {
            case AVAILABLE, UPDATING, SNAPSHOTTING -> true;
            case CREATING, RESTORE_FAILED, DELETING -> false;
        };
    }

    ClusterState with(Status next) {
        return change(spec, next, failover, update, parametersPending);
    }

    ClusterState with(Endpoints found) {
        return new ClusterState(
                spec, status, found, enginePatchVersion, failover, update, parametersPending);
    }

    ClusterState running(String patchVersion) {
        return new ClusterState(
                spec, Status.AVAILABLE, endpoints, patchVersion, null, null, parametersPending);
    }

    ClusterState on(String patchVersion) {
        return new ClusterState(
                spec, status, endpoints, patchVersion, failover, update, parametersPending);
    }

    ClusterState with(@Nullable Failover next) {
        return change(spec, status, next, update, parametersPending);
    }

    ClusterState with(ClusterSpec next) {
        return change(next, status, failover, update, parametersPending);
    }

    ClusterState updating(ClusterSpec next, ClusterUpdate wanted) {
        return change(next, Status.UPDATING, failover, wanted, parametersPending);
    }

    ClusterState updated(ClusterSpec next) {
        return change(next, Status.AVAILABLE, failover, null, parametersPending);
    }

    ClusterState withParametersPending(boolean pending) {
        return change(spec, status, failover, update, pending);
    }

    private ClusterState change(
            ClusterSpec otherSpec,
            Status otherStatus,
            @Nullable Failover otherFailover,
            @Nullable ClusterUpdate otherUpdate,
            boolean otherPending) {
        return new ClusterState(
                otherSpec,
                otherStatus,
                endpoints,
                enginePatchVersion,
                otherFailover,
                otherUpdate,
                otherPending);
    }
}
