package dev.keepsake.engine;

import java.nio.file.Path;

/// One engine program that was found and that answered when asked for its version.
///
/// @param path the program, absolute
/// @param name `redis` or `valkey`
/// @param version as the program says it, such as `7.0.15`
/// @param isBundled whether it is the one that comes with Keepsake
public record EngineBinary(Path path, String name, String version, boolean isBundled) {
    /// One of the machine's own.
    public EngineBinary(Path path, String name, String version) {
        this(path, name, version, false);
    }

    /// What it is called in messages: `redis 7.0.15 (/usr/bin/redis-server)`.
    public String described() {
        return "%s %s (%s)".formatted(name, version, path);
    }

    EngineBinary bundled() {
        return new EngineBinary(path, name, version, true);
    }
}
