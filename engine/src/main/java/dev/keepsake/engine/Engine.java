package dev.keepsake.engine;

import dev.keepsake.core.Clock;
import dev.keepsake.resp.RespValue;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running engine. Created by [EngineLauncher]; closing it ends the process. Callable from any
/// thread; methods that block say so.
public final class Engine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
    private static final long COMMAND_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long END_TIMEOUT_MS = TimeUnit.SECONDS.toMillis(5);

    private final Clock clock;
    private final EngineBinary binary;
    private final String node;
    private final WorkDirectory workDirectory;
    private final Path socket;
    private final Process process;
    private final CompletableFuture<EngineExit> exit;
    private volatile boolean askedToEnd;

    Engine(
            Clock clock,
            EngineBinary binary,
            String node,
            WorkDirectory workDirectory,
            Path socket,
            Process process) {
        this.clock = clock;
        this.binary = binary;
        this.node = node;
        this.workDirectory = workDirectory;
        this.socket = socket;
        this.process = process;
        this.exit = process.onExit().thenApply(_ -> ended());
    }

    /// The name of the engine's node.
    public String node() {
        return node;
    }

    /// Whether its work directory is `directory` or is below it.
    boolean worksBelow(Path directory) {
        return workDirectory.path().toAbsolutePath().startsWith(directory);
    }

    /// The program of the process.
    public EngineBinary binary() {
        return binary;
    }

    /// The process's id.
    public long pid() {
        return process.pid();
    }

    /// The Unix socket to which lanes, tap and [#command] connect. The engine has no TCP port.
    public Path socket() {
        return socket;
    }

    /// Completes when the process has ended, for any reason. Dependent stages run on a thread of
    /// the JVM, so they have to pass the event to their owner at once.
    public CompletableFuture<EngineExit> exit() {
        return exit.copy();
    }

    /// Sends one of Keepsake's own commands over a new connection, and returns the reply, which may
    /// be an error. Blocks for at most five seconds.
    ///
    /// @throws IOException when there is no reply; the command may have been executed
    public RespValue command(String... args) throws IOException {
        return commandWithin(COMMAND_TIMEOUT_NS, args);
    }

    /// Does the same as [#command] with another timeout. Blocks for at most `timeoutNs`.
    public RespValue commandWithin(long timeoutNs, String... args) throws IOException {
        try (var connection = new AdminConnection(socket, clock, timeoutNs)) {
            return connection.ask(args);
        } catch (IOException e) {
            throw noReplyTo(args[0], e);
        }
    }

    private IOException noReplyTo(String command, IOException why) {
        return new IOException(
                "no reply to %s from the engine of node %s (pid %d): %s"
                        .formatted(command, node, pid(), why.getMessage()),
                why);
    }

    /// Connects for several of Keepsake's own commands, all of which have to be answered within
    /// `timeoutNs`.
    public EngineConnection connectWithin(long timeoutNs) throws IOException {
        var connection = new AdminConnection(socket, clock, timeoutNs);
        return new EngineConnection() {
            @Override
            public RespValue ask(String... command) throws IOException {
                try {
                    return connection.ask(command);
                } catch (IOException e) {
                    throw noReplyTo(command[0], e);
                }
            }

            @Override
            public void close() throws IOException {
                connection.close();
            }
        };
    }

    /// Does the same as [#commandWithin(long, String...)], with arguments of arbitrary bytes.
    public RespValue commandOfBytes(long timeoutNs, List<byte[]> args) throws IOException {
        try (var connection = new AdminConnection(socket, clock, timeoutNs)) {
            return connection.ask(args.toArray(new byte[0][]));
        } catch (IOException e) {
            throw new IOException(
                    "no reply from the engine of node %s (pid %d): %s"
                            .formatted(node, pid(), e.getMessage()),
                    e);
        }
    }

    /// Ends the process with SIGKILL and returns at once. [#exit()] completes when the process has
    /// ended.
    public void kill() {
        askedToEnd = true;
        process.destroyForcibly();
    }

    /// Waits for the end of the process.
    ///
    /// @return whether it has ended; false when the time is over
    boolean endsWithin(long timeoutMs) throws InterruptedIOException {
        try {
            exit.get(timeoutMs, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "the end of pid %d cannot be awaited".formatted(pid()), e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for pid " + pid());
        }
    }

    /// Kills the engine, waits at most five seconds for its end, and removes its socket and dumps.
    /// Its log file stays.
    @Override
    public void close() {
        kill();
        try {
            if (!endsWithin(END_TIMEOUT_MS)) {
                LOG.error("engine does not end node={} pid={}", node, pid());
            }
            Files.deleteIfExists(socket);
            workDirectory.removeDumps();
        } catch (IOException e) {
            LOG.warn("engine leaves files behind node={} pid={}", node, pid(), e);
        }
    }

    private EngineExit ended() {
        var end = new EngineExit(process.exitValue(), askedToEnd, workDirectory.lastLogLines());
        LOG.info(
                "engine ended node={} pid={} how=\"{}\" asked_for={}",
                node,
                pid(),
                end.how(),
                end.askedFor());
        return end;
    }
}
