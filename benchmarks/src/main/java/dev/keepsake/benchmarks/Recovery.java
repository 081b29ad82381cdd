package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.engine.EngineFinder;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures how long it takes until data are available again, for several amounts of data: after a
/// SIGKILL of the server, and on the node that replaces a failed one. For comparison, it measures
/// how long stock Redis takes to load the same file, which is a lower bound.
@Command(
        name = "recovery",
        mixinStandardHelpOptions = true,
        header = "Measures how long recovery takes against the size of the data.")
public final class Recovery implements Callable<Integer> {
    private static final String CLUSTER = "measured";
    private static final int NODE_PORTS = 18;
    private static final Pattern NODE_PORT = Pattern.compile("\"Port\"\\s*:\\s*(\\d+)");
    private static final int VALUE_BYTES = 1_000;
    private static final int BATCH = 500;
    private static final int TAIL_PART = 10;
    private static final double MB = 1 << 20;

    @Option(
            names = "--mb",
            split = ",",
            description = "How many MB of values to fill in (default: 100,1000).")
    private List<Integer> sizesMb = List.of(100, 1_000);

    @Option(names = "--engine", description = "The redis-server (default: as Keepsake finds it).")
    private @Nullable Path engine;

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher = Path.of("keepsake");

    private final PrintWriter out = new PrintWriter(System.out, true, UTF_8);

    /// Runs the measurement and ends the process.
    public static void main(String[] args) {
        System.exit(new CommandLine(new Recovery()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        out.printf(
                "JDK %s, %s %s, %d processors%n%n",
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.getRuntime().availableProcessors());
        out.println(
                "| values | snapshot | log behind it | stock Redis loads the snapshot | server killed: primary"
                        + " serves | every node has recovered | node replaced |");
        out.println("| --: | --: | --: | --: | --: | --: | --: |");
        for (int sizeMb : sizesMb) {
            var directory = Files.createTempDirectory("keepsake-recovery-");
            try (var server = new KeepsakeServer(launcher, directory, NODE_PORTS, List.of())) {
                server.createCluster(CLUSTER, 1);
                out.println(measure(server, sizeMb, directory));
            } finally {
                Trees.remove(directory);
            }
        }
        return 0;
    }

    private String measure(KeepsakeServer server, int sizeMb, Path directory) throws Exception {
        long keys = sizeMb * (long) MB / VALUE_BYTES;
        fill(server, keys);
        server.call(
                "CreateSnapshot",
                "{\"ClusterName\": \"%s\", \"SnapshotName\": \"all\"}".formatted(CLUSTER));
        server.await(
                "the snapshot is available",
                () ->
                        KeepsakeServer.firstStatus(server.call("DescribeSnapshots", "{}"))
                                .equals("available"));
        fill(server, keys / TAIL_PART); // the log behind the snapshot
        var snapshot = snapshots(directory).getFirst();
        long snapshotBytes = Files.size(snapshot);
        long logBytes = Trees.logBytes(directory);
        double loadS = loadTimeS(snapshot, directory);

        long killedNs = System.nanoTime();
        int recoveries = recoveries(server);
        server.killAndStartAgain();
        var whole = ":" + (keys + 1); // the keys, and the one with which a primary is found
        server.await("the primary serves", () -> ask(primaryPort(server), "DBSIZE").equals(whole));
        double servesS = secondsSince(killedNs);
        server.await("all have recovered", () -> recoveries(server) == recoveries + 2);
        double recoveredS = secondsSince(killedNs);

        long calledNs = System.nanoTime();
        server.call(
                "FailoverShard",
                "{\"ClusterName\": \"%s\", \"ShardName\": \"0001\"}".formatted(CLUSTER));
        server.await("it is replaced", () -> recoveries(server) == recoveries + 3);
        return "| %,d MB | %.0f MB | %.0f MB | %.1f s | %.1f s | %.1f s | %.1f s |"
                .formatted(
                        sizeMb,
                        snapshotBytes / MB,
                        logBytes / MB,
                        loadS,
                        servesS,
                        recoveredS,
                        secondsSince(calledNs));
    }

    private static double secondsSince(long sinceNs) {
        return (System.nanoTime() - sinceNs) / 1e9;
    }

    private static int recoveries(KeepsakeServer server) throws IOException, InterruptedException {
        return server.call("DescribeEvents", "{}").split("Finished recovery", -1).length - 1;
    }

    /// The port of the node that accepts writes.
    ///
    /// @throws IOException when no node does
    private static int primaryPort(KeepsakeServer server) throws IOException, InterruptedException {
        var nodes =
                NODE_PORT.matcher(server.call("DescribeClusters", "{\"ShowShardDetails\": true}"));
        while (nodes.find()) {
            int port = Integer.parseInt(nodes.group(1));
            if (port != server.endpointPort() && ask(port, "SET probe 1").equals("+OK")) {
                return port;
            }
        }
        throw new IOException("no node accepts writes");
    }

    /// The first line of a node's reply to an inline command.
    private static String ask(int port, String inline) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write((inline + "\r\n").getBytes(UTF_8));
            var reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
            var line = reader.readLine();
            if (line == null) {
                throw new IOException("no reply to " + inline);
            }
            return line;
        }
    }

    /// Sets values that do not compress; a snapshot would compress others.
    private static void fill(KeepsakeServer server, long keys)
            throws IOException, InterruptedException {
        var random = new SplittableRandom(1);
        var value = new byte[VALUE_BYTES];
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), primaryPort(server))) {
            for (long first = 0; first < keys; first += BATCH) {
                var commands = Unpooled.buffer(BATCH * (VALUE_BYTES + 64));
                long end = Math.min(keys, first + BATCH);
                for (long key = first; key < end; key++) {
                    random.nextBytes(value);
                    RespWriter.command(
                            commands, "SET".getBytes(UTF_8), ("key:" + key).getBytes(UTF_8), value);
                }
                commands.readBytes(socket.getOutputStream(), commands.readableBytes());
                int expected = Math.toIntExact("+OK\r\n".length() * (end - first));
                var replies = new String(socket.getInputStream().readNBytes(expected), UTF_8);
                if (!replies.replace("+OK\r\n", "").isEmpty()) {
                    throw new IOException("a key is not accepted: " + replies);
                }
            }
        }
    }

    private static List<Path> snapshots(Path directory) throws IOException {
        return Trees.files(
                directory, file -> file.toString().matches(".*/0001-snapshots/.*\\.rdb"));
    }

    /// The time from the start of a stock server to its first answer.
    private double loadTimeS(Path snapshot, Path directory) throws Exception {
        var own = Files.createDirectories(directory.resolve("stock"));
        Files.copy(snapshot, own.resolve("dump.rdb"), StandardCopyOption.REPLACE_EXISTING);
        var binary =
                new EngineFinder(engine, System.getenv("PATH"), directory.resolve("bin")).find();
        long startedNs = System.nanoTime();
        try (var _ = MeasuredServer.redis("stock", binary.path(), "no", null, own)) {
            return secondsSince(startedNs);
        } finally {
            Trees.remove(own);
        }
    }
}
