package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A server process of the comparison, in a directory of its own. Ended by [#close].
final class MeasuredServer implements AutoCloseable {
    private static final int KEEPSAKE_PORTS = 18;

    private final String title;
    private final int port;
    private final List<Process> processes;
    private final boolean speaksTls;
    private final boolean acknowledgesBehindBarrier;

    private MeasuredServer(
            String title,
            int port,
            List<Process> processes,
            boolean speaksTls,
            boolean acknowledgesBehindBarrier) {
        this.title = title;
        this.port = port;
        this.processes = List.copyOf(processes);
        this.speaksTls = speaksTls;
        this.acknowledgesBehindBarrier = acknowledgesBehindBarrier;
    }

    /// Stock Redis.
    ///
    /// @param appendFsync `always`, or `no` for a server that writes nothing to the disk
    /// @param key for TLS, or null for plain TCP
    static MeasuredServer redis(
            String title, Path binary, String appendFsync, @Nullable TestKey key, Path directory)
            throws IOException {
        int port = Servers.leasePorts(1).first();
        var command = redisCommand(binary, port, appendFsync, directory);
        if (key != null) {
            command.set(command.indexOf("--port"), "--tls-port");
            command.addAll(
                    List.of(
                            "--port",
                            "0",
                            "--tls-auth-clients",
                            "no",
                            "--tls-cert-file",
                            key.certificate().toString(),
                            "--tls-key-file",
                            key.key().toString()));
        }
        var process = Servers.start(command, directory);
        var server = new MeasuredServer(title, port, List.of(process), key != null, false);
        try {
            Servers.await("it answers", process, server::answers);
            return server;
        } catch (IOException e) {
            throw withOutput(e, directory);
        }
    }

    /// A stock primary and its replica, which write their data to the disk before they answer. A
    /// client's writes survive the loss of the primary once `WAITAOF 1 1` has confirmed them.
    ///
    /// @param binary the program of a Valkey, or of a Redis since 7.2
    static MeasuredServer pair(String title, Path binary, Path directory) throws IOException {
        int ports = Servers.leasePorts(2).first();
        var primaryDirectory = directory.resolve("primary");
        var replicaDirectory = directory.resolve("replica");
        var primary =
                Servers.start(
                        redisCommand(binary, ports, "always", primaryDirectory), primaryDirectory);
        var command = redisCommand(binary, ports + 1, "always", replicaDirectory);
        command.addAll(List.of("--replicaof", Servers.HOST + " " + ports));
        var replica = Servers.start(command, replicaDirectory);
        var server = new MeasuredServer(title, ports, List.of(primary, replica), false, true);
        try {
            Servers.await("it answers", primary, server::answers);
            try (var socket = server.connect()) {
                Servers.await(
                        "its replica is there",
                        primary,
                        () -> info(socket, "INFO replication").contains("state=online"));
            }
            return server;
        } catch (IOException e) {
            server.close();
            throw withOutput(e, primaryDirectory);
        }
    }

    private static IOException withOutput(IOException failure, Path directory) throws IOException {
        return new IOException(
                "%s; it said:%n%s"
                        .formatted(
                                failure.getMessage(),
                                Files.readString(directory.resolve("output.log"))),
                failure);
    }

    /// A stock cluster of one shard, whose nodes write their data to the disk before they answer.
    static MeasuredServer cluster(String title, Path binary, int replicas, Path directory)
            throws IOException {
        int ports = Servers.leasePorts(1 + replicas).first();
        var nodes = new ArrayList<Process>();
        for (int i = 0; i <= replicas; i++) {
            var own = directory.resolve("node-" + i);
            var command = redisCommand(binary, ports + i, "always", own);
            command.addAll(
                    List.of(
                            "--cluster-enabled",
                            "yes",
                            "--cluster-port",
                            "" + Servers.leasePorts(1).first()));
            nodes.add(Servers.start(command, own));
        }
        var server = new MeasuredServer(title, ports, nodes, false, false);
        try {
            Servers.await("it answers", nodes.getFirst(), server::answers);
            join(nodes.getFirst(), ports, replicas);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /// Makes the servers on the ports behind the primary's its replicas.
    private static void join(Process primary, int ports, int replicas) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), ports)) {
            ask(socket, "CLUSTER ADDSLOTSRANGE 0 16383");
            String id = info(socket, "CLUSTER MYID");
            String bus = info(socket, "CONFIG GET cluster-port").lines().toList().getLast();
            for (int port = ports + 1; port <= ports + replicas; port++) {
                try (var replica = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    ask(replica, "CLUSTER MEET %s %d %s".formatted(Servers.HOST, ports, bus));
                    Servers.await(
                            "a replica knows the primary",
                            primary,
                            () -> ask(replica, "CLUSTER REPLICATE " + id).equals("+OK"));
                }
            }
            Servers.await(
                    "the cluster is ok",
                    primary,
                    () -> info(socket, "CLUSTER INFO").contains("cluster_state:ok"));
            Servers.await(
                    "its replicas are",
                    primary,
                    () ->
                            info(socket, "INFO replication")
                                    .contains("connected_slaves:" + replicas));
        }
    }

    private static List<String> redisCommand(
            Path binary, int port, String appendFsync, Path directory) throws IOException {
        Files.createDirectories(directory);
        return new ArrayList<>(
                List.of(
                        binary.toString(),
                        "--bind",
                        Servers.HOST,
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
    /// @param transport the server's way of waiting for sockets, or null for its own choice
    static MeasuredServer keepsake(
            String title,
            Path launcher,
            int replicas,
            @Nullable String transport,
            boolean speaksTls,
            Path directory)
            throws IOException, InterruptedException {
        var options = transport == null ? List.<String>of() : List.of("--transport", transport);
        var server = new KeepsakeServer(launcher, directory, KEEPSAKE_PORTS, options);
        try {
            server.createCluster("compared", replicas, speaksTls);
            // The cluster's endpoint may lead to a replica.
            return new MeasuredServer(
                    title,
                    primaryPort(server.endpointPort(), speaksTls),
                    List.of(server.process()),
                    speaksTls,
                    false);
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static int primaryPort(int endpointPort, boolean overTls) throws IOException {
        try (var socket = connect(endpointPort, overTls)) {
            var address =
                    Pattern.compile(
                            "^\\S+ " + Pattern.quote(Servers.HOST) + ":(\\d+)@\\S* \\S*master",
                            Pattern.MULTILINE);
            var primary = address.matcher(info(socket, "CLUSTER NODES"));
            if (!primary.find()) {
                throw new IOException("CLUSTER NODES names no primary");
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

    boolean speaksTls() {
        return speaksTls;
    }

    /// Whether a write is safe only when a `WAITAOF` behind it has confirmed it.
    boolean acknowledgesBehindBarrier() {
        return acknowledgesBehindBarrier;
    }

    /// The processor time that all its processes have used.
    long cpuNs() {
        return processes.stream()
                .map(Process::toHandle)
                .flatMap(each -> Stream.concat(Stream.of(each), each.descendants()))
                .flatMap(each -> each.info().totalCpuDuration().stream())
                .mapToLong(Duration::toNanos)
                .sum();
    }

    private Socket connect() throws IOException {
        return connect(port, speaksTls);
    }

    private static Socket connect(int port, boolean overTls) throws IOException {
        return overTls ? TestKey.connect(port) : new Socket(InetAddress.getLoopbackAddress(), port);
    }

    /// How many reads of named keys Keepsake has answered, and how many of these reads had to wait.
    record Reads(long answered, long held) {
        Reads since(Reads before) {
            return new Reads(answered - before.answered, held - before.held);
        }

        String percentHeld() {
            return answered == 0 ? "" : "%.2f %%".formatted(100.0 * held / answered);
        }
    }

    /// Keepsake's counts until now.
    Reads reads() throws IOException {
        try (var socket = connect()) {
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
                .orElseThrow(() -> new IllegalStateException("INFO does not contain " + name));
    }

    /// Empties the server, and sets every key of the workload.
    void populate(Workload workload) throws IOException {
        var value = new byte[workload.valueBytes()];
        Arrays.fill(value, (byte) 'x');
        try (var socket = connect()) {
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
                throw new IOException("%s does not accept the keys".formatted(title));
            }
        }
    }

    private boolean answers() throws IOException {
        try (var socket = connect()) {
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

    /// The bulk string that answers a command, or all lines of a flat array.
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

    @Override
    public void close() {
        processes.forEach(Servers::end);
    }
}
