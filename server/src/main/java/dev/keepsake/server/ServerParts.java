package dev.keepsake.server;

import dev.keepsake.fleet.LogFactory;
import dev.keepsake.front.HoldRule;
import dev.keepsake.log.Disk;
import dev.keepsake.log.EmbeddedLog;
import dev.keepsake.log.EmbeddedLogOptions;
import dev.keepsake.log.FileSystemDisk;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a test may put in the place of the real thing, to prove that a check notices a fault.
///
/// @param logs how transaction logs are opened
/// @param hold which replies wait until they are durable
public record ServerParts(LogFactory logs, HoldRule hold) {
    private static final Logger LOG = LoggerFactory.getLogger(ServerParts.class);

    /// The real parts.
    public static ServerParts standard() {
        return with(new FileSystemDisk(), EmbeddedLogOptions.standard());
    }

    /// The real parts on another disk.
    public static ServerParts onDisk(Disk disk) {
        return with(disk, EmbeddedLogOptions.standard());
    }

    /// The real parts, with segments that are full soon.
    public static ServerParts withSegmentsOf(long segmentBytes) {
        var standard = EmbeddedLogOptions.standard();
        return with(
                new FileSystemDisk(),
                new EmbeddedLogOptions(
                        segmentBytes, standard.maxPendingBytes(), standard.recentBytes()));
    }

    private static ServerParts with(Disk disk, EmbeddedLogOptions options) {
        return new ServerParts(
                directory ->
                        EmbeddedLog.open(
                                directory,
                                disk,
                                options,
                                Thread.ofPlatform().name("log-", 0).daemon().factory(),
                                ServerParts::onFault),
                HoldRule.ALL);
    }

    static void onFault(String what, @Nullable Throwable cause) {
        LOG.error("fault {}", what, cause);
    }
}
