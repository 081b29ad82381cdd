package dev.keepsake.junit;

import java.time.Instant;

/// An event of a cluster, in AWS's words, as DescribeEvents has it.
///
/// @param date when it happened
/// @param message what happened
public record KeepsakeEvent(Instant date, String message) {}
