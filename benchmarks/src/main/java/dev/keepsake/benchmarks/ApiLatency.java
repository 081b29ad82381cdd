package dev.keepsake.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures the latency of the API with many clusters: a thousand are recorded, and fifty nodes
/// run.
///
/// A region may have 300 nodes, so the recorded clusters are spread over four regions. They are to
/// be restored from a file that does not exist, and so have no engines.
@Command(
        name = "api",
        mixinStandardHelpOptions = true,
        header = "Measures DescribeClusters and CreateCluster beside a thousand clusters.")
public final class ApiLatency implements Callable<Integer> {
    private static final List<String> REGIONS =
            List.of("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1");
    private static final String MEASURED = REGIONS.getFirst();
    private static final String ELSEWHERE = "eu-central-1";
    private static final int RECORDED_PER_REGION = 250;
    private static final int RUNNING = 25; // clusters of two nodes
    private static final int NODE_PORTS = 120;
    private static final Pattern TOKEN = Pattern.compile("\"NextToken\":\"([^\"]+)\"");

    @Option(names = "--calls", description = "DescribeClusters of each kind (default: 2000).")
    private int calls = 2_000;

    @Option(names = "--creations", description = "Clusters to create and delete (default: 20).")
    private int creations = 20;

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher = Path.of("keepsake");

    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

    /// Runs the measurement and ends the process.
    public static void main(String[] args) {
        System.exit(new CommandLine(new ApiLatency()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        var directory = Files.createTempDirectory("keepsake-api-");
        try (var server = new KeepsakeServer(launcher, directory, NODE_PORTS, List.of())) {
            record(server);
            run(server);
            measure(server);
            return 0;
        } finally {
            Trees.remove(directory);
        }
    }

    private void record(KeepsakeServer server) throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        for (String region : REGIONS) {
            for (int i = 0; i < RECORDED_PER_REGION; i++) {
                server.callOk(
                        region,
                        "CreateCluster",
                        """
                        {"ClusterName":"recorded-%03d","NodeType":"db.t4g.small",\
                        "ACLName":"open-access","NumReplicasPerShard":0,\
                        "SnapshotArns":["arn:aws:s3:::nowhere/none.rdb"]}\
                        """
                                .formatted(i));
                String name = "recorded-%03d".formatted(i);
                server.await(name, () -> server.status(region, name).equals("restore-failed"));
            }
        }
        out.printf(
                "%d clusters recorded in %d regions (%.0f s)%n",
                REGIONS.size() * RECORDED_PER_REGION,
                REGIONS.size(),
                (System.nanoTime() - startNs) / 1e9);
    }

    private void run(KeepsakeServer server) throws IOException, InterruptedException {
        for (int i = 0; i < RUNNING; i++) {
            String name = "running-%02d".formatted(i);
            create(server, MEASURED, name, 1, 1);
            server.await(name, () -> server.status(MEASURED, name).equals("available"));
        }
        out.printf("%d nodes running%n%n", 2 * RUNNING);
    }

    private void measure(KeepsakeServer server) throws IOException, InterruptedException {
        for (int i = 0; i < calls / 10; i++) { // so that the JVM has compiled the code
            server.callOk(MEASURED, "DescribeClusters", "{\"ShowShardDetails\":true}");
        }
        report(
                "DescribeClusters, one by name",
                timesNs(
                        calls,
                        i ->
                                server.callOk(
                                        MEASURED,
                                        "DescribeClusters",
                                        "{\"ClusterName\":\"running-%02d\"}"
                                                .formatted(i % RUNNING))));
        report(
                "DescribeClusters, a page of 100 with shards",
                timesNs(
                        calls,
                        i ->
                                server.callOk(
                                        MEASURED,
                                        "DescribeClusters",
                                        "{\"ShowShardDetails\":true}")));
        report(
                "DescribeClusters, all pages of a region with shards",
                timesNs(calls / 4, i -> allPages(server)));
        report(
                "CreateCluster 2x2 until it is available",
                timesNs(
                        creations,
                        i -> {
                            create(server, ELSEWHERE, "new-" + i, 2, 1);
                            server.await(
                                    "new",
                                    () -> server.status(ELSEWHERE, "new-" + i).equals("available"));
                        },
                        i -> {
                            server.callOk(
                                    ELSEWHERE,
                                    "DeleteCluster",
                                    "{\"ClusterName\":\"new-%d\"}".formatted(i));
                            server.await(
                                    "gone", () -> server.status(ELSEWHERE, "new-" + i).isEmpty());
                        }));
    }

    private static String allPages(KeepsakeServer server) throws IOException, InterruptedException {
        String token = "";
        String page;
        do {
            page =
                    server.callOk(
                            MEASURED,
                            "DescribeClusters",
                            token.isEmpty()
                                    ? "{\"ShowShardDetails\":true}"
                                    : "{\"ShowShardDetails\":true,\"NextToken\":\"%s\"}"
                                            .formatted(token));
            var next = TOKEN.matcher(page);
            token = next.find() ? next.group(1) : "";
        } while (!token.isEmpty());
        return page;
    }

    private static void create(
            KeepsakeServer server, String region, String name, int shards, int replicas)
            throws IOException, InterruptedException {
        server.callOk(
                region,
                "CreateCluster",
                """
                {"ClusterName":"%s","NodeType":"db.t4g.small","ACLName":"open-access",\
                "NumShards":%d,"NumReplicasPerShard":%d}\
                """
                        .formatted(name, shards, replicas));
    }

    // ---- times

    private interface Work {
        void done(int i) throws IOException, InterruptedException;
    }

    private static long[] timesNs(int count, Work work) throws IOException, InterruptedException {
        return timesNs(count, work, i -> {});
    }

    private static long[] timesNs(int count, Work work, Work after)
            throws IOException, InterruptedException {
        var timesNs = new long[count];
        for (int i = 0; i < count; i++) {
            long startNs = System.nanoTime();
            work.done(i);
            timesNs[i] = System.nanoTime() - startNs;
            after.done(i);
        }
        Arrays.sort(timesNs);
        return timesNs;
    }

    private void report(String what, long[] timesNs) {
        out.printf(
                "%-55s median %7.1f  p99 %7.1f  max %7.1f ms  (%d)%n",
                what,
                quantile(timesNs, 0.5),
                quantile(timesNs, 0.99),
                quantile(timesNs, 1),
                timesNs.length);
    }

    private static double quantile(long[] sortedNs, double part) {
        return sortedNs[(int) Math.ceil(part * sortedNs.length) - 1] / 1e6;
    }
}
