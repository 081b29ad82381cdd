package dev.keepsake.control;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One snapshot of a cluster, as all records so far have made it. Immutable.
///
/// @param automated whether the schedule took it; such a snapshot is deleted with its cluster
/// @param cluster the cluster as it was at that time
/// @param askedAt when it was requested
/// @param shards one file for each shard; empty until the files exist
/// @param copyOf the snapshot that is being copied; null for another snapshot, and after the copy
/// @param bucket the bucket that also gets its files, or null
/// @param deletingSince when its deletion began; null if that is unknown or it is not being deleted
/// @param kmsKeyId the key as the request gave it, or null; see [KmsKeys]
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
    /// The values of `Snapshot.Status` that Keepsake uses.
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

    /// Whether its files exist and are durable, even if its status is still `creating`.
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
