package dev.keepsake.control;

import java.time.Instant;

/// One shard of a snapshot: a file.
///
/// @param name the shard's
/// @param slots such as `0-8191`
/// @param at when it was taken
public record SnapshotShard(String name, String slots, int replicaCount, long bytes, Instant at) {}
