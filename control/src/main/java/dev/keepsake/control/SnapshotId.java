package dev.keepsake.control;

/// The identity of a snapshot. A snapshot with the same name that is taken later has another one.
///
/// @param incarnation 16 hexadecimal digits, drawn when it was requested
public record SnapshotId(String region, String name, String incarnation) {}
