package dev.keepsake.control;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One snapshot of a cluster, as all records so far leave it. Immutable.
///
/// @param automated whether it was taken by the schedule, and goes with its cluster
/// @param cluster the cluster as it was
/// @param shards one file each; empty until they are there
/// @param copyOf what it is copied from, while it is
/// @param bucket where its files go besides, or null
/// @param deletingSince since when it is being deleted, if it is and that is known
/// @param kmsKeyId the key as it was given, or null; see [KmsKeys]
public record ClusterSnapshot(
        SnapshotId id,
        Status status,
        boolean automated,
        ClusterSpec cluster,
        Instant askedAt,
        List<SnapshotShard> shards,
        @Nullable SnapshotId copyOf,
        @Nullable String bucket,
        @Nullable Instant deletingSince,
        @Nullable String kmsKeyId) {
    /// The values of `Snapshot.Status` that occur.
    public enum Status {
        CREATING,
        COPYING,
        AVAILABLE,
        FAILED,
        DELETING
    }

    public ClusterSnapshot {
        shards = List.copyOf(shards);
    }

    Resource resource() {
        return new Resource(id.region(), Resource.Kind.SNAPSHOT, id.name());
    }

    /// Whether its files are there and safe, even if its status does not say so yet.
    public boolean hasFiles() {
        return !shards.isEmpty();
    }

    ClusterSnapshot with(List<SnapshotShard> files) {
        return change(status, files, copyOf, deletingSince);
    }

    ClusterSnapshot failed() {
        return change(Status.FAILED, shards, copyOf, deletingSince);
    }

    ClusterSnapshot deleting(@Nullable Instant since) {
        return change(Status.DELETING, shards, copyOf, since);
    }

    ClusterSnapshot available() {
        return change(Status.AVAILABLE, shards, null, deletingSince);
    }

    private ClusterSnapshot change(
            Status otherStatus,
            List<SnapshotShard> otherShards,
            @Nullable SnapshotId otherSource,
            @Nullable Instant otherDeletingSince) {
        return new ClusterSnapshot(
                id,
                otherStatus,
                automated,
                cluster,
                askedAt,
                otherShards,
                otherSource,
                bucket,
                otherDeletingSince,
                kmsKeyId);
    }
}
