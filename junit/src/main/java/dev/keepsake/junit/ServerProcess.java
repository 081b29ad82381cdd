package dev.keepsake.junit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/// A server in a process of its own, with temporary data. Any thread may use it.
///
/// It ends when its standard input ends, which this process holds open: so it ends with this
/// process, also when that is killed. Its engines end with it.
final class ServerProcess implements CloseableResource, AutoCloseable {
    private static final int TIMEOUT_S = 180;
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(30);
    private static final int LOG_LINES_SHOWN = 20;
    private static final String REGION = "us-test-";

    /// The server's options that belong to this class, and why others may not give them.
    private static final Set<String> OWN =
            Set.of("--api-port", "--node-ports", "--data-dir", "--ready-file", "--end-with-stdin");

    private static final Set<String> UNSIGNED = Set.of("--credentials", "--config");

    /// As the launcher starts a server. The second compiler would cost short tests more than it
    /// gives them.
    private static final List<String> JVM_OPTIONS =
            List.of(
                    "-Xmx256m",
                    "-XX:MaxDirectMemorySize=3g",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+ExitOnOutOfMemoryError",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-Dio.netty.leakDetection.level=disabled");

    private final Scratch scratch;
    private final Process process;
    private final Patience patience;
    private final URI endpoint;
    private final Path caFile;
    private final SSLContext sslContext;
    private final Thread hook = new Thread(this::end, "keepsake-end");
    private final AtomicInteger regions = new AtomicInteger();

    private ServerProcess(Scratch scratch, Process process, Patience patience, Json ready) {
        this.scratch = scratch;
        this.process = process;
        this.patience = patience;
        this.endpoint = URI.create(ready.at("endpoint").string());
        this.caFile = Path.of(ready.at("ca").string());
        this.sslContext = Trust.in(caFile);
    }

    /// Starts a server and waits until its API answers.
    ///
    /// @param options further options of `keepsake start`
    /// @throws KeepsakeException when it does not start, with the reason
    static ServerProcess start(List<String> options, Settings settings) {
        expectAllowed(options);
        var patience =
                new Patience(Duration.ofSeconds(settings.positive(Settings.TIMEOUT_S, TIMEOUT_S)));
        var java = JavaSearch.onThisMachine(settings).find();
        Scratch scratch;
        try {
            scratch = Scratch.in(Path.of(System.getProperty("java.io.tmpdir")));
        } catch (IOException e) {
            throw new KeepsakeException("no temporary directory can be made: " + e, e);
        }
        try {
            var classPath = ServerFiles.onThisMachine(settings).classPath(scratch.path());
            return start(command(java, classPath, options, scratch.path()), scratch, patience);
        } catch (RuntimeException e) {
            scratch.close();
            throw e;
        }
    }

    static void expectAllowed(List<String> options) {
        for (var option : options) {
            String name = option.replaceFirst("=.*", "");
            if (OWN.contains(name)) {
                throw new KeepsakeException(
                        "@Keepsake(options = …) has %s, which the extension itself gives; omit it"
                                .formatted(name));
            }
            if (UNSIGNED.contains(name)) {
                throw new KeepsakeException(
                        "@Keepsake(options = …) has %s, and the extension does not sign its calls; omit it"
                                .formatted(name));
            }
        }
    }

    private static List<String> command(
            Path java, String classPath, List<String> options, Path scratch) {
        var command = new ArrayList<String>();
        command.add(java.toString());
        command.addAll(JVM_OPTIONS);
        command.addAll(List.of("-cp", classPath, "dev.keepsake.cli.Main", "start"));
        command.addAll(List.of("--api-port", "0", "--node-ports", "0"));
        command.addAll(List.of("--data-dir", scratch.resolve("data").toString()));
        command.addAll(List.of("--ready-file", readyFile(scratch).toString()));
        command.add("--end-with-stdin");
        command.addAll(options);
        return command;
    }

    private static Path readyFile(Path scratch) {
        return scratch.resolve("ready.json");
    }

    private static Path log(Path scratch) {
        return scratch.resolve("server.log");
    }

    private static ServerProcess start(List<String> command, Scratch scratch, Patience patience) {
        var directory = scratch.path();
        var builder =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log(directory).toFile());
        // Options that are given so are meant for another server.
        builder.environment().keySet().removeIf(name -> name.startsWith("KEEPSAKE_"));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new KeepsakeException("%s cannot be run: %s".formatted(command.get(0), e), e);
        }
        try {
            patience.await(
                    "the server has started",
                    () -> Files.exists(readyFile(directory)) || !process.isAlive(),
                    () -> state(process, directory));
            if (!process.isAlive()) {
                throw new KeepsakeException(
                        "the server did not start: " + state(process, directory));
            }
            var ready = Json.read(Files.readString(readyFile(directory), UTF_8));
            var server = new ServerProcess(scratch, process, patience, ready);
            Runtime.getRuntime().addShutdownHook(server.hook);
            return server;
        } catch (IOException e) {
            process.destroyForcibly();
            throw new KeepsakeException("the server did not start: " + e, e);
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /// Whether the process lives, and the end of its log.
    private static String state(Process process, Path directory) {
        String how =
                process.isAlive()
                        ? "its process lives"
                        : "its process ended with exit code " + process.exitValue();
        List<String> lines;
        try {
            lines = Files.readAllLines(log(directory), UTF_8);
        } catch (IOException e) {
            return how;
        }
        var last = lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size());
        return how + (last.isEmpty() ? "" : ", and its log ends with\n" + String.join("\n", last));
    }

    /// How the server is, for messages.
    String state() {
        return state(process, scratch.path());
    }

    URI endpoint() {
        return endpoint;
    }

    Path caFile() {
        return caFile;
    }

    SSLContext sslContext() {
        return sslContext;
    }

    Path log() {
        return log(scratch.path());
    }

    long pid() {
        return process.pid();
    }

    Patience patience() {
        return patience;
    }

    /// The name of a region that nobody has had yet.
    String nextRegion() {
        return REGION + regions.incrementAndGet();
    }

    /// Stops the server, and removes its data.
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook is running.
        }
        end();
    }

    private void end() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended.
        }
        try {
            if (!process.waitFor(ENDS_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(ENDS_WITHIN.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        scratch.close();
    }
}
