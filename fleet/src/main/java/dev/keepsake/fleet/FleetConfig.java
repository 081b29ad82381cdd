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

/// The settings of a fleet.
///
/// @param host the address of nodes without their own address
/// @param firstPort the first port of their range
/// @param lastPort the last port of their range, included
/// @param anywhere whether the search for a free port of the range begins at a random one instead
///   of the first
/// @param nodeAddresses the block in which each new node gets its own address, or null for none
/// @param hostName the host name that clients get instead of `host`, or null for `host` itself
/// @param dataDirectory the directory of logs and engines
/// @param enginePlaces where engine programs are looked for that are installed while it runs
/// @param hold which replies wait until they are durable
/// @param credentials the secret keys for the tokens of IAM users, by access key id; when there are
///   none, signatures are not checked
/// @param s3 where buckets are, or null for directories below the data directory
public record FleetConfig(
        String host,
        int firstPort,
        int lastPort,
        boolean anywhere,
        @Nullable AddressBlock nodeAddresses,
        @Nullable String hostName,
        Path dataDirectory,
        List<Path> enginePlaces,
        FleetTuning tuning,
        HoldRule hold,
        Map<String, AccessKey> credentials,
        @Nullable S3Endpoint s3) {
    public FleetConfig {
        enginePlaces = List.copyOf(enginePlaces);
        credentials = Map.copyOf(credentials);
    }

    /// The host name that clients get for an address; null when they get the address.
    @Nullable String hostNameOf(String address) {
        return address.equals(host) ? hostName : null;
    }

    /// The names of nodes without their own address.
    List<String> commonNames() {
        var names = new ArrayList<>(List.of(host, "127.0.0.1", "localhost"));
        if (hostName != null) {
            names.add(hostName);
        }
        return names;
    }
}
