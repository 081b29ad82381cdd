package dev.keepsake.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A server in a process of its own, started with the same Java and the same options, but with both
/// compilers, which can be killed and started again on the same data.
final class ChildServer implements DrilledServer {
    private static final String READY = "Keepsake is ready: ";
    private static final String ONE_COMPILER =
            "-XX:TieredStopAtLevel=1"; // the launcher's, for drills
    private static final long ENDS_WITHIN_S = 10;

    private final ServerConfig config;
    private final Path log;
    private final EngineKiller killer;
    private final URI endpoint;
    private Process process;
    private BufferedReader said;

    private ChildServer(ServerConfig config, Path log) throws IOException, DrillException {
        this.config = config;
        this.log = log;
        this.killer = new EngineKiller(config.dataDirectory());
        this.process = launch();
        this.said = process.inputReader(UTF_8);
        this.endpoint = awaitReady();
    }

    /// Starts it and returns when its API answers.
    ///
    /// @param log where its log is added
    static ChildServer start(ServerConfig config, Path log) throws IOException, DrillException {
        return new ChildServer(config, log);
    }

    private Process launch() throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.equals(ONE_COMPILER))
                .forEach(command::add);
        command.addAll(
                List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "start",
                        "--api-port",
                        Integer.toString(config.apiPort()),
                        "--data-dir",
                        config.dataDirectory().toString(),
                        "--node-ports",
                        config.nodePorts().toString(),
                        "--tell-heap")); // and so it ends when this process does
        var engine = config.engine();
        if (engine != null) {
            command.addAll(List.of("--engine", engine.toString()));
        }
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private URI awaitReady() throws IOException, DrillException {
        var line = said.readLine();
        if (line == null || !line.startsWith(READY)) {
            process.destroyForcibly();
            throw new DrillException("the server did not start; %s tells why".formatted(log));
        }
        return URI.create(line.substring(READY.length()));
    }

    @Override
    public URI endpoint() {
        return endpoint;
    }

    @Override
    public void killEngine(String node) throws DrillException {
        killer.kill(node);
    }

    @Override
    public void killAndStartAgain() throws DrillException, IOException {
        process.destroyForcibly();
        awaitEnd();
        process = launch();
        said = process.inputReader(UTF_8);
        awaitReady();
    }

    @Override
    public Optional<ResourceUse> use() throws IOException {
        var asking = process.getOutputStream();
        asking.write('\n');
        asking.flush();
        var heapBytes = said.readLine();
        if (heapBytes == null) {
            throw new IOException("the server has ended");
        }
        return new ProcessProbe(process.toHandle()).look(Long.parseLong(heapBytes));
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        process.destroy();
        awaitEnd();
    }
}
