package dev.keepsake.control;

import java.time.Instant;

/// One event, as DescribeEvents tells it.
///
/// @param sourceType such as `cluster`
public record Event(
        String region, String sourceName, String sourceType, String message, Instant date) {}
