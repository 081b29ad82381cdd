package dev.keepsake.drill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A server in its own process, which can be killed and started again on the same data. Owned by
/// one thread.
public final class ChildServer implements DrilledServer {
    private static final String READY = "Keepsake is ready: ";
    private static final long ENDS_WITHIN_S = 10;

    private final List<String> command;
    private final Path log;
    private final EngineKiller killer;
    private final URI endpoint;
    private Process process;
    private BufferedReader said;

    private ChildServer(List<String> command, Path dataDirectory, Path log)
            throws IOException, DrillException {
        this.command = List.copyOf(command);
        this.log = log;
        this.killer = new EngineKiller(dataDirectory);
        this.process = launch();
        this.said = process.inputReader(UTF_8);
        this.endpoint = awaitReady();
    }

    /// Starts the server. Returns when its API answers.
    ///
    /// @param command the command that starts it. The first line of its output has the address of
    ///   the API. For each line of input it prints the size of its heap in bytes. It ends when its
    ///   input ends
    /// @param dataDirectory the server's data directory
    /// @param log the file to which its log is appended
    public static ChildServer start(List<String> command, Path dataDirectory, Path log)
            throws IOException, DrillException {
        return new ChildServer(command, dataDirectory, log);
    }

    private Process launch() throws IOException {
        var builder =
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        // Options that are given so are meant for another server.
        builder.environment().keySet().removeIf(name -> name.startsWith("KEEPSAKE_"));
        return builder.start();
    }

    private URI awaitReady() throws IOException, DrillException {
        var line = said.readLine();
        if (line == null || !line.startsWith(READY)) {
            process.destroyForcibly();
            throw new DrillException("the server did not start; see %s".formatted(log));
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
