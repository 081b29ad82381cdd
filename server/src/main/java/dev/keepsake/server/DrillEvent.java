package dev.keepsake.server;

import java.time.Instant;

/// One event of the drilled cluster, as DescribeEvents told it.
record DrillEvent(Instant date, String message) {}
