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
public record ClusterSnapshot(
        SnapshotId id,
        Status status,
        boolean automated,
        ClusterSpec cluster,
        Instant askedAt,
        List<Shard> shards,
        @Nullable SnapshotId copyOf,
        @Nullable String bucket) {
    /// The values of `Snapshot.Status` that occur.
    public enum Status {
        CREATING,
        COPYING,
        AVAILABLE,
        FAILED,
        DELETING
    }

    /// One shard's file.
    public record Shard(String name, String slots, int replicaCount, long bytes, Instant at) {}

    public ClusterSnapshot {
        shards = List.copyOf(shards);
    }

    Resource resource() {
        return new Resource(id.region(), Resource.Kind.SNAPSHOT, id.name());
    }

    ClusterSnapshot with(Status next) {
        return new ClusterSnapshot(id, next, automated, cluster, askedAt, shards, copyOf, bucket);
    }

    ClusterSnapshot available(List<Shard> files) {
        return new ClusterSnapshot(
                id, Status.AVAILABLE, automated, cluster, askedAt, files, null, bucket);
    }
}
