package dev.keepsake.server;

import dev.keepsake.api.ApiAccess;
import dev.keepsake.buckets.S3Endpoint;
import dev.keepsake.core.AddressBlock;
import dev.keepsake.engine.Transport;
import dev.keepsake.fleet.FleetTuning;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The settings of a server.
///
/// @param apiHost the address of the API, and of every node without its own address
/// @param apiPort the port of the API, 0 for any free one
/// @param dataDirectory the directory of clusters and their logs
/// @param nodePorts the ports that nodes may listen on
/// @param engine the engine's program, or null to search for one
/// @param tuning the settings of all clusters
/// @param access who may call the API
/// @param s3 where buckets are, or null for directories below the data directory
/// @param transport the kind of event loops, or null for the best that this machine has
/// @param nodeAddresses the block in which each node gets its own address, or null for none
/// @param hostName the host name that clients get instead of the address that all nodes share, or
///   null for the address
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
    /// Settings for an API that accepts calls from everyone.
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

    /// Settings with the standard tuning.
    public ServerConfig(
            String apiHost,
            int apiPort,
            Path dataDirectory,
            PortRange nodePorts,
            @Nullable Path engine) {
        this(apiHost, apiPort, dataDirectory, nodePorts, engine, FleetTuning.standard());
    }

    /// These settings with buckets on an S3-compatible server.
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

    /// These settings with an address of this block for each node.
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

    /// These settings with a host name for the nodes.
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
