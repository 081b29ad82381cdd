package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.core.Clock;
import dev.keepsake.core.PrivateFiles;
import dev.keepsake.resp.RespValue;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts engines and owns them: none outlives [#close()]. Callable from any thread. Every method
/// blocks, so never call it from an event loop.
///
/// Engines are processes, so they would outlive a server that is killed. In that case an
/// [OrphanGuard] ends them, and the next server calls [#endOrphans()] before its first launch. Only
/// one server at a time may use a run directory; the creator of the launcher is responsible for
/// that.
///
/// A program may be replaced while the server runs, for example by a package upgrade. So each
/// launched engine is compared with the examined program before it is used, and is ended if it
/// differs. Only then the facts about engines, and the engine names in logs, are true for the
/// processes that really run.
public final class EngineLauncher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineLauncher.class);
    private static final long START_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long RETRY_MS = 2;

    private final EngineBinary preferred;
    private final Path runDirectory;
    private final Clock clock;
    private final String socketPrefix;
    private final OrphanGuard guard;
    private final List<Engine> running = new ArrayList<>(); // and ended, until the next launch
    private final Map<EngineBinary, ProgramIdentity> examined = new ConcurrentHashMap<>();
    private volatile Map<EngineBinary, String> excluded = Map.of();
    private volatile Consumer<EngineBinary> onRefused = _ -> {};
    private int started;
    private boolean closed;

    /// Does not touch the disk yet.
    ///
    /// @param preferred the program for specifications that name none
    /// @param runDirectory the directory of the sockets, see [RunDirectory#forData]
    /// @param clock bounds the waits
    public EngineLauncher(EngineBinary preferred, Path runDirectory, Clock clock) {
        this.preferred = preferred;
        this.runDirectory = runDirectory.toAbsolutePath().normalize();
        this.clock = clock;
        // The guard of another server must not take the engines of this one for its own.
        this.socketPrefix = ProcessHandle.current().pid() + "-";
        this.guard = new OrphanGuard(this.runDirectory + File.separator + socketPrefix);
    }

    /// Sets a listener for refused programs. It is called when a program is not launched because it
    /// is excluded or differs from the examined one, and when an examination finds another program
    /// at its path. Called on the thread that launches or examines.
    public void whenRefused(Consumer<EngineBinary> listener) {
        onRefused = listener;
    }

    /// Reports that a program differs from the examined one.
    void refuse(EngineBinary binary) {
        onRefused.accept(binary);
    }

    /// Excludes programs from being launched.
    ///
    /// @param reasons by program, the reason as the end of a sentence after its name
    public void exclude(Map<EngineBinary, String> reasons) {
        excluded = Map.copyOf(reasons);
    }

    /// Reports that a program has been examined. Another program at its path is not launched.
    void expect(EngineBinary binary, ProgramIdentity identity) {
        examined.put(binary, identity);
    }

    /// Whether the files of a program have changed since it was examined.
    public boolean isReplaced(EngineBinary binary) {
        var known = examined.get(binary);
        return known != null && known.changedFile().isPresent();
    }

    /// Starts an empty engine. Returns when it answers, after at most ten seconds.
    ///
    /// @throws ReplacedEngineException when the program differs from the examined one
    /// @throws IOException when it cannot be started, is excluded, or does not answer; no process
    ///   is left then
    public Engine launch(EngineSpec spec) throws IOException {
        var binary = program(spec);
        var why = excluded.get(binary);
        if (why != null) {
            onRefused.accept(binary);
            throw new IOException("%s is not started: it %s".formatted(binary.described(), why));
        }
        Engine engine;
        try {
            engine = launchUnknown(spec);
        } catch (IOException e) {
            if (isReplaced(binary)) {
                onRefused.accept(binary);
            }
            throw e;
        }
        try {
            expectExamined(engine);
        } catch (IOException | RuntimeException e) {
            engine.close();
            throw e;
        }
        return engine;
    }

    private void expectExamined(Engine engine) throws IOException {
        var known = examined.get(engine.binary());
        if (known == null) {
            return;
        }
        var difference = known.differenceOf(engine);
        if (difference.isPresent()) {
            onRefused.accept(engine.binary());
            throw new ReplacedEngineException(engine.binary(), difference.get());
        }
    }

    private EngineBinary program(EngineSpec spec) {
        return spec.program() == null ? preferred : spec.program();
    }

    /// Does the same as [#launch], without comparing the program with the examined one.
    Engine launchUnknown(EngineSpec spec) throws IOException {
        long startNs = clock.nowNs();
        var engine = start(spec);
        try {
            awaitAnswer(engine, startNs + START_TIMEOUT_NS);
        } catch (IOException | RuntimeException e) {
            engine.close();
            throw e;
        }
        LOG.info(
                "engine started node={} pid={} socket={} took_ms={}",
                engine.node(),
                engine.pid(),
                engine.socket(),
                TimeUnit.NANOSECONDS.toMillis(clock.nowNs() - startNs));
        return engine;
    }

    /// Ends the engines that an earlier server on this run directory left, and removes their
    /// sockets. Engines of this launcher and all other processes are not touched.
    ///
    /// @throws IOException when one of them has not ended after five seconds
    public synchronized void endOrphans() throws IOException {
        var ours = running.stream().map(engine -> engine.socket().toString()).toList();
        EngineProcesses.end(socket -> isInRunDirectory(socket) && !ours.contains(socket));
        if (Files.isDirectory(runDirectory)) {
            removeSocketsExcept(ours);
        }
    }

    /// Kills the engines whose work directory is in `directory` or below it, including those that
    /// do not answer yet, and returns at once. An engine is launched only if the directory above
    /// its own exists. So no further one starts after that has been deleted.
    public synchronized void killBelow(Path directory) {
        var path = directory.toAbsolutePath();
        running.stream().filter(engine -> engine.worksBelow(path)).forEach(Engine::kill);
    }

    /// Ends all launched engines, including their forked children. No further engine can be
    /// launched.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        running.forEach(Engine::kill); // all at once, before waiting for each
        running.forEach(Engine::close);
        try {
            EngineProcesses.end(this::isInRunDirectory);
        } catch (IOException e) {
            LOG.error("engines survive run_directory={}", runDirectory, e);
        }
        guard.close();
    }

    // Uses the same lock as close(), so that no engine starts after it.
    private synchronized Engine start(EngineSpec spec) throws IOException {
        if (closed) {
            throw new IOException(
                    "the server is stopping; node %s gets no engine".formatted(spec.node()));
        }
        PrivateFiles.directory(runDirectory);
        var workDirectory = WorkDirectory.prepare(spec.workDirectory());
        started++;
        var socket = runDirectory.resolve(socketPrefix + started + ".sock");
        checkArgument(
                RunDirectory.lengthBytes(socket) <= RunDirectory.SOCKET_PATH_BYTES_MAX,
                "socket path %s has more than %d bytes; choose a shorter run directory",
                socket,
                RunDirectory.SOCKET_PATH_BYTES_MAX);
        Files.deleteIfExists(socket);
        guard.start(); // first, because this process may be killed at any moment
        var binary = program(spec);
        var process =
                command(binary, socket, spec.workDirectory())
                        .directory(spec.workDirectory().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(workDirectory.log().toFile())
                        .start();
        var engine = new Engine(clock, binary, spec.node(), workDirectory, socket, process);
        running.removeIf(earlier -> earlier.exit().isDone());
        running.add(engine);
        configure(process, spec, binary);
        return engine;
    }

    // The configuration goes through standard input, because it contains the password, which must
    // not be in the process list or in a file. If this process is killed while it writes, the
    // engine starts with half of the configuration. So the command line has the port, which keeps
    // TCP closed even then, and the directive that keeps the process title, by which orphans are
    // found.
    static ProcessBuilder command(EngineBinary binary, Path socket, Path workDirectory) {
        return CleanEnvironment.of(
                new ProcessBuilder(
                        binary.path().toString(),
                        "-",
                        "--port",
                        "0",
                        "--set-proc-title",
                        "no",
                        "--dir", // also shows in the process list which node the engine belongs to
                        workDirectory.toAbsolutePath().toString(),
                        EngineProcesses.SOCKET_OPTION,
                        socket.toString()));
    }

    private static void configure(Process process, EngineSpec spec, EngineBinary binary) {
        try (var standardInput = process.getOutputStream()) {
            standardInput.write(EngineConfig.of(spec, binary).getBytes(US_ASCII));
        } catch (IOException _) {
            // The engine has ended before it had read everything. Waiting for its answer finds out
            // how.
        }
    }

    private void awaitAnswer(Engine engine, long deadlineNs) throws IOException {
        while (!answers(engine)) {
            if (engine.endsWithin(RETRY_MS)) {
                var exit = engine.exit().join();
                throw new IOException(
                        "the engine of node %s (%s) ended with %s before it answered: %s"
                                .formatted(
                                        engine.node(),
                                        engine.binary().path(),
                                        exit.how(),
                                        String.join("; ", exit.lastLogLines())));
            }
            if (clock.nowNs() - deadlineNs >= 0) {
                throw new IOException(
                        "the engine of node %s (%s, pid %d) does not answer within %d s"
                                .formatted(
                                        engine.node(),
                                        engine.binary().path(),
                                        engine.pid(),
                                        TimeUnit.NANOSECONDS.toSeconds(START_TIMEOUT_NS)));
            }
        }
    }

    private static boolean answers(Engine engine) {
        if (!Files.exists(engine.socket())) {
            return false;
        }
        try {
            return engine.command("PING").equals(new RespValue.SimpleString("PONG"));
        } catch (IOException _) {
            return false; // the socket is bound, but does not listen yet
        }
    }

    private boolean isInRunDirectory(String socket) {
        return socket.startsWith(runDirectory + File.separator);
    }

    private void removeSocketsExcept(List<String> ours) throws IOException {
        try (var sockets = Files.newDirectoryStream(runDirectory, "*.sock")) {
            for (Path socket : sockets) {
                if (!ours.contains(socket.toString())) {
                    Files.deleteIfExists(socket);
                }
            }
        }
    }
}
