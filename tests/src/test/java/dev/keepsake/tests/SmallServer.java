package dev.keepsake.tests;

import dev.keepsake.control.FailoverMode;
import dev.keepsake.fleet.FailoverPace;
import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.ServerParts;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A server whose logs consist of many small files and are trimmed behind a snapshot again and
/// again, and which finds soon that an engine hangs: what takes hours in operation happens within
/// the seconds of a test. Its main method makes it a process of its own.
final class SmallServer {
    private static final long SEGMENT_BYTES = 16 << 10;
    private static final long SNAPSHOT_EVERY_BYTES = 64 << 10;

    private SmallServer() {}

    static ServerParts parts(SmallDisk disk) {
        return ServerParts.onDisk(disk, SEGMENT_BYTES);
    }

    /// Engines that hang are replaced within the patience of a test, and primaries that are silent
    /// as soon as it is certain that their lease decided who came next.
    static FleetTuning tuning() {
        return FleetTuning.standard()
                .withSnapshotEvery(SNAPSHOT_EVERY_BYTES)
                .withEngineTimeout(TimeUnit.SECONDS.toNanos(2))
                .withFailovers(
                        FailoverMode.CRASH,
                        TimeUnit.MILLISECONDS.toNanos(3_500),
                        FailoverPace.INSTANT,
                        0);
    }

    /// Runs until it is killed.
    ///
    /// @param arguments the data directory, the nodes' ports and, if it is not to find one itself,
    ///   the engine
    public static void main(String[] arguments) throws Exception {
        var data = Path.of(arguments[0]);
        var config =
                new ServerConfig(
                        "127.0.0.1",
                        0,
                        data,
                        PortRange.parse(arguments[1]),
                        arguments.length > 2 ? Path.of(arguments[2]) : null,
                        tuning());
        var server = Server.start(config, parts(new SmallDisk()));
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        System.out.println("Keepsake is ready: " + server.endpoint());
        new CountDownLatch(1).await();
    }
}
