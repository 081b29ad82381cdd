package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.core.Secret;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The specification of one engine to launch.
///
/// @param node the engine's node, for logs and messages
/// @param workDirectory private to this engine, for one engine at a time; created when missing.
///   Dumps of an earlier engine are removed, because an engine always starts empty
/// @param maxmemoryBytes the limit at which the engine refuses writes or evicts; 0 for no limit
/// @param feedUser the user name with which the engine authenticates with its feed
/// @param feedPassword the password for that
/// @param program the program to run, or null for the launcher's preferred one
/// @param parameters further directives of the engine's configuration, such as `maxmemory-policy`;
///   they cannot override directives that Keepsake relies on
public record EngineSpec(
        String node,
        Path workDirectory,
        long maxmemoryBytes,
        String feedUser,
        Secret feedPassword,
        @Nullable EngineBinary program,
        Map<String, String> parameters) {
    /// A specification for the launcher's preferred program.
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
