package dev.keepsake.fleet;

import dev.keepsake.core.Secret;
import dev.keepsake.front.HoldRule;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a fleet is run with.
///
/// @param host where nodes listen
/// @param firstPort the first port that nodes may listen on
/// @param lastPort the last one
/// @param dataDirectory where logs and engines are kept
/// @param hold which replies wait until they are durable
/// @param credentials the keys with which the tokens of IAM users have to be signed, by access key
///   id; when there are none no signature is looked at
/// @param s3 where buckets are, or null for directories below the data directory
public record FleetConfig(
        String host,
        int firstPort,
        int lastPort,
        Path dataDirectory,
        FleetTuning tuning,
        HoldRule hold,
        Map<String, Secret> credentials,
        @Nullable S3Endpoint s3) {
    public FleetConfig {
        credentials = Map.copyOf(credentials);
    }
}
