package dev.keepsake.log.bookkeeper;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.List;
import java.util.regex.Pattern;

/// The address of the lists of ledgers: `zk://host:port[,host:port]/path`.
///
/// @param servers the ZooKeeper servers, each as `host:port`
/// @param path the node below which every log has its own node; not `/`
public record MetadataAddress(List<String> servers, String path) {
    private static final String EXPECTED =
            "%s is not a metadata address; give zk://HOST:PORT[,HOST:PORT]/PATH, such as"
                    + " zk://127.0.0.1:2181/keepsake";
    private static final Pattern ADDRESS =
            Pattern.compile(
                    "zk://([^,/\\s;:]+:\\d{1,5}(?:,[^,/\\s;:]+:\\d{1,5})*)((?:/[A-Za-z0-9._-]+)+)");
    private static final int MAX_PORT = 65535;

    public MetadataAddress {
        servers = List.copyOf(servers);
    }

    /// Parses `zk://host:port[,host:port]/path`.
    ///
    /// @throws IllegalArgumentException when the text is not such an address; the message shows a
    ///   valid one
    public static MetadataAddress parse(String text) {
        var match = ADDRESS.matcher(text);
        checkArgument(match.matches(), EXPECTED, text);
        var servers = List.of(match.group(1).split(",", -1));
        for (var server : servers) {
            int port = Integer.parseInt(server.substring(server.lastIndexOf(':') + 1));
            checkArgument(port >= 1 && port <= MAX_PORT, EXPECTED, text);
        }
        for (var name : match.group(2).substring(1).split("/", -1)) {
            checkArgument(!name.matches("\\.{1,2}"), EXPECTED, text);
        }
        return new MetadataAddress(servers, match.group(2));
    }

    /// The address in the form of ZooKeeper's client.
    String connectString() {
        return String.join(",", servers);
    }

    /// The address in the form of BookKeeper's client.
    String serviceUri(String ledgersPath) {
        return "zk+hierarchical://" + String.join(";", servers) + ledgersPath;
    }

    @Override
    public String toString() {
        return "zk://" + connectString() + path;
    }
}
