package dev.keepsake.tests;

import static dev.keepsake.tests.Waiting.await;

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

    private StockServer(Process process, InetSocketAddress address) {
        this.process = process;
        this.address = address;
    }

    /// Starts one and waits until it takes commands for all slots.
    static StockServer start(Path directory) throws Exception {
        var binary = ServedNode.findEngine(directory);
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
        var server = new StockServer(process, address);
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

    private boolean answers(String command, String beginning) {
        try (var wire = connect()) {
            return wire.ask(command.split(" ", -1)).startsWith(beginning);
        } catch (IOException e) {
            return false;
        }
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
