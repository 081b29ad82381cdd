package dev.keepsake.drill;

import java.time.Instant;

/// One event of the drilled cluster, as DescribeEvents told it.
public record DrillEvent(Instant date, String message) {}
