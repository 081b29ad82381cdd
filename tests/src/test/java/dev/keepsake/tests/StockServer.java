package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

import dev.keepsake.engine.EngineBinary;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/// What nodes are compared with: the engine as anybody would start it, in cluster mode, with all
/// slots and as it is configured by default.
final class StockServer implements AutoCloseable {
    private final Process process;
    private final InetSocketAddress address;
    private final int clusterPort;

    private StockServer(Process process, InetSocketAddress address, int clusterPort) {
        this.process = process;
        this.address = address;
        this.clusterPort = clusterPort;
    }

    /// Starts one and waits until it takes commands for all slots.
    static StockServer start(Path directory) throws Exception {
        return start(directory, ServedNode.findEngine(directory));
    }

    /// The same of an engine of one's own choice.
    static StockServer start(Path directory, EngineBinary binary) throws Exception {
        var server = launch(directory, binary);
        try {
            await(
                    "the stock server has all slots",
                    () -> server.answers("CLUSTER ADDSLOTSRANGE 0 16383", "OK"));
            await("its cluster is up", () -> server.answers("CLUSTER INFO", "cluster_state:ok"));
        } catch (AssertionError e) {
            server.close();
            throw e;
        }
        return server;
    }

    /// Starts a replica of this one, and waits until it follows.
    StockServer startReplica(Path directory) throws Exception {
        var replica = launch(directory, ServedNode.findEngine(directory));
        try {
            String id = ask("CLUSTER MYID");
            String meet = "CLUSTER MEET 127.0.0.1 %d %d".formatted(address.getPort(), clusterPort);
            await("it takes commands", () -> replica.answers("PING", "PONG"));
            await("it meets its primary", () -> replica.answers(meet, "OK"));
            await("it is its replica", () -> replica.answers("CLUSTER REPLICATE " + id, "OK"));
            await(
                    "it follows",
                    () ->
                            replica.ask("ROLE").contains(" connected ")
                                    && replica.answers("CLUSTER INFO", "cluster_state:ok"));
        } catch (AssertionError e) {
            replica.close();
            throw e;
        }
        return replica;
    }

    private String ask(String command) {
        try (var wire = connect()) {
            return wire.ask(command.split(" ", -1));
        } catch (IOException e) {
            return "";
        }
    }

    private static StockServer launch(Path directory, EngineBinary binary) throws Exception {
        var ports = FreePorts.next(2);
        var line =
                List.of(
                        binary.path().toString(),
                        "--bind",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(ports.first()),
                        "--cluster-port",
                        Integer.toString(ports.last()),
                        "--cluster-enabled",
                        "yes",
                        "--save",
                        "");
        var process =
                new ProcessBuilder(line)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("stock.log").toFile())
                        .start();
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.first());
        return new StockServer(process, address, ports.last());
    }

    private boolean answers(String command, String beginning) {
        return ask(command).startsWith(beginning);
    }

    Wire connect() throws IOException {
        return Wire.to(address);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
