package dev.keepsake.drill;

import java.time.Instant;

/// One event of the cluster, from DescribeEvents.
public record DrillEvent(Instant date, String message) {}
