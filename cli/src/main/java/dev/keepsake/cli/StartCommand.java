package dev.keepsake.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.api.ApiAccess;
import dev.keepsake.aws.AccessKey;
import dev.keepsake.buckets.S3Endpoint;
import dev.keepsake.control.FailoverMode;
import dev.keepsake.control.StatusPace;
import dev.keepsake.engine.Transport;
import dev.keepsake.fleet.FailoverPace;
import dev.keepsake.fleet.FleetTuning;
import dev.keepsake.fleet.NodeMemory;
import dev.keepsake.server.PortRange;
import dev.keepsake.server.Server;
import dev.keepsake.server.ServerConfig;
import dev.keepsake.server.StartException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The command `keepsake start`.
@Command(
        name = "start",
        header = "Starts Keepsake, which serves until it is stopped.",
        description =
                "Serves the Amazon MemoryDB API on http://127.0.0.1:PORT, and the"
                        + " clusters that are created through it. Clusters and their data are kept"
                        + " in the data directory.",
        footer = {
            "",
            "Each option may also be given as an environment variable, --api-port as"
                    + " KEEPSAKE_API_PORT, or in the file of --config. 'keepsake config' prints what"
                    + " is in force.",
            "",
            "SIGINT (Ctrl-C) and SIGTERM stop all processes within 5 s, with exit"
                    + " code 130 or 143. A busy port, a data directory in use and invalid"
                    + " options end the start with exit code 2."
        })
final class StartCommand implements Callable<Integer> {
    private static final int TOPOLOGY_LAG_MAX_MS = 60_000;
    private static final Pattern PACE = Pattern.compile("instant|aws(?:/([1-9]\\d{0,4}))?");
    private static final String LOOPBACK = "127.0.0.1";

    /// A server closes within 5 s. This is a little longer, so that it can report when it does not.
    private static final Duration STOP_LIMIT = Duration.ofMillis(5_500);

    /// Ports that no well-known service uses, below those that systems assign to client sockets.
    private static final String NODE_PORTS = "18400-18699";

    @Option(
            names = Settings.FILE_OPTION,
            paramLabel = "FILE",
            description =
                    "A properties file with options of start that neither the command line nor the"
                            + " environment gives, such as api-port=8379 (default: the file that"
                            + " KEEPSAKE_CONFIG names, or none).")
    @SuppressWarnings("unused") // Settings looks for it before anything else is read.
    private @Nullable Path config;

    @Option(
            names = "--api-port",
            paramLabel = "PORT",
            description =
                    "The port of the API (default: ${DEFAULT-VALUE}). With 0 it is any free"
                            + " port, which is printed in the line 'Keepsake is ready' and written to"
                            + " --ready-file.")
    private int apiPort = 8379;

    @Option(
            names = "--ready-file",
            paramLabel = "FILE",
            description =
                    "Write the endpoint, the port, the path of the CA certificate and the"
                            + " process id to this file as JSON when the server is ready. The file is"
                            + " deleted at the end.")
    private @Nullable Path readyFile;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where clusters and their logs are kept (default: ~/.keepsake).")
    private Path dataDirectory = Path.of(System.getProperty("user.home"), ".keepsake");

    @Option(
            names = "--node-ports",
            paramLabel = "FIRST-LAST",
            defaultValue = NODE_PORTS,
            description =
                    "The ports that nodes may listen on (default: ${DEFAULT-VALUE}). With 0 a"
                            + " node gets any free port, and keeps it.")
    private PortRange nodePorts = PortRange.parse(NODE_PORTS);

    @Option(
            names = "--engine",
            paramLabel = "PATH",
            description =
                    "The redis-server or valkey-server (7.0 or newer) of all clusters. By"
                            + " default an existing cluster keeps its engine, and a new one gets the"
                            + " installed or bundled engine that is nearest to its Engine and"
                            + " EngineVersion. A cluster whose data a newer engine wrote is not"
                            + " started.")
    private @Nullable Path engine;

    @Option(
            names = "--strict-engines",
            description =
                    "Do not use an engine that has known holes, or whose holes could not be"
                            + " determined. Without another engine the server does not start (default:"
                            + " a warning and events, as long as all nodes are on loopback addresses)."
                            + " A cluster that ran on such an engine moves to the nearest sound one"
                            + " that can continue from its data, and from a newer one there is no way"
                            + " back."
                            + " 'keepsake engine' reports each engine.")
    private boolean strictEngines;

    @Option(
            names = "--exact-engine-versions",
            description =
                    "Refuse clusters whose Engine and EngineVersion are not installed"
                            + " (default: the nearest engine serves them, and an event says so).")
    private boolean exactEngineVersions;

    @Option(
            names = "--memory-scale",
            paramLabel = "X",
            description =
                    "The fraction of its node type's memory that a node has, up to 1"
                            + " (default: 1). No node has more than half of the machine's memory.")
    private double memoryScale = 1;

    @Option(
            names = "--failover-mode",
            paramLabel = "MODE",
            description =
                    "How FailoverShard makes a primary fail: crash, silent or handover"
                            + " (default: crash). A cluster's tag keepsake:failover-mode takes"
                            + " precedence.")
    private FailoverMode failoverMode = FailoverMode.CRASH;

    @Option(
            names = "--topology-lag-ms",
            paramLabel = "MS",
            description =
                    "How much later the other nodes of a cluster learn of a new primary, up"
                            + " to 60000 (default: 0). Until then they redirect clients to the previous"
                            + " primary. The new and the previous primary know at once. A cluster's tag"
                            + " keepsake:topology-lag-ms takes precedence.")
    private int topologyLagMs = 0;

    @Option(
            names = {"--pace", "--failover-pace"},
            paramLabel = "PACE",
            description =
                    "How long failovers and statuses such as creating and modifying last:"
                            + " instant, aws (AWS's seconds and minutes), or aws/N (an Nth of them)"
                            + " (default: instant).")
    private String pace = "instant";

    @Option(
            names = "--failover-quota",
            paramLabel = "N",
            description =
                    "How often FailoverShard may be called in 24 hours; AWS allows 5"
                            + " (default: 0, any number).")
    private int failoverQuota = 0;

    @Option(
            names = "--silence-ms",
            paramLabel = "MS",
            description =
                    "How long a silent primary stays silent before it is replaced (default:"
                            + " 5000).")
    private int silenceMs = 5_000;

    @Option(
            names = "--engine-timeout-ms",
            paramLabel = "MS",
            description =
                    "How long an engine may leave a question unanswered before it counts as"
                            + " dead (default: 10000).")
    private int engineTimeoutMs = 10_000;

    @Option(
            names = "--snapshot-every-mb",
            paramLabel = "MB",
            description = "How much log a shard writes between two snapshots (default: 256).")
    private int snapshotEveryMb = 256;

    @Option(
            names = "--credentials",
            paramLabel = "FILE",
            description =
                    "Verify the signature of every call, and of every IAM user's login token,"
                            + " with the keys in this file. The file has the form of"
                            + " ~/.aws/credentials. With the line 'user = NAME' in a profile, its key"
                            + " signs login tokens of that user only (default: no signature is"
                            + " verified).")
    private @Nullable Path credentials;

    @Option(
            names = "--allow-reset",
            description = "Let POST /_keepsake/reset delete everything, for test suites.")
    private boolean allowReset;

    @Option(
            names = "--transport",
            paramLabel = "KIND",
            description =
                    "The system interface for network I/O: epoll, io_uring, kqueue or nio"
                            + " (default: the first of these that this machine has).")
    private @Nullable String transport;

    @Option(
            names = "--operator-sockets",
            paramLabel = "DIR",
            hidden = true,
            description =
                    "For tests: open a Unix socket DIR/REGION.NODE.sock for every node, on"
                            + " which its owner may also run CONFIG and DEBUG (default: none).")
    private @Nullable Path operatorSockets;

    @Option(
            names = "--tell-heap",
            hidden = true,
            description =
                    "Print the bytes of the live heap for every line of standard input, and"
                            + " stop at the end of the input.")
    private boolean tellHeap;

    @Option(
            names = "--end-with-stdin",
            description =
                    "Stop when standard input ends, with exit code 0. It ends when the program that"
                            + " started this one closes it, or has ended in any way.")
    private boolean endWithStdin;

    @Option(
            names = "--s3-endpoint",
            paramLabel = "URL",
            description =
                    "The S3-compatible server that has the buckets, such as"
                            + " http://127.0.0.1:9000 (default: buckets are directories below"
                            + " DIR/buckets).")
    private @Nullable String s3Endpoint;

    @Option(
            names = "--s3-region",
            paramLabel = "REGION",
            description = "The region of those buckets (default: ${DEFAULT-VALUE}).")
    private String s3Region = "us-east-1";

    @Option(
            names = "--s3-credentials",
            paramLabel = "FILE",
            description =
                    "A file of the form of ~/.aws/credentials with the one key that signs"
                            + " requests to that server.")
    private @Nullable Path s3Credentials;

    @Mixin private NetworkOptions networkOptions = new NetworkOptions();

    @Mixin private RestoreOptions restoreOptions = new RestoreOptions();

    @Mixin private LimitOptions limitOptions = new LimitOptions();

    @Mixin private LogOptions logOptions = new LogOptions();

    @Mixin private LoggingOptions loggingOptions = new LoggingOptions();

    @Mixin private RequestLogOptions requestLogOptions = new RequestLogOptions();

    @Option(names = "--verbose", description = "Log the stack of every exception.")
    private boolean verbose;

    private final PrintWriter out;

    StartCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public Integer call() throws UsageException, StartException {
        if (apiPort < 0 || apiPort > 65535) {
            throw new UsageException(
                    "--api-port is %d; give 1 to 65535, 0 for any, or omit it for 8379"
                            .formatted(apiPort));
        }
        Logs.toStandardError(loggingOptions.settings(verbose));
        var config =
                new ServerConfig(
                        LOOPBACK,
                        apiPort,
                        dataDirectory,
                        nodePorts,
                        engine,
                        tuning(),
                        access(),
                        s3(),
                        transportKind(),
                        networkOptions.nodeAddresses(),
                        networkOptions.hostName(LOOPBACK));
        if (endWithStdin) {
            InputEnd.exitAfter(System.in);
        }
        try (var _ = StopSignal.listen(STOP_LIMIT);
                var ready = ReadyFile.at(readyFile);
                var server =
                        Server.start(
                                config, requestLogOptions.on(logOptions.open(dataDirectory)))) {
            ready.write(server.endpoint(), dataDirectory);
            out.println("Keepsake is ready: " + server.endpoint());
            out.flush();
            awaitStop();
            return Main.EXIT_OK;
        }
    }

    private ApiAccess access() throws UsageException {
        Map<String, AccessKey> keys =
                credentials == null ? Map.of() : CredentialsFile.read("--credentials", credentials);
        return new ApiAccess(keys, allowReset);
    }

    private Transport.@Nullable Kind transportKind() throws UsageException {
        if (transport == null) {
            return null;
        }
        for (var kind : Transport.Kind.values()) {
            if (kind.name().equalsIgnoreCase(transport)) {
                if (kind.isAvailable()) {
                    return kind;
                }
                throw new UsageException(
                        "--transport is %s, which this machine does not have or does not allow; omit it"
                                .formatted(transport));
            }
        }
        throw new UsageException(
                "--transport is %s; give epoll, io_uring, kqueue or nio".formatted(transport));
    }

    private @Nullable S3Endpoint s3() throws UsageException {
        if (s3Endpoint == null && s3Credentials == null) {
            return null;
        }
        if (s3Endpoint == null || s3Credentials == null) {
            throw new UsageException(
                    "%s was given without %s; give both, or neither"
                            .formatted(
                                    s3Endpoint == null ? "--s3-credentials" : "--s3-endpoint",
                                    s3Endpoint == null ? "--s3-endpoint" : "--s3-credentials"));
        }
        var keys = CredentialsFile.read("--s3-credentials", s3Credentials);
        if (keys.size() != 1) {
            throw new UsageException(
                    "--s3-credentials is %s, which has %d keys; give a file with one"
                            .formatted(s3Credentials, keys.size()));
        }
        var key = keys.entrySet().iterator().next();
        try {
            return new S3Endpoint(
                    URI.create(s3Endpoint), s3Region, key.getKey(), key.getValue().secret());
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    "--s3-endpoint is %s; give one such as http://127.0.0.1:9000"
                            .formatted(s3Endpoint));
        }
    }

    private FleetTuning tuning() throws UsageException {
        atLeast("--failover-quota", failoverQuota, 0);
        atLeast("--silence-ms", silenceMs, 1);
        if (topologyLagMs < 0 || topologyLagMs > TOPOLOGY_LAG_MAX_MS) {
            throw new UsageException(
                    "--topology-lag-ms is %d; give 0 to %d"
                            .formatted(topologyLagMs, TOPOLOGY_LAG_MAX_MS));
        }
        atLeast("--engine-timeout-ms", engineTimeoutMs, 100);
        atLeast("--snapshot-every-mb", snapshotEveryMb, 1);
        int quickened = quickened();
        boolean instant = quickened == 0;
        return FleetTuning.standard()
                .withRestoreFrom(restoreOptions.directories())
                .withSnapshotEvery((long) snapshotEveryMb << 20)
                .withEngineTimeout(TimeUnit.MILLISECONDS.toNanos(engineTimeoutMs))
                .withFailovers(
                        failoverMode,
                        TimeUnit.MILLISECONDS.toNanos(silenceMs),
                        instant ? FailoverPace.INSTANT : FailoverPace.AWS.dividedBy(quickened),
                        failoverQuota)
                .withTopologyLag(TimeUnit.MILLISECONDS.toNanos(topologyLagMs))
                .withStatusPace(instant ? StatusPace.INSTANT : StatusPace.AWS.dividedBy(quickened))
                .withEngines(strictEngines, nodeMemory())
                .withExactEngineVersions(exactEngineVersions)
                .withFront(limitOptions.front(logOptions.isBookKeeper()))
                .withOperatorSockets(
                        operatorSockets == null ? null : OwnDirectory.at(operatorSockets));
    }

    /// The divisor of AWS's times; 0 for no delays.
    private int quickened() throws UsageException {
        var given = PACE.matcher(pace);
        if (!given.matches()) {
            throw new UsageException(
                    "--pace is %s; give instant, aws or aws/N with N from 1 to 99999"
                            .formatted(pace));
        }
        if (pace.equals("instant")) {
            return 0;
        }
        return given.group(1) == null ? 1 : Integer.parseInt(given.group(1));
    }

    private NodeMemory nodeMemory() throws UsageException {
        if (!(memoryScale > 0 && memoryScale <= 1)) {
            throw new UsageException(
                    "--memory-scale is %s; give more than 0 and at most 1".formatted(memoryScale));
        }
        return new NodeMemory(memoryScale, MachineMemory.bytes() / 2);
    }

    private static void atLeast(String option, int value, int lowest) throws UsageException {
        if (value < lowest) {
            throw new UsageException("%s is %d; give %d or more".formatted(option, value, lowest));
        }
    }

    private void awaitStop() {
        try {
            if (tellHeap) {
                new HeapReports(new InputStreamReader(System.in, UTF_8), out).awaitEnd();
            } else {
                new CountDownLatch(1).await();
            }
        } catch (InterruptedException told) {
            // A StopSignal ends the wait in this way. Closing must not be interrupted again.
        }
    }
}
