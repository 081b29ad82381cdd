package dev.keepsake.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// How long the API takes beside many clusters: a thousand are recorded, fifty nodes run.
///
/// A region may have 300 nodes, so the recorded clusters are spread over four regions; they were to
/// be filled with a file that is not there, and so have no engines.
@Command(
        name = "api",
        mixinStandardHelpOptions = true,
        header = "Measures DescribeClusters and CreateCluster beside a thousand clusters.")
public final class ApiLatency implements Callable<Integer> {
    private static final String HOST = "127.0.0.1";
    private static final List<String> REGIONS =
            List.of("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1");
    private static final String MEASURED = REGIONS.getFirst();
    private static final String ELSEWHERE = "eu-central-1";
    private static final int RECORDED_PER_REGION = 250;
    private static final int RUNNING = 25; // clusters of two nodes
    private static final int NODE_PORTS = 120;
    private static final long WITHIN_NS = TimeUnit.MINUTES.toNanos(10);
    private static final Pattern TOKEN = Pattern.compile("\"NextToken\":\"([^\"]+)\"");

    @Option(names = "--calls", description = "DescribeClusters of each kind (default: 2000).")
    private int calls = 2_000;

    @Option(names = "--creations", description = "Clusters to create and delete (default: 20).")
    private int creations = 20;

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher = Path.of("keepsake");

    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private URI api = URI.create("http://" + HOST);

    /// Runs the measurement and ends the process.
    public static void main(String[] args) {
        System.exit(new CommandLine(new ApiLatency()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        var directory = Files.createTempDirectory("keepsake-api-");
        int apiPort = freePorts(NODE_PORTS + 1);
        api = URI.create("http://%s:%d/".formatted(HOST, apiPort));
        var process =
                new ProcessBuilder(
                                launcher.toString(),
                                "start",
                                "--api-port",
                                "" + apiPort,
                                "--data-dir",
                                directory.resolve("data").toString(),
                                "--node-ports",
                                "%d-%d".formatted(apiPort + 1, apiPort + NODE_PORTS))
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("output.log").toFile())
                        .start();
        try {
            awaitAnswer(process);
            record();
            run();
            measure();
            return 0;
        } finally {
            end(process);
        }
    }

    private void record() throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        for (String region : REGIONS) {
            for (int i = 0; i < RECORDED_PER_REGION; i++) {
                expectOk(
                        call(
                                region,
                                "CreateCluster",
                                """
                                {"ClusterName":"recorded-%03d","NodeType":"db.t4g.small",\
                                "ACLName":"open-access","NumReplicasPerShard":0,\
                                "SnapshotArns":["file:///nowhere/none.rdb"]}\
                                """
                                        .formatted(i)));
                String name = "recorded-%03d".formatted(i);
                await(name, () -> status(region, name).equals("restore-failed"));
            }
        }
        out.printf(
                "%d clusters recorded in %d regions (%.0f s)%n",
                REGIONS.size() * RECORDED_PER_REGION,
                REGIONS.size(),
                (System.nanoTime() - startNs) / 1e9);
    }

    private void run() throws IOException, InterruptedException {
        for (int i = 0; i < RUNNING; i++) {
            String name = "running-%02d".formatted(i);
            create(MEASURED, name, 1, 1);
            await(name, () -> status(MEASURED, name).equals("available"));
        }
        out.printf("%d nodes running%n%n", 2 * RUNNING);
    }

    private void measure() throws IOException, InterruptedException {
        for (int i = 0; i < calls / 10; i++) { // so that the compiler has seen it
            call(MEASURED, "DescribeClusters", "{\"ShowShardDetails\":true}");
        }
        report(
                "DescribeClusters, one by name",
                timesNs(
                        calls,
                        i ->
                                call(
                                        MEASURED,
                                        "DescribeClusters",
                                        "{\"ClusterName\":\"running-%02d\"}"
                                                .formatted(i % RUNNING))));
        report(
                "DescribeClusters, a page of 100 with shards",
                timesNs(
                        calls,
                        i -> call(MEASURED, "DescribeClusters", "{\"ShowShardDetails\":true}")));
        report(
                "DescribeClusters, all pages of a region with shards",
                timesNs(calls / 4, i -> allPages()));
        report(
                "CreateCluster 2x2 until it is available",
                timesNs(
                        creations,
                        i -> {
                            create(ELSEWHERE, "new-" + i, 2, 1);
                            await("new", () -> status(ELSEWHERE, "new-" + i).equals("available"));
                            return "";
                        },
                        i -> {
                            expectOk(
                                    call(
                                            ELSEWHERE,
                                            "DeleteCluster",
                                            "{\"ClusterName\":\"new-%d\"}".formatted(i)));
                            await("gone", () -> status(ELSEWHERE, "new-" + i).isEmpty());
                        }));
    }

    private String allPages() throws IOException, InterruptedException {
        String token = "";
        String page;
        do {
            page =
                    call(
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

    private void create(String region, String name, int shards, int replicas)
            throws IOException, InterruptedException {
        expectOk(
                call(
                        region,
                        "CreateCluster",
                        """
                        {"ClusterName":"%s","NodeType":"db.t4g.small","ACLName":"open-access",\
                        "NumShards":%d,"NumReplicasPerShard":%d}\
                        """
                                .formatted(name, shards, replicas)));
    }

    /// The status of a cluster; empty when there is none.
    private String status(String region, String name) throws IOException, InterruptedException {
        var answer = call(region, "DescribeClusters", "{\"ClusterName\":\"%s\"}".formatted(name));
        var status = Pattern.compile("\"Status\":\"([a-z-]+)\"").matcher(answer);
        return status.find() ? status.group(1) : "";
    }

    // ---- times

    private interface Work {
        String done(int i) throws IOException, InterruptedException;
    }

    private interface Cleaning {
        void done(int i) throws IOException, InterruptedException;
    }

    private static long[] timesNs(int count, Work work) throws IOException, InterruptedException {
        return timesNs(count, work, i -> {});
    }

    private static long[] timesNs(int count, Work work, Cleaning after)
            throws IOException, InterruptedException {
        var timesNs = new long[count];
        for (int i = 0; i < count; i++) {
            long startNs = System.nanoTime();
            expectOk(work.done(i));
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

    // ---- the server

    private String call(String region, String operation, String body)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(api)
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .header("X-Amz-Target", "AmazonMemoryDB." + operation)
                        .header(
                                "Authorization",
                                "AWS4-HMAC-SHA256 Credential=k/20210817/%s/memorydb/aws4_request"
                                        .formatted(region))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private static void expectOk(String answer) throws IOException {
        if (answer.contains("\"__type\"")) {
            throw new IOException("the server said " + answer);
        }
    }

    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private static void await(String what, Condition condition)
            throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - startNs > WITHIN_NS) {
                throw new IOException("waited in vain for " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    private void awaitAnswer(Process process) throws IOException, InterruptedException {
        await(
                "the server",
                () -> {
                    if (!process.isAlive()) {
                        throw new IOException("the server ended; its output is in output.log");
                    }
                    try {
                        return call(MEASURED, "DescribeClusters", "{}").contains("Clusters");
                    } catch (IOException e) {
                        return false; // not yet
                    }
                });
    }

    private static int freePorts(int count) throws IOException {
        while (true) {
            int first;
            try (var socket = new ServerSocket(0)) {
                first = socket.getLocalPort();
            }
            if (first + count < 65_536 && areFree(first, count)) {
                return first;
            }
        }
    }

    private static boolean areFree(int first, int count) {
        for (int port = first; port < first + count; port++) {
            try (var _ = new ServerSocket(port)) {
                // free
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    private static void end(Process process) {
        var descendants = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        descendants.forEach(ProcessHandle::destroyForcibly);
    }
}
