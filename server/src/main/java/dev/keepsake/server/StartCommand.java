package dev.keepsake.server;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `keepsake start`.
@Command(
        name = "start",
        header = "Starts Keepsake and stays until it is told to stop.",
        description =
                "Serves the Amazon MemoryDB API on http://127.0.0.1:PORT and the clusters that are"
                        + " made through it. Clusters and their data stay in the data directory.",
        footer = {
            "",
            "SIGINT (Ctrl-C) and SIGTERM stop everything within 5 s; the process ends with 130 or"
                    + " 143. A busy port, a data directory in use and bad options end it with 2."
        })
final class StartCommand implements Callable<Integer> {
    private static final String LOOPBACK = "127.0.0.1";

    /// A server closes within 5 s; this is a little more, so that it can say so when it does not.
    private static final Duration STOP_LIMIT = Duration.ofMillis(5_500);

    /// Ports that no well-known service uses, below those that systems hand out to clients.
    private static final String NODE_PORTS = "18400-18699";

    @Option(
            names = "--api-port",
            paramLabel = "PORT",
            description = "Where the API listens (default: ${DEFAULT-VALUE}).")
    private int apiPort = 8379;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where clusters and their logs are kept (default: ~/.keepsake).")
    private Path dataDirectory = Path.of(System.getProperty("user.home"), ".keepsake");

    @Option(
            names = "--node-ports",
            paramLabel = "FIRST-LAST",
            defaultValue = NODE_PORTS,
            description = "The ports that nodes may listen on (default: ${DEFAULT-VALUE}).")
    private PortRange nodePorts = PortRange.parse(NODE_PORTS);

    @Option(
            names = "--engine",
            paramLabel = "PATH",
            description =
                    "The redis-server or valkey-server to run, 7.0 or newer (default: one on the"
                            + " PATH, else the bundled one).")
    private @Nullable Path engine;

    @Option(names = "--verbose", description = "Log the stack of every exception.")
    private boolean verbose;

    private final PrintWriter out;

    StartCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws UsageException, StartException {
        if (apiPort < 1 || apiPort > 65535) {
            throw new UsageException(
                    "--api-port is %d; give 1 to 65535, or omit it for 8379".formatted(apiPort));
        }
        Logs.toStandardError(verbose);
        var config = new ServerConfig(LOOPBACK, apiPort, dataDirectory, nodePorts, engine);
        try (var _ = StopSignal.listen(STOP_LIMIT);
                var server = Server.start(config)) {
            out.println("Keepsake is ready: " + server.endpoint());
            out.flush();
            awaitInterrupt();
            return Main.EXIT_OK;
        }
    }

    private static void awaitInterrupt() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException told) {
            // This is how a StopSignal ends the wait; closing must not be interrupted again.
        }
    }
}
