package dev.keepsake.control;

import java.time.Instant;

/// One shard of a snapshot, which is one file.
///
/// @param name the shard's name
/// @param slots such as `0-8191`
/// @param bytes the size of the file
/// @param at when it was taken
public record SnapshotShard(String name, String slots, int replicaCount, long bytes, Instant at) {}
