package dev.keepsake.server;

import dev.keepsake.api.RequestLog;
import dev.keepsake.fleet.LogFactory;
import dev.keepsake.log.Disk;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.FileSystemDisk;
import dev.keepsake.log.bookkeeper.BookKeeperLogs;
import dev.keepsake.log.bookkeeper.BookKeeperOptions;
import dev.keepsake.shard.HoldRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The parts of a server that may be others: those that options choose, and those that a test
/// replaces, to prove that a check notices a fault.
///
/// @param logs opens transaction logs; the server closes it
/// @param hold which replies wait until they are durable
/// @param requests receives a record of each request of the API; the server closes it
public record ServerParts(LogFactory logs, HoldRule hold, RequestLog requests) {
    private static final Logger LOG = LoggerFactory.getLogger(ServerParts.class);

    /// Parts that record no requests.
    public ServerParts(LogFactory logs, HoldRule hold) {
        this(logs, hold, RequestLog.NONE);
    }

    /// These parts with a record of each request of the API.
    public ServerParts recordingRequests(RequestLog other) {
        return new ServerParts(logs, hold, other);
    }

    /// The real parts.
    public static ServerParts standard() {
        return with(new FileSystemDisk(), EmbeddedLogOptions.standard());
    }

    /// The real parts with another disk.
    public static ServerParts onDisk(Disk disk) {
        return with(disk, EmbeddedLogOptions.standard());
    }

    /// The real parts with small segments.
    public static ServerParts withSegmentsOf(long segmentBytes) {
        return onDisk(new FileSystemDisk(), segmentBytes);
    }

    /// The real parts with another disk and small segments.
    public static ServerParts onDisk(Disk disk, long segmentBytes) {
        var standard = EmbeddedLogOptions.standard();
        return with(
                disk,
                new EmbeddedLogOptions(
                        segmentBytes, standard.maxPendingBytes(), standard.recentBytes()));
    }

    /// The real parts with logs on BookKeeper.
    ///
    /// @param dataDirectory the server's data directory; the names of logs are relative to it
    public static ServerParts onBookKeeper(BookKeeperOptions options, Path dataDirectory)
            throws StartException {
        try {
            var logs =
                    BookKeeperLogs.connect(
                            options, new MachineClock(), logThreads(), ServerParts::onFault);
            return new ServerParts(new BookKeeperLogFactory(logs, dataDirectory), HoldRule.ALL);
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()));
        }
    }

    private static ThreadFactory logThreads() {
        return Thread.ofPlatform().name("log-", 0).daemon().factory();
    }

    private static ServerParts with(Disk disk, EmbeddedLogOptions options) {
        return new ServerParts(
                directory ->
                        EmbeddedLog.open(
                                directory, disk, options, logThreads(), ServerParts::onFault),
                HoldRule.ALL);
    }

    static void onFault(String what, @Nullable Throwable cause) {
        LOG.error("fault {}", what, cause);
    }
}
