package dev.keepsake.benchmarks;

import dev.keepsake.benchmarks.Workload.Kind;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.Transport;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures Keepsake and stock Redis on this machine alternately, and shows ratios of medians.
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        header = "Compares Keepsake with stock Redis, plain and with appendfsync always.")
public final class Compare implements Callable<Integer> {
    private record Case(Workload workload, int clients, int pipelined) {}

    private static final int WARM_UP_CLIENTS = 50;
    private static final long WARM_UP_MS = 5_000;

    @Option(names = "--seconds", description = "How long to measure each time (default: 3).")
    private int seconds = 3;

    @Option(names = "--rounds", description = "How often to measure each server (default: 3).")
    private int rounds = 3;

    @Option(names = "--replicas", description = "Replicas of Keepsake's shard (default: 0).")
    private int replicas = 0;

    @Option(names = "--only", description = "SET, GET, INCR, LPUSH or MIX (default: all).")
    private @Nullable Kind only;

    @Option(
            names = "--cluster",
            description =
                    "Also a stock cluster: a primary with appendfsync always, and as many replicas.")
    private boolean cluster;

    @Option(
            names = "--tls",
            description = "Measure with TLS; the redis-server has to be built with it.")
    private boolean tls;

    @Option(
            names = "--peer",
            description =
                    "Also a stock pair with the same promise: a primary and a replica of this"
                            + " program, both with appendfsync always, and WAITAOF 1 1 behind a"
                            + " client's writes. The program is a valkey-server, or a redis-server"
                            + " of 7.2 or later. Use it with --replicas 1, and without --tls.")
    private @Nullable Path peer;

    @Option(
            names = "--transport",
            description =
                    "How Keepsake waits for sockets: epoll, io_uring or nio (default: its choice).")
    private @Nullable String keepsakeTransport;

    @Option(
            names = "--before",
            description =
                    "The launcher of another build of Keepsake, to be measured in the same rounds.")
    private @Nullable Path before;

    @Option(names = "--engine", description = "The redis-server (default: as Keepsake finds it).")
    private @Nullable Path engine;

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher = Path.of("keepsake");

    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

    /// Runs the comparison and ends the process.
    public static void main(String[] args) {
        System.exit(new CommandLine(new Compare()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        var directory = Files.createTempDirectory("keepsake-compare-");
        var servers = new ArrayList<MeasuredServer>();
        try (var transport = Transport.best(1)) {
            var binary =
                    new EngineFinder(engine, System.getenv("PATH"), directory.resolve("bin"))
                            .find();
            var key = tls ? TestKey.make(directory.resolve("key")) : null;
            servers.add(
                    MeasuredServer.redis(
                            "redis", binary.path(), "no", key, directory.resolve("plain")));
            servers.add(
                    MeasuredServer.redis(
                            "always", binary.path(), "always", key, directory.resolve("always")));
            if (peer != null) {
                servers.add(MeasuredServer.pair("same promise", peer, directory.resolve("peer")));
            }
            if (cluster) {
                servers.add(
                        MeasuredServer.cluster(
                                "stock cluster",
                                binary.path(),
                                replicas,
                                directory.resolve("cluster")));
            }
            if (before != null) {
                servers.add(
                        MeasuredServer.keepsake(
                                "before",
                                before.toAbsolutePath(),
                                replicas,
                                keepsakeTransport,
                                tls,
                                directory.resolve("before")));
            }
            servers.add(
                    MeasuredServer.keepsake(
                            "keepsake",
                            launcher,
                            replicas,
                            keepsakeTransport,
                            tls,
                            directory.resolve("keepsake")));
            out.printf(
                    "%s %s, JDK %s, %s, %d processors, %s%s; commands/s (p99 in ms; µs of the processor for a command)%n%n",
                    binary.name(),
                    binary.version(),
                    Runtime.version(),
                    System.getProperty("os.name") + " " + System.getProperty("os.version"),
                    Runtime.getRuntime().availableProcessors(),
                    transport.name(),
                    tls ? ", TLS" : "");
            var columns = servers.stream().map(MeasuredServer::title).toList();
            var ratios = columns.subList(0, columns.size() - 1);
            out.printf(
                    "| workload | clients | pipelined | %s | %s | reads that waited |%n",
                    String.join(" | ", columns),
                    ratios.stream().map("÷ %s"::formatted).collect(Collectors.joining(" | ")));
            out.println("| --- " + "| --: ".repeat(3 + columns.size() + ratios.size()) + "|");
            if (before != null) {
                warmUp(servers.get(servers.size() - 2), transport);
            }
            warmUp(servers.getLast(), transport);
            for (var each : cases()) {
                measure(each, servers, transport);
            }
            return 0;
        } finally {
            servers.forEach(MeasuredServer::close);
            Trees.remove(directory);
        }
    }

    private List<Case> cases() {
        var cases = new ArrayList<Case>();
        for (int valueBytes : List.of(100, 16 << 10)) {
            for (var kind : Kind.values()) {
                for (int clients : List.of(50, 500)) {
                    for (int pipelined : List.of(1, 16)) {
                        cases.add(new Case(Workload.of(kind, valueBytes), clients, pipelined));
                    }
                }
            }
        }
        cases.removeIf(Compare::isPointless);
        cases.removeIf(each -> only != null && each.workload().kind() != only);
        return cases;
    }

    /// Lets the JVM compile the code, as in a server that has been running for a minute.
    private static void warmUp(MeasuredServer keepsake, Transport transport) throws Exception {
        for (var kind : Kind.values()) {
            var workload = Workload.of(kind, 100);
            keepsake.populate(workload);
            for (int pipelined : List.of(1, 16)) {
                new LoadGenerator(transport, keepsake)
                        .run(workload, WARM_UP_CLIENTS, pipelined, 0, WARM_UP_MS);
            }
        }
    }

    /// A counter has no value of 16 KiB, and pipelines of such values would fill the memory with
    /// one list.
    private static boolean isPointless(Case each) {
        return each.workload().valueBytes() > 100
                && switch (each.workload().kind()) {
                    case INCR -> true;
                    case LPUSH -> each.pipelined() > 1;
                    case SET, GET, MIX -> false;
                };
    }

    private void measure(Case measured, List<MeasuredServer> servers, Transport transport)
            throws Exception {
        var results = new ArrayList<List<LoadGenerator.Result>>();
        servers.forEach(_ -> results.add(new ArrayList<>()));
        var measuredKeepsake = servers.getLast();
        var readsBefore = measuredKeepsake.reads();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < servers.size(); i++) {
                int turn = (i + round) % servers.size();
                var server = servers.get(turn);
                server.populate(measured.workload());
                results.get(turn)
                        .add(
                                new LoadGenerator(transport, server)
                                        .run(
                                                measured.workload(),
                                                measured.clients(),
                                                measured.pipelined(),
                                                1_000,
                                                1_000L * seconds));
            }
        }
        var medians = results.stream().map(Compare::median).toList();
        double keepsake = medians.getLast().opsPerSecond();
        out.printf(
                "| %s | %d | %d | %s | %s | %s |%n",
                measured.workload().title(),
                measured.clients(),
                measured.pipelined(),
                medians.stream().map(Compare::text).collect(Collectors.joining(" | ")),
                medians.subList(0, medians.size() - 1).stream()
                        .map(other -> "%.2f".formatted(keepsake / other.opsPerSecond()))
                        .collect(Collectors.joining(" | ")),
                measuredKeepsake.reads().since(readsBefore).percentHeld());
    }

    private static LoadGenerator.Result median(List<LoadGenerator.Result> results) {
        var sorted =
                results.stream()
                        .sorted(Comparator.comparingDouble(LoadGenerator.Result::opsPerSecond))
                        .toList();
        return sorted.get(sorted.size() / 2);
    }

    private static String text(LoadGenerator.Result result) {
        return "%,.0f (%.1f; %.1f)"
                .formatted(result.opsPerSecond(), result.p99Us() / 1e3, result.cpuUs());
    }
}
