package dev.keepsake.control;

/// The identity of a cluster. A cluster with the same name that is created later has another one.
///
/// @param incarnation 16 hexadecimal digits, drawn at creation
public record ClusterId(String region, String name, String incarnation) {}
