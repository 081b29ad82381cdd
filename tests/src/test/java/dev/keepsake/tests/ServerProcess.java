package dev.keepsake.tests;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.cli.Main;
import dev.keepsake.server.PortRange;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// `keepsake start` as a process of its own, with the memory that `./keepsake` gives it, which can
/// be killed.
final class ServerProcess implements AutoCloseable {
    private static final String ENGINE_TIMEOUT = "--engine-timeout-ms";
    private static final long ENDS_WITHIN_S = 120; // less, unless the machine is busy

    private final Process process;
    private final BufferedReader out;
    private final StringBuilder errors = new StringBuilder(); // guarded by itself
    private final Thread errorReader;
    private @Nullable URI endpoint;

    private ServerProcess(Process process) {
        this.process = process;
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        this.errorReader = Thread.ofVirtual().start(this::readErrors);
    }

    /// Starts it, with its API on any port; it need not succeed.
    static ServerProcess launch(Path data, PortRange nodePorts, String... more) throws IOException {
        return launch(data, anyPort(), nodePorts, more);
    }

    /// The same with the API on a certain port.
    static ServerProcess launch(Path data, int apiPort, PortRange nodePorts, String... more)
            throws IOException {
        return new ServerProcess(process("-Xmx256m", data, apiPort, nodePorts, more).start());
    }

    /// The same with another search path for engines.
    static ServerProcess launchWithPath(String path, Path data, PortRange nodePorts, String... more)
            throws IOException {
        var process = process("-Xmx256m", data, anyPort(), nodePorts, more);
        process.environment().put("PATH", path);
        return new ServerProcess(process.start());
    }

    /// The same with all messages of the system in another language.
    static ServerProcess launchWithLocale(String locale, Path data, PortRange nodePorts)
            throws IOException {
        var process = process("-Xmx256m", data, anyPort(), nodePorts);
        process.environment().put("LC_ALL", locale);
        return new ServerProcess(process.start());
    }

    /// The same in a JVM that loads no native library, for it has no directory to unpack one to.
    static ServerProcess launchWithoutNatives(Path data, PortRange nodePorts) throws IOException {
        var process = process("-Xmx256m", data, anyPort(), nodePorts);
        process.environment().put("JAVA_TOOL_OPTIONS", "-Dio.netty.native.workdir=/dev/null");
        return new ServerProcess(process.start());
    }

    /// The same with less direct memory, so that less is needed to use it up.
    ///
    /// @param directMemory such as `512m`
    static ServerProcess launchWithDirectMemory(
            String directMemory, Path data, int apiPort, PortRange nodePorts, String... more)
            throws IOException {
        var process = process("-Xmx256m", data, apiPort, nodePorts, more);
        process.command().replaceAll(word -> word.replace("=3g", "=" + directMemory));
        return new ServerProcess(process.start());
    }

    /// A [SmallServer] instead.
    static ServerProcess launchSmall(Path data, PortRange nodePorts) throws IOException {
        var command = java("-Xmx256m", SmallServer.class);
        command.addAll(List.of(data.toString(), nodePorts.toString()));
        var engine = EngineRuns.forAllServers();
        if (engine != null) {
            command.add(engine.toString());
        }
        return new ServerProcess(new ProcessBuilder(command).start());
    }

    private static int anyPort() {
        return FreePorts.next(1).first();
    }

    private static List<String> java(String heap, Class<?> main) {
        return new ArrayList<>(
                List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        heap,
                        "-XX:MaxDirectMemorySize=3g",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+ExitOnOutOfMemoryError",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName()));
    }

    private static ProcessBuilder process(
            String heap, Path data, int apiPort, PortRange nodePorts, String... more) {
        var command = java(heap, Main.class);
        command.addAll(
                List.of(
                        "start",
                        "--api-port",
                        Integer.toString(apiPort),
                        "--data-dir",
                        data.toString(),
                        "--node-ports",
                        nodePorts.toString()));
        var engine = EngineRuns.forAllServers();
        if (engine != null && !List.of(more).contains("--engine")) {
            command.addAll(List.of("--engine", engine.toString()));
        }
        if (!List.of(more).contains(ENGINE_TIMEOUT)) {
            command.addAll(List.of(ENGINE_TIMEOUT, "100000")); // as TestServer.tuning()
        }
        command.addAll(List.of(more));
        return new ProcessBuilder(command);
    }

    private void readErrors() {
        try (var reader = process.errorReader(UTF_8)) {
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (errors) {
                    errors.append(line).append('\n');
                }
                Movement.noted();
            }
        } catch (IOException e) {
            synchronized (errors) {
                errors.append("(its output ended: ").append(e.getMessage()).append(")\n");
            }
        }
    }

    /// The first line of its output, or null when it ended without one.
    @Nullable String firstLine() throws IOException {
        return out.readLine();
    }

    /// Waits until it says that it is ready.
    URI awaitReady() throws IOException {
        var line = firstLine();
        if (line == null || !line.startsWith("Keepsake is ready: ")) {
            throw new IOException("it said " + line + "\n" + errors());
        }
        endpoint = URI.create(line.substring("Keepsake is ready: ".length()));
        return endpoint;
    }

    /// Where its API answers, once it has said that it is ready.
    URI endpoint() {
        return Objects.requireNonNull(endpoint, "nobody has waited until it is ready");
    }

    String errors() {
        synchronized (errors) {
            return errors.toString();
        }
    }

    /// SIGKILL.
    void kill() throws InterruptedException, TimeoutException {
        process.destroyForcibly();
        awaitEnd();
    }

    /// SIGTERM.
    void terminate() {
        process.destroy();
    }

    /// Ends its standard input.
    void endInput() throws IOException {
        process.getOutputStream().close();
    }

    /// SIGTERM, and what is left a while later is killed.
    void stop() {
        try (this) {
            terminate();
            awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    /// Waits for its end, and for all that it had to say.
    int awaitEnd() throws InterruptedException, TimeoutException {
        if (!process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS)) {
            throw new TimeoutException("it does not end\n" + errors());
        }
        errorReader.join();
        return process.exitValue();
    }

    /// The engines that it has started and that run now.
    List<ProcessHandle> engines() {
        return process.descendants()
                .filter(ProcessHandle::isAlive)
                .filter(each ->
                        Arrays.asList(each.info().arguments().orElseGet(() -> new String[0]))
                                .contains("--unixsocket"))
                .toList();
    }

    /// SIGTERM first: only the server knows of an engine that it starts at this moment.
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(ENDS_WITHIN_S, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var engines = engines();
        process.destroyForcibly();
        engines.forEach(ProcessHandle::destroyForcibly);
    }
}
