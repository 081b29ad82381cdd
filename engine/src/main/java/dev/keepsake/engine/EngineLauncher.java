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

/// Starts engines and owns them: none survives [#close()]. Callable from any thread; everything
/// here blocks, so never from an event loop.
///
/// Engines are processes, so they would outlive a server that is killed: an [OrphanGuard] ends them
/// then, and the next server calls [#endOrphans()] before its first launch. Only one server at a
/// time may use a run directory; whoever makes the launcher sees to that.
///
/// A program may be replaced while the server runs, as packages are upgraded. So each engine that
/// was launched is compared with what was examined, before anybody gets it, and what is not to be
/// run is not: what is known of engines, and what logs say of who wrote them, is true of those that
/// really run.
public final class EngineLauncher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineLauncher.class);
    private static final long START_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long RETRY_MS = 2;

    private final EngineBinary preferred;
    private final Path runDirectory;
    private final Clock clock;
    private final String socketPrefix;
    private final OrphanGuard guard;
    private final List<Engine> running = new ArrayList<>(); // ended ones too, until the next launch
    private final Map<EngineBinary, ProgramIdentity> examined = new ConcurrentHashMap<>();
    private volatile Map<EngineBinary, String> excluded = Map.of();
    private volatile Consumer<EngineBinary> onRefused = _ -> {};
    private int started;
    private boolean closed;

    /// Touches nothing yet.
    ///
    /// @param preferred the program to run for whoever asks for none
    /// @param runDirectory where the sockets go, see [RunDirectory#forData]
    /// @param clock bounds the waits
    public EngineLauncher(EngineBinary preferred, Path runDirectory, Clock clock) {
        this.preferred = preferred;
        this.runDirectory = runDirectory.toAbsolutePath().normalize();
        this.clock = clock;
        // Another server's guard must not take the engines of this one for its own.
        this.socketPrefix = ProcessHandle.current().pid() + "-";
        this.guard = new OrphanGuard(this.runDirectory + File.separator + socketPrefix);
    }

    /// Has a listener called whenever a program is not launched because it is excluded, or because
    /// it is no longer what was examined, and whenever an examination finds another program in its
    /// place. Called by the launching or examining thread.
    public void whenRefused(Consumer<EngineBinary> listener) {
        onRefused = listener;
    }

    /// A program is no longer what it was found to be.
    void refuse(EngineBinary binary) {
        onRefused.accept(binary);
    }

    /// Launches these no more.
    ///
    /// @param reasons why, as a sentence goes on behind the name of each
    public void exclude(Map<EngineBinary, String> reasons) {
        excluded = Map.copyOf(reasons);
    }

    /// A program has been examined; whatever else is found in its place is not launched.
    void expect(EngineBinary binary, ProgramIdentity identity) {
        examined.put(binary, identity);
    }

    /// Whether the files of a program are others than they were when it was examined.
    public boolean isReplaced(EngineBinary binary) {
        var known = examined.get(binary);
        return known != null && known.changedFile().isPresent();
    }

    /// Starts an empty engine and returns when it answers, ten seconds later at most.
    ///
    /// @throws ReplacedEngineException when the program is no longer what was examined
    /// @throws IOException when it cannot be started, is not to be, or does not answer; nothing is
    ///   left running
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

    /// As [#launch], whatever the program has become.
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
                "engine started node={} pid={} socket={} tookMs={}",
                engine.node(),
                engine.pid(),
                engine.socket(),
                TimeUnit.NANOSECONDS.toMillis(clock.nowNs() - startNs));
        return engine;
    }

    /// Ends the engines that an earlier server on this run directory left behind, however it ended,
    /// and removes their sockets. Engines of this launcher and all other processes stay untouched.
    ///
    /// @throws IOException when one is still there after five seconds
    public synchronized void endOrphans() throws IOException {
        var ours = running.stream().map(engine -> engine.socket().toString()).toList();
        EngineProcesses.end(socket -> isInRunDirectory(socket) && !ours.contains(socket));
        if (Files.isDirectory(runDirectory)) {
            removeSocketsExcept(ours);
        }
    }

    /// Kills the engines that work in a directory or below it, those that have yet to answer
    /// included, and returns at once. An engine can be launched only where the directory above its
    /// own is there, so none follows once that has been deleted.
    public synchronized void killBelow(Path directory) {
        var path = directory.toAbsolutePath();
        running.stream().filter(engine -> engine.worksBelow(path)).forEach(Engine::kill);
    }

    /// Ends every engine it has launched, forked children included. Nothing can be launched any
    /// more.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        running.forEach(Engine::kill); // all at once, then wait for each
        running.forEach(Engine::close);
        try {
            EngineProcesses.end(this::isInRunDirectory);
        } catch (IOException e) {
            LOG.error("engines survive runDirectory={}", runDirectory, e);
        }
        guard.close();
    }

    // Under the same lock as close(), so that no engine slips in behind it.
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
        guard.start(); // first, for we may be killed at any moment
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

    // The configuration goes in through standard input: the password is in it, and neither the
    // process list nor a file shall have that. Should we be killed while we write it, the engine
    // starts with half of it; the port is on the command line so that it opens none even then, and
    // that it has to leave this line alone, by which it is found.
    static ProcessBuilder command(EngineBinary binary, Path socket, Path workDirectory) {
        return CleanEnvironment.of(
                new ProcessBuilder(
                        binary.path().toString(),
                        "-",
                        "--port",
                        "0",
                        "--set-proc-title",
                        "no",
                        "--dir", // which also tells who reads the process list whose engine it is
                        workDirectory.toAbsolutePath().toString(),
                        EngineProcesses.SOCKET_OPTION,
                        socket.toString()));
    }

    private static void configure(Process process, EngineSpec spec, EngineBinary binary) {
        try (var standardInput = process.getOutputStream()) {
            standardInput.write(EngineConfig.of(spec, binary).getBytes(US_ASCII));
        } catch (IOException _) {
            // It ended before it had read everything; waiting for its answer tells how.
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
            return false; // bound but not listening yet
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
