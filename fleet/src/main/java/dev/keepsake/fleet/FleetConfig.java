package dev.keepsake.fleet;

import java.nio.file.Path;

/// What a fleet is run with.
///
/// @param host where nodes listen
/// @param firstPort the first port that nodes may listen on
/// @param lastPort the last one
/// @param dataDirectory where logs and engines are kept
/// @param holdReplies see [dev.keepsake.front.FrontOptions]; false in one test only
public record FleetConfig(
        String host,
        int firstPort,
        int lastPort,
        Path dataDirectory,
        FleetTuning tuning,
        boolean holdReplies) {}
