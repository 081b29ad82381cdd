package dev.keepsake.control;

import java.time.Instant;

/// One event, as DescribeEvents tells it.
///
/// @param sourceType such as `cluster`
public record Event(
        String region, String sourceName, String sourceType, String message, Instant date) {
    /// Whether another one says the same of the same, whenever it does.
    boolean tellsTheSame(Event other) {
        return equals(
                new Event(other.region, other.sourceName, other.sourceType, other.message, date));
    }
}
