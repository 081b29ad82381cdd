package dev.keepsake.engine;

import java.nio.file.Path;

/// An engine program that was found and has answered the question for its version.
///
/// @param path the program, absolute
/// @param name `redis` or `valkey`
/// @param version as the program reports it, such as `7.0.15`
/// @param isBundled whether it is the one that comes with Keepsake
public record EngineBinary(Path path, String name, String version, boolean isBundled) {
    /// A program that was found on the machine.
    public EngineBinary(Path path, String name, String version) {
        this(path, name, version, false);
    }

    /// The program in messages: `redis 7.0.15 (/usr/bin/redis-server)`.
    public String described() {
        return "%s %s (%s)".formatted(name, version, path);
    }

    EngineBinary bundled() {
        return new EngineBinary(path, name, version, true);
    }
}
