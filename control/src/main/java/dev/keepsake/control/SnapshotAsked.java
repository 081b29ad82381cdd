package dev.keepsake.control;

import java.time.Instant;

/// A snapshot that somebody asked for, which counts even when it has been deleted since.
public record SnapshotAsked(ClusterId cluster, Instant at) {}
