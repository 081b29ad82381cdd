package dev.keepsake.control;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// DescribeEvents' input; null is "not given".
///
/// @param durationMinutes how far back to look
public record DescribeEventsRequest(
        @Nullable String sourceName,
        @Nullable String sourceType,
        @Nullable Instant startTime,
        @Nullable Instant endTime,
        @Nullable Integer durationMinutes,
        @Nullable Integer maxResults,
        @Nullable String nextToken) {}
