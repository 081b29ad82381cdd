package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// A Keepsake with one cluster of one shard, a primary and a replica, which can be killed and
/// started again. Ended by [#close].
final class RestartableServer implements AutoCloseable {
    static final String CLUSTER = "measured";

    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long WITHIN_NS = TimeUnit.MINUTES.toNanos(10);
    private static final Pattern NODE_PORT = Pattern.compile("\"Port\"\\s*:\\s*(\\d+)");
    private static final Pattern AVAILABLE = Pattern.compile("\"Status\"\\s*:\\s*\"available\"");

    /// The API's, those of the nodes, and the cluster's.
    private static final int PORTS = 20;

    private final List<String> command;
    private final Path directory;
    private final int port;
    private final URI api;
    private final HttpClient http = HttpClient.newHttpClient();
    private Process process;

    /// @param launcher the script at the root of the repository
    RestartableServer(Path launcher, Path directory) throws IOException, InterruptedException {
        int first = MeasuredServer.freePort(PORTS);
        this.port = first + PORTS - 1;
        this.api = URI.create("http://%s:%d/".formatted(MeasuredServer.HOST, first));
        this.directory = directory;
        this.command =
                List.of(
                        launcher.toString(),
                        "start",
                        "--api-port",
                        "" + first,
                        "--data-dir",
                        directory.resolve("data").toString(),
                        "--node-ports",
                        "%d-%d".formatted(first + 1, port - 1));
        this.process = start();
        await("its API answers", () -> call("DescribeClusters", "{}").contains("Clusters"));
        call(
                "CreateCluster",
                """
                {"ClusterName": "%s", "NodeType": "db.r6g.large", "ACLName": "open-access",
                 "TLSEnabled": false, "NumReplicasPerShard": 1, "Port": %d}\
                """
                        .formatted(CLUSTER, port));
        awaitAvailable("DescribeClusters");
    }

    private Process start() throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(directory.resolve("output.log").toFile()))
                .start();
    }

    /// SIGKILL, and the same command again.
    void killAndStartAgain() throws IOException, InterruptedException {
        process.destroyForcibly();
        process.waitFor();
        process = start();
    }

    Path directory() {
        return directory;
    }

    /// Waits until what an operation describes is available.
    void awaitAvailable(String operation) throws IOException {
        await(operation, () -> AVAILABLE.matcher(call(operation, "{}")).find());
    }

    /// Calls the AWS API.
    String call(String operation, String body) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(api)
                        .header("Content-Type", "application/x-amz-json-1.1")
                        .header("X-Amz-Target", "AmazonMemoryDB." + operation)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /// The port of the node that takes writes.
    ///
    /// @throws IOException when none does
    int primaryPort() throws IOException, InterruptedException {
        var nodes = NODE_PORT.matcher(call("DescribeClusters", "{\"ShowShardDetails\": true}"));
        while (nodes.find()) {
            int nodePort = Integer.parseInt(nodes.group(1));
            if (nodePort != port && ask(nodePort, "SET probe 1").equals("+OK")) {
                return nodePort;
            }
        }
        throw new IOException("no node takes writes");
    }

    /// The first line of a node's reply to an inline command.
    static String ask(int nodePort, String inline) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), nodePort)) {
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

    /// Something that holds sooner or later.
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    void await(String what, Condition condition) throws IOException {
        long deadlineNs = System.nanoTime() + WITHIN_NS;
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (IOException e) {
                // not yet
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            if (!process.isAlive() || System.nanoTime() > deadlineNs) {
                close();
                throw new IOException("waited in vain until %s".formatted(what));
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @Override
    public void close() {
        var descendants = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        descendants.forEach(ProcessHandle::destroyForcibly);
        http.close();
    }
}
