package dev.keepsake.cli;

import dev.keepsake.log.bookkeeper.BookKeeperOptions;
import dev.keepsake.log.bookkeeper.MetadataAddress;
import dev.keepsake.log.bookkeeper.Quorum;
import dev.keepsake.server.ServerParts;
import dev.keepsake.server.StartException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of `keepsake start` that say where transaction logs are kept.
final class LogOptions {
    private static final String LEDGERS = "/ledgers";

    @Option(
            names = "--log",
            paramLabel = "KIND",
            description =
                    "Where transaction logs are kept: embedded (in files of the data"
                            + " directory) or bookkeeper (on the bookies of --metadata) (default:"
                            + " embedded).")
    private String kind = "embedded";

    @Option(
            names = "--metadata",
            paramLabel = "ADDRESS",
            description =
                    "With --log bookkeeper: the ZooKeeper of the bookies, and the node for"
                            + " Keepsake's own metadata, as zk://HOST:PORT[,HOST:PORT]/PATH. Only one"
                            + " server at a time may use it.")
    private @Nullable String metadata;

    @Option(
            names = "--ledgers-path",
            paramLabel = "PATH",
            description =
                    "With --log bookkeeper: the ZooKeeper node that the bookies use (default:"
                            + " /ledgers).")
    private @Nullable String ledgersPath;

    @Option(
            names = "--quorum",
            paramLabel = "E/W/A",
            description =
                    "With --log bookkeeper: how many bookies a ledger is spread over, how"
                            + " many store each entry, and how many must have stored it before it"
                            + " counts as durable (default: 3/3/2).")
    private @Nullable String quorum;

    /// Whether logs are on BookKeeper.
    boolean isBookKeeper() {
        return kind.equals("bookkeeper");
    }

    /// The settings that the options give.
    ///
    /// @return null for logs in files
    /// @throws UsageException when the options are wrong
    private @Nullable BookKeeperOptions bookKeeper() throws UsageException {
        switch (kind) {
            case "embedded" -> {
                refuseWithEmbedded("--metadata", metadata);
                refuseWithEmbedded("--ledgers-path", ledgersPath);
                refuseWithEmbedded("--quorum", quorum);
                return null;
            }
            case "bookkeeper" -> {
                if (metadata == null) {
                    throw new UsageException(
                            "--log bookkeeper needs --metadata; give it as"
                                    + " zk://HOST:PORT[,HOST:PORT]/PATH");
                }
                try {
                    return BookKeeperOptions.standard(
                            MetadataAddress.parse(metadata),
                            ledgersPath == null ? LEDGERS : ledgersPath,
                            quorum == null ? Quorum.standard() : Quorum.parse(quorum));
                } catch (IllegalArgumentException e) {
                    throw new UsageException(String.valueOf(e.getMessage()), e);
                }
            }
            default ->
                    throw new UsageException(
                            "--log is %s; give embedded or bookkeeper".formatted(kind));
        }
    }

    private static void refuseWithEmbedded(String option, @Nullable String value)
            throws UsageException {
        if (value != null) {
            throw new UsageException(option + " needs --log bookkeeper; give that, or omit both");
        }
    }

    /// Opens what the options name.
    ///
    /// @param dataDirectory the server's data directory; the names of logs are relative to it
    ServerParts open(Path dataDirectory) throws UsageException, StartException {
        var bookKeeper = bookKeeper();
        return bookKeeper == null
                ? ServerParts.standard()
                : ServerParts.onBookKeeper(bookKeeper, dataDirectory);
    }
}
