package dev.keepsake.control;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Finds the snapshot that a call names, and knows whether it is in use.
final class SnapshotLookup {
    private final ControlState state;

    SnapshotLookup(ControlState state) {
        this.state = state;
    }

    /// @throws ApiException when no snapshot has this name
    ClusterSnapshot existing(String region, @Nullable String snapshotName) {
        String name = Requests.required("SnapshotName", snapshotName).toLowerCase(Locale.ROOT);
        return state.snapshots()
                .find(region, name)
                .orElseThrow(
                        () -> Fault.SNAPSHOT_NOT_FOUND.because("Snapshot %s not found.", name));
    }

    /// The snapshot with this identity, or null when it is gone, even if another one has its name.
    @Nullable ClusterSnapshot find(SnapshotId id) {
        return state.snapshots()
                .find(id.region(), id.name())
                .filter(found -> found.id().equals(id))
                .orElse(null);
    }

    /// The status as the API returns it.
    String status(ClusterSnapshot snapshot) {
        return isRestored(snapshot)
                ? "restoring"
                : snapshot.status().name().toLowerCase(Locale.ROOT);
    }

    /// Whether a cluster is being filled from it, or a copy of it is being made.
    boolean isUsed(ClusterSnapshot snapshot) {
        return isRestored(snapshot) || isCopied(snapshot);
    }

    /// Whether a cluster is being filled from it.
    private boolean isRestored(ClusterSnapshot snapshot) {
        return state.clusters(snapshot.id().region()).stream()
                .filter(cluster -> cluster.status() == ClusterState.Status.CREATING)
                .map(cluster -> cluster.spec().restore())
                .anyMatch(restore -> restore != null && snapshot.id().equals(restore.snapshot()));
    }

    /// Whether a copy of it is being made.
    boolean isCopied(ClusterSnapshot snapshot) {
        return state.snapshots().all(snapshot.id().region()).stream()
                .anyMatch(copy ->
                        copy.status() == ClusterSnapshot.Status.COPYING
                                && !copy.hasFiles()
                                && snapshot.id().equals(copy.copyOf()));
    }
}
