package dev.keepsake.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A server process of the comparison, in a directory of its own. Ended by [#close].
final class MeasuredServer implements AutoCloseable {
    private static final int KEEPSAKE_PORTS = 18;

    private final String title;
    private final int port;
    private final List<Runnable> ends;

    private MeasuredServer(String title, int port, List<Runnable> ends) {
        this.title = title;
        this.port = port;
        this.ends = List.copyOf(ends);
    }

    /// Stock Redis.
    ///
    /// @param appendFsync `always`, or `no` for one that writes nothing down at all
    static MeasuredServer redis(String title, Path binary, String appendFsync, Path directory)
            throws IOException {
        int port = Servers.leasePorts(1).first();
        var process = Servers.start(redisCommand(binary, port, appendFsync, directory), directory);
        var server = new MeasuredServer(title, port, List.of(() -> Servers.end(process)));
        Servers.await("it answers", process, server::answers);
        return server;
    }

    /// A stock cluster of one shard, whose nodes write down what they have before they answer.
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
        var server =
                new MeasuredServer(
                        title,
                        ports,
                        nodes.stream().<Runnable>map(node -> () -> Servers.end(node)).toList());
        try {
            join(nodes.getFirst(), ports, replicas);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /// Makes the servers on so many ports behind the primary's its replicas.
    private static void join(Process primary, int ports, int replicas) throws IOException {
        Servers.await("it answers", primary, () -> answers(ports));
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
    /// @param transport what it waits with, or null for its own choice
    static MeasuredServer keepsake(
            String title, Path launcher, int replicas, @Nullable String transport, Path directory)
            throws IOException, InterruptedException {
        var options = transport == null ? List.<String>of() : List.of("--transport", transport);
        var server = new KeepsakeServer(launcher, directory, KEEPSAKE_PORTS, options);
        try {
            server.createCluster("compared", replicas);
            // The endpoint may lead to a replica.
            return new MeasuredServer(
                    title, primaryPort(server.endpointPort()), List.of(server::close));
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static int primaryPort(int endpointPort) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), endpointPort)) {
            var address =
                    Pattern.compile(
                            "^\\S+ " + Pattern.quote(Servers.HOST) + ":(\\d+)@\\S* \\S*master",
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
        return answers(port);
    }

    private static boolean answers(int port) throws IOException {
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

    @Override
    public void close() {
        ends.forEach(Runnable::run);
    }
}
