package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What a shard is compared with: a primary with all slots and its replica, of the engine as
/// anybody would start it, in cluster mode.
final class StockPair implements AutoCloseable {
    private static final int PORTS_PER_SERVER = 2;

    private final List<Process> processes = new ArrayList<>();
    private final int firstPort;

    private StockPair(int firstPort) {
        this.firstPort = firstPort;
    }

    /// Starts one and waits until the replica follows.
    static StockPair start(Path directory) throws Exception {
        var pair = new StockPair(FreePorts.next(2 * PORTS_PER_SERVER).first());
        try {
            pair.launch(directory);
            pair.meet();
        } catch (AssertionError | Exception e) {
            pair.close();
            throw e;
        }
        return pair;
    }

    private void launch(Path directory) throws Exception {
        var binary = ServedNode.findEngine(directory);
        for (int i = 0; i < 2; i++) {
            var own = Files.createDirectories(directory.resolve("stock-" + i));
            var line =
                    List.of(
                            binary.path().toString(),
                            "--bind",
                            "127.0.0.1",
                            "--port",
                            Integer.toString(port(i)),
                            "--cluster-port",
                            Integer.toString(port(i) + 1),
                            "--cluster-enabled",
                            "yes",
                            "--repl-diskless-sync-delay",
                            "0",
                            "--save",
                            "");
            processes.add(
                    new ProcessBuilder(line)
                            .directory(own.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(own.resolve("stock.log").toFile())
                            .start());
        }
    }

    private void meet() throws IOException {
        await("slots are given", () -> says(0, "OK", "CLUSTER ADDSLOTSRANGE 0 16383"));
        await(
                "they meet",
                () ->
                        says(
                                1,
                                "OK",
                                "CLUSTER MEET 127.0.0.1 %d %d".formatted(port(0), port(0) + 1)));
        String primary;
        try (var wire = connect(0)) {
            primary = wire.ask("CLUSTER", "MYID");
        }
        await("there is a replica", () -> says(1, "OK", "CLUSTER REPLICATE " + primary));
        await("it follows", () -> says(1, "master_link_status:up", "INFO replication"));
        await("both know", () -> says(0, "cluster_state:ok", "CLUSTER INFO"));
        await("and the other", () -> says(1, "cluster_state:ok", "CLUSTER INFO"));
        await("of the replica", () -> says(0, " slave ", "CLUSTER NODES"));
    }

    /// Hands over from the first server to the second, and waits until the first follows.
    void handOver() {
        await("the replica may take over", () -> says(1, "OK", "CLUSTER FAILOVER"));
        await("the first follows", () -> says(0, "master_link_status:up", "INFO replication"));
    }

    private boolean says(int server, String text, String command) {
        try (var wire = connect(server)) {
            return wire.ask(command.split(" ", -1)).contains(text);
        } catch (IOException e) {
            return false;
        }
    }

    Wire connect(int server) throws IOException {
        return Wire.to(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(server)));
    }

    int port(int server) {
        return firstPort + server * PORTS_PER_SERVER;
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
    }
}
