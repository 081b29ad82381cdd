package dev.keepsake.server;

import dev.keepsake.api.ApiAccess;
import dev.keepsake.buckets.S3Endpoint;
import dev.keepsake.core.AddressBlock;
import dev.keepsake.engine.Transport;
import dev.keepsake.fleet.FleetTuning;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What a server is started with.
///
/// @param apiHost the address that the API listens on, and every node without one of its own
/// @param apiPort the port that the API listens on, 0 for any
/// @param dataDirectory where clusters and their logs are kept
/// @param nodePorts the ports that nodes may listen on
/// @param engine the engine's binary, or null to look for one
/// @param tuning what may be chosen for all clusters
/// @param access who may call the API
/// @param s3 where buckets are, or null for directories below the data directory
/// @param transport what connections wait with, or null for the best there is
/// @param nodeAddresses what each node gets an address of its own from, or null for none
/// @param hostName what clients are told instead of the address that all nodes have in common, or
///   null for that itself
public record ServerConfig(
        String apiHost,
        int apiPort,
        Path dataDirectory,
        PortRange nodePorts,
        @Nullable Path engine,
        FleetTuning tuning,
        ApiAccess access,
        @Nullable S3Endpoint s3,
        Transport.@Nullable Kind transport,
        @Nullable AddressBlock nodeAddresses,
        @Nullable String hostName) {
    /// Open to everybody.
    public ServerConfig(
            String apiHost,
            int apiPort,
            Path dataDirectory,
            PortRange nodePorts,
            @Nullable Path engine,
            FleetTuning tuning) {
        this(
                apiHost,
                apiPort,
                dataDirectory,
                nodePorts,
                engine,
                tuning,
                ApiAccess.OPEN,
                null,
                null,
                null,
                null);
    }

    /// With the standard tuning.
    public ServerConfig(
            String apiHost,
            int apiPort,
            Path dataDirectory,
            PortRange nodePorts,
            @Nullable Path engine) {
        this(apiHost, apiPort, dataDirectory, nodePorts, engine, FleetTuning.standard());
    }

    /// The same with buckets on an S3-compatible server.
    public ServerConfig withBucketsOn(S3Endpoint other) {
        return new ServerConfig(
                apiHost,
                apiPort,
                dataDirectory,
                nodePorts,
                engine,
                tuning,
                access,
                other,
                transport,
                nodeAddresses,
                hostName);
    }

    /// The same with an address out of this block for each node.
    public ServerConfig withNodeAddresses(AddressBlock block) {
        return new ServerConfig(
                apiHost,
                apiPort,
                dataDirectory,
                nodePorts,
                engine,
                tuning,
                access,
                s3,
                transport,
                block,
                hostName);
    }

    /// The same with nodes that are known under a name.
    public ServerConfig announcing(String name) {
        return new ServerConfig(
                apiHost,
                apiPort,
                dataDirectory,
                nodePorts,
                engine,
                tuning,
                access,
                s3,
                transport,
                nodeAddresses,
                name);
    }
}
