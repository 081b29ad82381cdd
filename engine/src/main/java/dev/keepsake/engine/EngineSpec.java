package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.core.Secret;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What one engine is started with.
///
/// @param node whose engine it is; for logs and messages
/// @param workDirectory private to this engine, one engine at a time; made when missing, and freed
///   of an earlier engine's dumps, because an engine always starts empty
/// @param maxmemoryBytes when the engine refuses writes or evicts; 0 for no limit
/// @param feedUser whom the engine authenticates as with its feed
/// @param feedPassword the password for that
/// @param program what is run, or null for what the launcher prefers
/// @param parameters further directives of the engine's configuration, such as `maxmemory-policy`;
///   what Keepsake itself relies on cannot be overridden with them
public record EngineSpec(
        String node,
        Path workDirectory,
        long maxmemoryBytes,
        String feedUser,
        Secret feedPassword,
        @Nullable EngineBinary program,
        Map<String, String> parameters) {
    /// For what the launcher prefers.
    public EngineSpec(
            String node,
            Path workDirectory,
            long maxmemoryBytes,
            String feedUser,
            Secret feedPassword,
            Map<String, String> parameters) {
        this(node, workDirectory, maxmemoryBytes, feedUser, feedPassword, null, parameters);
    }

    public EngineSpec {
        checkArgument(maxmemoryBytes >= 0, "maxmemory is negative: %d", maxmemoryBytes);
        parameters = Map.copyOf(parameters);
        parameters
                .keySet()
                .forEach(name ->
                        checkArgument(
                                name.matches("[a-z][a-z0-9-]*"),
                                "parameter name is \"%s\"; expected a directive such as"
                                        + " maxmemory-policy",
                                name));
    }
}
