package dev.keepsake.control;

import java.time.Instant;

/// A requested snapshot. It counts for the quota even after it has been deleted.
public record SnapshotAsked(ClusterId cluster, Instant at) {}
