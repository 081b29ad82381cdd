package dev.keepsake.cli;

import dev.keepsake.core.AddressBlock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of `keepsake start` for the addresses of nodes.
final class NetworkOptions {
    private static final int NAME_MAX_CHARACTERS = 253;
    private static final Pattern NAME =
            Pattern.compile("(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*");
    private static final Pattern NUMBERS = Pattern.compile("[0-9.]+");

    @Option(
            names = "--node-addresses",
            paramLabel = "BLOCK",
            description =
                    "Give each node and each cluster endpoint its own address from this"
                            + " block, such as 127.0.1.0/24, all on the cluster's port, as AWS does"
                            + " (default: all on 127.0.0.1, each on its own port). Linux offers all of"
                            + " 127.0.0.0/8.")
    private @Nullable AddressBlock nodeAddresses;

    @Option(
            names = "--announce-host",
            paramLabel = "NAME",
            description =
                    "The host name, such as localhost, that the API and CLUSTER SLOTS"
                            + " announce instead of 127.0.0.1, as AWS does (default: the address).")
    private @Nullable String announceHost;

    @Nullable AddressBlock nodeAddresses() {
        return nodeAddresses;
    }

    /// The host name that clients get, or null for none.
    ///
    /// @param address the address that it has to resolve to
    @Nullable String hostName(String address) throws UsageException {
        if (announceHost == null) {
            return null;
        }
        if (nodeAddresses != null) {
            throw new UsageException(
                    "--announce-host is one name for all nodes, and with --node-addresses each has"
                            + " an address of its own; omit one of them");
        }
        if (announceHost.length() > NAME_MAX_CHARACTERS
                || NUMBERS.matcher(announceHost).matches()
                || !NAME.matcher(announceHost).matches()) {
            throw new UsageException(
                    "--announce-host is %s, which is not a host name; give one of letters, digits,"
                                    .formatted(announceHost)
                            + " hyphens and dots, for example localhost");
        }
        requireLeadsTo(announceHost, address);
        return announceHost;
    }

    /// Checks that the name resolves to the address. A wrong name would send every client to
    /// another machine.
    private static void requireLeadsTo(String name, String address) throws UsageException {
        String wayOut =
                "; nodes listen on %s, so give a name of that address, for example localhost, or add one to /etc/hosts"
                        .formatted(address);
        try {
            var found =
                    Arrays.stream(InetAddress.getAllByName(name))
                            .map(InetAddress::getHostAddress)
                            .toList();
            if (!found.contains(address)) {
                throw new UsageException(
                        "--announce-host is %s, which leads to %s"
                                        .formatted(name, String.join(", ", found))
                                + wayOut);
            }
        } catch (UnknownHostException e) {
            throw new UsageException(
                    "--announce-host is %s, a name that this machine does not know".formatted(name)
                            + wayOut);
        }
    }
}
