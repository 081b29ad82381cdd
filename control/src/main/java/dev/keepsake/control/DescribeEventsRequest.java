package dev.keepsake.control;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The input of DescribeEvents. Null means "not given".
///
/// @param durationMinutes how many minutes the events may be old
public record DescribeEventsRequest(
        @Nullable String sourceName,
        @Nullable String sourceType,
        @Nullable Instant startTime,
        @Nullable Instant endTime,
        @Nullable Integer durationMinutes,
        @Nullable Integer maxResults,
        @Nullable String nextToken) {}
