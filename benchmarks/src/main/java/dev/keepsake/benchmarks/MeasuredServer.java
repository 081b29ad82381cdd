package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// A server process of the comparison, in a directory of its own. Ended by [#close].
final class MeasuredServer implements AutoCloseable {
    static final String HOST = "127.0.0.1";

    private static final long READY_WITHIN_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int SHELL_PORTS = 20;

    private final String title;
    private final Process process;
    private final int port;

    private MeasuredServer(String title, Process process, int port) {
        this.title = title;
        this.process = process;
        this.port = port;
    }

    /// Stock Redis.
    ///
    /// @param appendFsync `always`, or `no` for one that writes nothing down at all
    static MeasuredServer redis(String title, Path binary, String appendFsync, Path directory)
            throws IOException {
        int port = freePort(1);
        Files.createDirectories(directory);
        var process =
                start(
                        List.of(
                                binary.toString(),
                                "--bind",
                                HOST,
                                "--port",
                                "" + port,
                                "--dir",
                                directory.toString(),
                                "--save",
                                "",
                                "--appendonly",
                                appendFsync.equals("no") ? "no" : "yes",
                                "--appendfsync",
                                appendFsync),
                        directory);
        var server = new MeasuredServer(title, process, port);
        server.await("it answers", server::answers);
        return server;
    }

    /// Keepsake, with a cluster of one shard.
    ///
    /// @param launcher the script at the root of the repository
    static MeasuredServer keepsake(String title, Path launcher, int replicas, Path directory)
            throws IOException, InterruptedException {
        int ports = freePort(SHELL_PORTS);
        int lastPort = ports + SHELL_PORTS - 1;
        Files.createDirectories(directory);
        var process =
                start(
                        List.of(
                                launcher.toString(),
                                "start",
                                "--api-port",
                                "" + ports,
                                "--data-dir",
                                directory.resolve("data").toString(),
                                "--node-ports",
                                "%d-%d".formatted(ports + 1, lastPort - 1)),
                        directory);
        var server = new MeasuredServer(title, process, lastPort);
        var api = URI.create("http://%s:%d/".formatted(HOST, ports));
        server.await(
                "its API answers", () -> call(api, "DescribeClusters", "{}").contains("Clusters"));
        call(
                api,
                "CreateCluster",
                """
                {"ClusterName": "compared", "NodeType": "db.t4g.small", "ACLName": "open-access",
                 "TLSEnabled": false, "NumReplicasPerShard": %d, "Port": %d}\
                """
                        .formatted(replicas, lastPort));
        var available = Pattern.compile("\"Status\"\\s*:\\s*\"available\"");
        server.await(
                "its cluster is available",
                () -> available.matcher(call(api, "DescribeClusters", "{}")).find());
        server.await("it answers", server::answers);
        return server;
    }

    String title() {
        return title;
    }

    int port() {
        return port;
    }

    /// Empties it, and sets every key of the workload.
    void populate(Workload workload) throws IOException {
        var value = new byte[workload.valueBytes()];
        Arrays.fill(value, (byte) 'x');
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            ask(socket, "FLUSHALL");
            var commands = Unpooled.buffer();
            for (int i = 0; i < Workload.KEYS; i++) {
                RespWriter.command(
                        commands, "SET".getBytes(UTF_8), ("key:" + i).getBytes(UTF_8), value);
                if (commands.readableBytes() > 1 << 20 || i == Workload.KEYS - 1) {
                    commands.readBytes(socket.getOutputStream(), commands.readableBytes());
                    commands.clear();
                }
            }
            var replies = socket.getInputStream().readNBytes("+OK\r\n".length() * Workload.KEYS);
            if (!new String(replies, UTF_8).replace("+OK\r\n", "").isEmpty()) {
                throw new IOException("%s does not take the keys".formatted(title));
            }
        }
    }

    private boolean answers() throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return ask(socket, "DBSIZE").startsWith(":");
        }
    }

    private static String ask(Socket socket, String command) throws IOException {
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write((command + "\r\n").getBytes(UTF_8));
        var line = new StringBuilder();
        for (int next = socket.getInputStream().read();
                next != '\n' && next >= 0;
                next = socket.getInputStream().read()) {
            line.append((char) next);
        }
        return line.toString();
    }

    private static String call(URI api, String operation, String body)
            throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(api)
                            .header("Content-Type", "application/x-amz-json-1.1")
                            .header("X-Amz-Target", "AmazonMemoryDB." + operation)
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    private static Process start(List<String> command, Path directory) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output.log").toFile())
                .start();
    }

    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private void await(String what, Condition condition) throws IOException {
        long deadlineNs = System.nanoTime() + READY_WITHIN_NS;
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
                throw new IOException("waited in vain until %s: %s".formatted(what, title));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    /// The first of so many ports in a row that are free now.
    private static int freePort(int count) throws IOException {
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
    }
}
