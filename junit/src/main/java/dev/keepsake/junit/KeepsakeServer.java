package dev.keepsake.junit;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;

/// The server as one test class sees it: the region of the class, and its clusters. Other classes
/// may use the same process at the same time. Immutable; any thread.
public final class KeepsakeServer {
    private final ServerProcess process;
    private final String region;
    private final List<KeepsakeCluster> clusters;

    KeepsakeServer(ServerProcess process, String region, List<KeepsakeCluster> clusters) {
        this.process = process;
        this.region = region;
        this.clusters = List.copyOf(clusters);
    }

    /// The endpoint of the AWS API. It accepts any credentials.
    public URI endpoint() {
        return process.endpoint();
    }

    /// The region in which the clusters of this class are. Clients of the API have to name it.
    public String region() {
        return region;
    }

    /// The file of the certificate, in PEM, that clients of the nodes have to trust.
    public Path caFile() {
        return process.caFile();
    }

    /// A context of TLS that trusts the server's nodes and nobody else.
    public SSLContext sslContext() {
        return process.sslContext();
    }

    /// The file of the server's log. It is deleted when the JVM of the tests ends.
    public Path log() {
        return process.log();
    }

    /// The id of the server's process.
    public long pid() {
        return process.pid();
    }

    /// The clusters of the class, in the order in which they are declared.
    public List<KeepsakeCluster> clusters() {
        return clusters;
    }

    /// A cluster of the class.
    ///
    /// @throws IllegalArgumentException when the class has no cluster of this name
    public KeepsakeCluster cluster(String name) {
        return clusters.stream()
                .filter(cluster -> cluster.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "no cluster is declared as %s; there are %s"
                                        .formatted(name, clusters)));
    }

    @Override
    public String toString() {
        return "Keepsake at %s, region %s".formatted(endpoint(), region);
    }
}
