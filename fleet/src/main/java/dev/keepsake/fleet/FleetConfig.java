package dev.keepsake.fleet;

import dev.keepsake.aws.AccessKey;
import dev.keepsake.buckets.S3Endpoint;
import dev.keepsake.core.AddressBlock;
import dev.keepsake.shard.HoldRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a fleet is run with.
///
/// @param host the address that nodes listen on that have none of their own
/// @param firstPort the first port that those may listen on
/// @param lastPort the last one
/// @param anywhere whether nodes get ports from anywhere between those rather than the first that
///   is free
/// @param nodeAddresses what each new node gets an address of its own from, or null for none
/// @param hostName what clients are told instead of `host`, or null for that itself
/// @param dataDirectory where logs and engines are kept
/// @param hold which replies wait until they are durable
/// @param credentials the keys with which the tokens of IAM users have to be signed, by access key
///   id; when there are none no signature is looked at
/// @param s3 where buckets are, or null for directories below the data directory
public record FleetConfig(
        String host,
        int firstPort,
        int lastPort,
        boolean anywhere,
        @Nullable AddressBlock nodeAddresses,
        @Nullable String hostName,
        Path dataDirectory,
        FleetTuning tuning,
        HoldRule hold,
        Map<String, AccessKey> credentials,
        @Nullable S3Endpoint s3) {
    public FleetConfig {
        credentials = Map.copyOf(credentials);
    }

    /// The host name of an address, as clients are told it; null when they are told none.
    @Nullable String hostNameOf(String address) {
        return address.equals(host) ? hostName : null;
    }

    /// What nodes without an address of their own are known under.
    List<String> commonNames() {
        var names = new ArrayList<>(List.of(host, "127.0.0.1", "localhost"));
        if (hostName != null) {
            names.add(hostName);
        }
        return names;
    }
}
