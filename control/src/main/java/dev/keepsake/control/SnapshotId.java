package dev.keepsake.control;

/// Which snapshot, for all time: one of the same name that is taken later is another one.
///
/// @param incarnation 16 hexadecimal digits, drawn when it was asked for
public record SnapshotId(String region, String name, String incarnation) {}
