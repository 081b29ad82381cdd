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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A server process of the comparison, in a directory of its own. Ended by [#close].
final class MeasuredServer implements AutoCloseable {
    static final String HOST = "127.0.0.1";

    private static final long READY_WITHIN_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int SHELL_PORTS = 20;

    private final String title;
    private final Process process;
    private final int port;
    private final List<Process> others;

    private MeasuredServer(String title, Process process, int port, List<Process> others) {
        this.title = title;
        this.process = process;
        this.port = port;
        this.others = List.copyOf(others);
    }

    /// Stock Redis.
    ///
    /// @param appendFsync `always`, or `no` for one that writes nothing down at all
    static MeasuredServer redis(String title, Path binary, String appendFsync, Path directory)
            throws IOException {
        int port = freePort(1);
        var process = start(redisCommand(binary, port, appendFsync, directory), directory);
        var server = new MeasuredServer(title, process, port, List.of());
        server.await("it answers", server::answers);
        return server;
    }

    /// A stock cluster of one shard, whose nodes write down what they have before they answer.
    static MeasuredServer cluster(String title, Path binary, int replicas, Path directory)
            throws IOException {
        int ports = freePort(1 + replicas);
        var nodes = new ArrayList<Process>();
        for (int i = 0; i <= replicas; i++) {
            var own = directory.resolve("node-" + i);
            var command = redisCommand(binary, ports + i, "always", own);
            command.addAll(List.of("--cluster-enabled", "yes", "--cluster-port", "" + freePort(1)));
            nodes.add(start(command, own));
        }
        var server = new MeasuredServer(title, nodes.removeFirst(), ports, nodes);
        server.await("it answers", server::answers);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), ports)) {
            ask(socket, "CLUSTER ADDSLOTSRANGE 0 16383");
            for (int i = 1; i <= replicas; i++) {
                server.join(socket, ports, ports + i);
            }
            server.await(
                    "the cluster is ok",
                    () -> info(socket, "CLUSTER INFO").contains("cluster_state:ok"));
            server.await(
                    "its replicas are",
                    () ->
                            info(socket, "INFO replication")
                                    .contains("connected_slaves:" + replicas));
        }
        return server;
    }

    private void join(Socket primary, int primaryPort, int port) throws IOException {
        String id = info(primary, "CLUSTER MYID");
        try (var replica = new Socket(InetAddress.getLoopbackAddress(), port)) {
            String bus = info(primary, "CONFIG GET cluster-port").lines().toList().getLast();
            ask(replica, "CLUSTER MEET %s %d %s".formatted(HOST, primaryPort, bus));
            await("replica knows", () -> ask(replica, "CLUSTER REPLICATE " + id).equals("+OK"));
        }
    }

    private static List<String> redisCommand(
            Path binary, int port, String appendFsync, Path directory) throws IOException {
        Files.createDirectories(directory);
        return new ArrayList<>(
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
                        appendFsync));
    }

    /// Keepsake, with a cluster of one shard.
    ///
    /// @param launcher the script at the root of the repository
    /// @param transport what it waits with, or null for its own choice
    static MeasuredServer keepsake(
            String title, Path launcher, int replicas, @Nullable String transport, Path directory)
            throws IOException, InterruptedException {
        int ports = freePort(SHELL_PORTS);
        int lastPort = ports + SHELL_PORTS - 1;
        Files.createDirectories(directory);
        var command =
                new ArrayList<>(
                        List.of(
                                launcher.toString(),
                                "start",
                                "--api-port",
                                "" + ports,
                                "--data-dir",
                                directory.resolve("data").toString(),
                                "--node-ports",
                                "%d-%d".formatted(ports + 1, lastPort - 1)));
        if (transport != null) {
            command.addAll(List.of("--transport", transport));
        }
        var process = start(command, directory);
        var server = new MeasuredServer(title, process, lastPort, List.of());
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
        // The endpoint may lead to a replica.
        return new MeasuredServer(title, process, primaryPort(lastPort), List.of());
    }

    private static int primaryPort(int endpointPort) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), endpointPort)) {
            var address =
                    Pattern.compile(
                            "^\\S+ " + Pattern.quote(HOST) + ":(\\d+)@\\S* \\S*master",
                            Pattern.MULTILINE);
            var primary = address.matcher(info(socket, "CLUSTER NODES"));
            if (!primary.find()) {
                throw new IOException("CLUSTER NODES tells of no primary");
            }
            return Integer.parseInt(primary.group(1));
        }
    }

    String title() {
        return title;
    }

    int port() {
        return port;
    }

    /// How many reads of one key Keepsake has answered, and how many of them had to wait.
    record Reads(long answered, long held) {
        Reads since(Reads before) {
            return new Reads(answered - before.answered, held - before.held);
        }

        String percentHeld() {
            return answered == 0 ? "" : "%.2f %%".formatted(100.0 * held / answered);
        }
    }

    /// What Keepsake has counted so far.
    Reads reads() throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            String stats = info(socket, "INFO stats");
            return new Reads(
                    number(stats, "keepsake_reads_answered"), number(stats, "keepsake_reads_held"));
        }
    }

    private static long number(String info, String name) {
        return info.lines()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1).strip()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("INFO does not tell " + name));
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
        return readLine(socket);
    }

    private static String readLine(Socket socket) throws IOException {
        var line = new StringBuilder();
        for (int next = socket.getInputStream().read();
                next != '\n' && next >= 0;
                next = socket.getInputStream().read()) {
            line.append((char) next);
        }
        return line.toString().strip();
    }

    /// The bulk string that answers a command, or all of a flat array's lines.
    private static String info(Socket socket, String command) throws IOException {
        String header = ask(socket, command).strip();
        if (header.startsWith("*")) {
            var lines = new StringBuilder();
            for (int i = Integer.parseInt(header.substring(1)); i > 0; i--) {
                lines.append(bulk(socket, readLine(socket).strip())).append('\n');
            }
            return lines.toString();
        }
        return bulk(socket, header);
    }

    private static String bulk(Socket socket, String header) throws IOException {
        if (!header.startsWith("$")) {
            throw new IOException("expected a bulk string, found " + header);
        }
        int length = Integer.parseInt(header.substring(1));
        var text = new String(socket.getInputStream().readNBytes(length), UTF_8);
        socket.getInputStream().skipNBytes(2);
        return text;
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
    static int freePort(int count) throws IOException {
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
        others.forEach(Process::destroyForcibly);
    }
}
