package dev.keepsake.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The data that a new cluster is filled with.
///
/// @param from for messages: the snapshot's name or the first file
/// @param snapshot the snapshot, or null for files
/// @param shards the snapshot's shards
/// @param files `file://` addresses, or ARNs of objects in buckets; empty for a snapshot
public record Restore(
        String from,
        @Nullable SnapshotId snapshot,
        List<SnapshotShard> shards,
        List<String> files) {
    public Restore {
        shards = List.copyOf(shards);
        files = List.copyOf(files);
    }
}
