package dev.keepsake.control;

import org.jspecify.annotations.Nullable;

/// A FailoverShard that is under way.
///
/// @param failing the node that is made to fail; empty until the fleet has named it
/// @param promoted who took over, once somebody has
public record Failover(String shard, @Nullable String failing, @Nullable String promoted) {}
