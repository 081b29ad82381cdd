package dev.keepsake.control;

/// Which cluster, for all time: a cluster of the same name that is created later is another one.
///
/// @param incarnation 16 hexadecimal digits, drawn at creation
public record ClusterId(String region, String name, String incarnation) {}
