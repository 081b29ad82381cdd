package dev.keepsake.cli;

import dev.keepsake.control.FailoverMode;
import dev.keepsake.core.PortLease;
import dev.keepsake.drill.ChildServer;
import dev.keepsake.drill.Drill;
import dev.keepsake.drill.DrillDirectory;
import dev.keepsake.drill.DrillException;
import dev.keepsake.drill.DrillFault;
import dev.keepsake.drill.DrillOptions;
import dev.keepsake.drill.DrillOutcome;
import dev.keepsake.drill.DrillReport;
import dev.keepsake.drill.DrilledServer;
import dev.keepsake.drill.HtmlReport;
import dev.keepsake.drill.JunitXml;
import dev.keepsake.drill.Progress;
import dev.keepsake.server.PortRange;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The command `keepsake drill`.
@Command(
        name = "drill",
        header = "Fails a cluster over under load and checks that nothing acknowledged was lost.",
        description =
                "Creates a cluster through the AWS API, writes to it through a stock"
                        + " Redis cluster client, calls FailoverShard several times, and reads"
                        + " everything back.",
        footer = {
            "",
            "Exit codes:",
            "  0  every failover completed, and every acknowledged write is there, once and in order",
            "  1  the data is not what was acknowledged",
            "  2  the options make no sense",
            "  3  nothing is lost, but an outage was longer than --max-outage-ms",
            "  4  the drill could not run, or a failover did not complete"
        },
        showDefaultValues = true)
final class DrillCommand implements Callable<Integer> {
    /// The launcher script's option for drills.
    private static final String ONE_COMPILER = "-XX:TieredStopAtLevel=1";

    /// The limit for deleting the cluster, closing the server and removing its files, together.
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

    /// Ports beyond the cluster's need, in case a port is taken meanwhile.
    private static final int SPARE_PORTS = 20;

    @Option(names = "--failovers", paramLabel = "N", description = "How many failovers.")
    private int failovers = 3;

    @Option(names = "--shards", paramLabel = "N", description = "How many shards.")
    private int shards = 1;

    @Option(names = "--replicas", paramLabel = "N", description = "How many replicas a shard.")
    private int replicas = 1;

    @Option(names = "--writers", paramLabel = "N", description = "How many writers write at once.")
    private int writers = 4;

    @Option(
            names = "--lag-ms",
            paramLabel = "MS",
            description = "How far replicas lag behind, so that a failover has to catch up.")
    private int lagMs = 0;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            description =
                    "How FailoverShard makes the primary fail: crash (the default), silent"
                            + " (its sockets stay open and never answer) or handover.")
    private @Nullable FailoverMode mode;

    @Option(
            names = "--kill",
            paramLabel = "WHAT",
            description =
                    "Send SIGKILL instead of calling FailoverShard, to: engine (the"
                            + " primary's), server, or random (one of these, or FailoverShard).")
    private @Nullable DrillFault kill;

    @Option(
            names = "--duration",
            paramLabel = "S",
            description = "Continue for this many seconds instead of counting failovers.")
    private int durationS = 0;

    @Option(
            names = "--max-outage-ms",
            paramLabel = "MS",
            description =
                    "How long a writer may wait for an acknowledgement. A longer outage ends the drill"
                            + " with exit code 3 (0: any time).")
    private int maxOutageMs = 0;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Write a page of HTML to this file, which opens without a net: the course of the"
                            + " drill, outages, errors, events and environment.")
    private @Nullable Path reportFile;

    @Option(
            names = "--junit-xml",
            paramLabel = "FILE",
            description =
                    "Write the result to this file in the form of JUnit, for a CI system. A drill that"
                            + " could not run is an error in it.")
    private @Nullable Path junitFile;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Option(
            names = "--endpoint",
            paramLabel = "URL",
            description = "Drill the Keepsake server at this address, instead of starting one.")
    private @Nullable URI endpoint;

    @Option(
            names = "--engine",
            paramLabel = "PATH",
            description = "As for start: the engine that the started server uses.")
    private @Nullable Path engine;

    @Mixin private LoggingOptions loggingOptions = new LoggingOptions();

    private final String mainClass;
    private final PrintWriter out;
    private final PrintWriter err;
    private boolean isResultWritten;

    /// @param mainClass the class that runs this command line
    DrillCommand(String mainClass, PrintWriter out, PrintWriter err) {
        this.mainClass = mainClass;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws UsageException, DrillException, IOException {
        var options = options();
        var logSettings = loggingOptions.settings(true);
        expectWritable("--report", reportFile);
        expectWritable("--junit-xml", junitFile);
        try {
            return run(options, logSettings);
        } catch (DrillException | IOException | RuntimeException e) {
            writeError(e);
            throw e;
        }
    }

    private int run(DrillOptions options, LogSettings logSettings)
            throws DrillException, IOException {
        var people = json ? err : out;
        var progress = new Progress(people, !json && isTerminal());
        try (var _ = StopSignal.listen(STOP_LIMIT);
                var directory = DrillDirectory.create(progress)) {
            Logs.toFile(directory.log(), logSettings);
            try {
                var report =
                        endpoint == null
                                ? drillOwnServer(options, directory, progress)
                                : drill(
                                        options,
                                        DrilledServer.at(endpoint),
                                        OptionalInt.empty(),
                                        progress);
                return judge(report, directory, people);
            } catch (InterruptedException e) {
                directory.forgetLog();
                progress.line("Stopped before the end: nothing is known about lost writes.");
                return DrillOutcome.INCOMPLETE.exitCode();
            }
        }
    }

    /// Tells a CI system that there is no result. A result that is there already stays.
    private void writeError(Exception e) {
        if (junitFile == null || isResultWritten) {
            return;
        }
        var message = e instanceof DrillException ? String.valueOf(e.getMessage()) : e.toString();
        try {
            Files.writeString(junitFile, JunitXml.ofError(message));
        } catch (IOException unwritable) {
            e.addSuppressed(unwritable);
        }
    }

    /// A report that cannot be written is better noticed before a long drill than behind it.
    private static void expectWritable(String option, @Nullable Path file) throws UsageException {
        if (file == null) {
            return;
        }
        var directory = file.toAbsolutePath().getParent();
        boolean isWritable =
                Files.exists(file)
                        ? Files.isRegularFile(file) && Files.isWritable(file)
                        : directory != null
                                && Files.isDirectory(directory)
                                && Files.isWritable(directory);
        if (!isWritable) {
            throw new UsageException(
                    "%s is %s, which cannot be written; give a file in a directory that is there"
                            .formatted(option, file));
        }
    }

    private DrillOptions options() throws UsageException {
        try {
            if (kill != null && endpoint != null) {
                throw new UsageException(
                        "--kill works on a server that the drill starts; omit --endpoint");
            }
            if (endpoint != null && engine != null) {
                throw new UsageException(
                        "--engine is for the server that the drill starts, and --endpoint is another"
                                + " one; omit one of them");
            }
            if (kill != null && mode != null && !kill.callsFailoverShard()) {
                throw new UsageException(
                        "--mode is how FailoverShard makes a primary fail, and --kill %s never calls"
                                        .formatted(kill.option())
                                + " it; omit one of them");
            }
            if (endpoint != null && !isWebAddress(endpoint)) {
                throw new UsageException(
                        "--endpoint is %s; give http://HOST:PORT".formatted(endpoint));
            }
            return new DrillOptions(
                    failovers,
                    durationS,
                    shards,
                    replicas,
                    writers,
                    lagMs,
                    mode == null ? FailoverMode.CRASH : mode,
                    kill == null ? DrillFault.FAILOVER : kill,
                    maxOutageMs);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        }
    }

    private static boolean isWebAddress(URI address) {
        return address.getHost() != null
                && ("http".equals(address.getScheme()) || "https".equals(address.getScheme()));
    }

    /// Whether lines can be overwritten, which needs a terminal. Java answers this only for
    /// standard input and output together.
    @SuppressWarnings("SystemConsoleNull") // Since JDK 25, it is null again without a terminal.
    private static boolean isTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    private DrillReport drillOwnServer(
            DrillOptions options, DrillDirectory directory, Progress progress)
            throws DrillException, IOException, InterruptedException {
        int needed = options.nodes() + SPARE_PORTS;
        try (var ports = PortLease.take(needed, RandomGenerator.getDefault())) {
            var nodePorts = new PortRange(ports.first() + 1, ports.last());
            // The API's port is from the lease, too, because a killed server needs the same port
            // again.
            var command =
                    serverCommand(mainClass, ports.first(), nodePorts, directory.data(), engine);
            command.addAll(loggingOptions.arguments());
            progress.live("Starting a server");
            try (DrilledServer server =
                    ChildServer.start(command, directory.data(), directory.log())) {
                progress.line("A server for this drill is ready at " + server.endpoint());
                return drill(options, server, OptionalInt.of(ports.last()), progress);
            }
        }
    }

    /// The command that starts a server: the same Java with the same options, but with both
    /// compilers.
    ///
    /// @param mainClass the class that runs this command line
    static List<String> serverCommand(
            String mainClass,
            int apiPort,
            PortRange nodePorts,
            Path dataDirectory,
            @Nullable Path engine) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.equals(ONE_COMPILER))
                .forEach(command::add);
        command.addAll(
                List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        mainClass,
                        "start",
                        "--api-port",
                        Integer.toString(apiPort),
                        "--data-dir",
                        dataDirectory.toString(),
                        "--node-ports",
                        nodePorts.toString(),
                        "--tell-heap")); // which also ends it when this process ends
        if (engine != null) {
            command.addAll(List.of("--engine", engine.toString()));
        }
        return command;
    }

    private static DrillReport drill(
            DrillOptions options, DrilledServer server, OptionalInt clusterPort, Progress progress)
            throws DrillException, InterruptedException {
        try (var drill = new Drill(options, server, clusterPort, progress)) {
            return drill.run();
        }
    }

    private int judge(DrillReport report, DrillDirectory directory, PrintWriter people)
            throws IOException {
        people.println();
        people.print(report.table());
        people.flush();
        if (json) {
            out.println(report.json());
            out.flush();
        }
        if (junitFile != null) {
            Files.writeString(junitFile, JunitXml.of(report));
            isResultWritten = true;
        }
        if (reportFile != null) {
            Files.writeString(reportFile, HtmlReport.of(report, environment()));
            people.println("Report: " + reportFile.toAbsolutePath());
        }
        people.flush();
        if (report.isPassed()) {
            directory.forgetLog();
        }
        return report.outcome().exitCode();
    }

    private Map<String, String> environment() throws IOException {
        var environment = new LinkedHashMap<String, String>();
        environment.put("Keepsake", VersionCommand.productVersion());
        environment.put("Server", endpoint == null ? "started by the drill" : endpoint.toString());
        environment.put("Engine", engine == null ? "as Keepsake chooses it" : engine.toString());
        environment.put("Java", Runtime.version().toString());
        environment.put(
                "System",
                "%s %s, %s"
                        .formatted(
                                System.getProperty("os.name"),
                                System.getProperty("os.version"),
                                System.getProperty("os.arch")));
        environment.put("Processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        return environment;
    }
}
