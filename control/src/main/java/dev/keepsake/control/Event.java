package dev.keepsake.control;

import java.time.Instant;

/// One event, as DescribeEvents returns it.
///
/// @param sourceType such as `cluster`
public record Event(
        String region, String sourceName, String sourceType, String message, Instant date) {
    /// Whether the other event has the same source and the same message, at any time.
    boolean saysTheSame(Event other) {
        return equals(
                new Event(other.region, other.sourceName, other.sourceType, other.message, date));
    }
}
