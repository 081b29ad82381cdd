package dev.keepsake.engine;

import java.nio.file.Path;

/// One engine program that was found and that answered when asked for its version.
///
/// @param path the program, absolute
/// @param name `redis` or `valkey`
/// @param version as the program says it, such as `7.0.15`
public record EngineBinary(Path path, String name, String version) {}
