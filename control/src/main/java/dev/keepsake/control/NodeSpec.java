package dev.keepsake.control;

import java.time.Instant;

/// One node, as it was decided.
///
/// @param id 40 hexadecimal digits, as clients see it in CLUSTER NODES
public record NodeSpec(String name, String id, String availabilityZone, Instant createTime) {}
