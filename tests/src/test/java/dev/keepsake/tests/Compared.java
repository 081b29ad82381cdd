package dev.keepsake.tests;

import dev.keepsake.engine.EngineBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A node and a stock server of a cluster, both of one engine: for each of the [TestEngines] that a
/// run takes. They are started when they are asked for, and go on until all are closed.
final class Compared implements AutoCloseable {
    /// @param node with its engine behind a front, where all is durable at once
    /// @param stock the same engine as anybody would start it, in cluster mode
    record Pair(ServedNode node, StockServer stock) {}

    private final Path directory;
    private final List<EngineBinary> engines;
    private final Map<EngineBinary, Pair> pairs = new HashMap<>();

    /// @param directory for all that they keep
    Compared(Path directory) throws Exception {
        this.directory = directory;
        this.engines = TestEngines.chosen(directory);
    }

    /// The names of the engines, the bundled one first.
    List<String> names() {
        return engines.stream().map(TestEngines::named).toList();
    }

    EngineBinary engine(String name) {
        return engines.stream()
                .filter(engine -> TestEngines.named(engine).equals(name))
                .findFirst()
                .orElseThrow();
    }

    Pair of(String name) throws Exception {
        var engine = engine(name);
        var started = pairs.get(engine);
        if (started != null) {
            return started;
        }
        var own = Files.createDirectories(directory.resolve(name));
        var node = ServedNode.startDurable(Files.createDirectories(own.resolve("node")), engine);
        try {
            var stock = StockServer.start(Files.createDirectories(own.resolve("stock")), engine);
            var pair = new Pair(node, stock);
            pairs.put(engine, pair);
            return pair;
        } catch (AssertionError | Exception e) {
            node.close();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        for (var pair : pairs.values()) {
            pair.node().close();
            pair.stock().close();
        }
    }
}
