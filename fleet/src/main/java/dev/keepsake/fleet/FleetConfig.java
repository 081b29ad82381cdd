package dev.keepsake.fleet;

import dev.keepsake.front.HoldRule;
import java.nio.file.Path;

/// What a fleet is run with.
///
/// @param host where nodes listen
/// @param firstPort the first port that nodes may listen on
/// @param lastPort the last one
/// @param dataDirectory where logs and engines are kept
/// @param hold which replies wait until they are durable
public record FleetConfig(
        String host,
        int firstPort,
        int lastPort,
        Path dataDirectory,
        FleetTuning tuning,
        HoldRule hold) {}
