package dev.keepsake.control;

import org.jspecify.annotations.Nullable;

/// One cluster, as all records so far leave it. Immutable.
///
/// @param endpoints null until the fleet has found ports
/// @param enginePatchVersion null until engines run
/// @param failover null when none is under way
public record ClusterState(
        ClusterSpec spec,
        Status status,
        @Nullable Endpoints endpoints,
        @Nullable String enginePatchVersion,
        @Nullable Failover failover) {
    /// The values of `Cluster.Status` that occur.
    public enum Status {
        CREATING("creating"),
        AVAILABLE("available"),
        DELETING("deleting");

        private final String wire;

        Status(String wire) {
            this.wire = wire;
        }

        String wire() {
            return wire;
        }
    }

    ClusterState with(Status next) {
        return new ClusterState(spec, next, endpoints, enginePatchVersion, failover);
    }

    ClusterState with(Endpoints found) {
        return new ClusterState(spec, status, found, enginePatchVersion, failover);
    }

    ClusterState running(String patchVersion) {
        return new ClusterState(spec, Status.AVAILABLE, endpoints, patchVersion, failover);
    }

    ClusterState with(@Nullable Failover next) {
        return new ClusterState(spec, status, endpoints, enginePatchVersion, next);
    }
}
