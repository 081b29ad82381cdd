package dev.keepsake.engine;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds engine processes on this machine by the `--unixsocket` in their command line. It is there
/// from a process's first moment, and in its forked children (such as a dump in progress). A name
/// or a process id would not be proof.
final class EngineProcesses {
    static final String SOCKET_OPTION = "--unixsocket";

    private static final Logger LOG = LoggerFactory.getLogger(EngineProcesses.class);
    private static final int RESCANS_MAX = 100;
    private static final long RESCAN_MS = 50;

    private EngineProcesses() {}

    /// Kills the processes with matching sockets. Returns when they have ended.
    ///
    /// @param isSocket whether a text of a command line is the path of such a socket; other
    ///   programs may have any text there, even one that is not a path
    /// @throws IOException when one of them has not ended after five seconds
    static void end(Predicate<String> isSocket) throws IOException {
        var found = scan(isSocket);
        found.forEach(
                process -> LOG.info("engine of an earlier server is ended pid={}", process.pid()));
        for (int i = 0; i < RESCANS_MAX && !found.isEmpty(); i++) {
            found.forEach(ProcessHandle::destroyForcibly);
            awaitEnd(found);
            // Only a new scan tells: a process that is dead but not reaped by its parent never
            // "exits", but has no command line any more.
            found = scan(isSocket);
        }
        if (!found.isEmpty()) {
            throw new IOException(
                    "engines of an earlier server do not end; end them with kill -9: pids "
                            + found.stream().map(ProcessHandle::pid).toList());
        }
    }

    private static List<ProcessHandle> scan(Predicate<String> isSocket) {
        return ProcessHandle.allProcesses()
                .filter(process -> socketOf(process).filter(isSocket).isPresent())
                .toList();
    }

    private static Optional<String> socketOf(ProcessHandle process) {
        var arguments = process.info().arguments().orElseGet(() -> new String[0]);
        for (int i = 0; i + 1 < arguments.length; i++) {
            if (arguments[i].equals(SOCKET_OPTION)) {
                return Optional.of(arguments[i + 1]);
            }
        }
        return Optional.empty();
    }

    private static void awaitEnd(List<ProcessHandle> processes) throws InterruptedIOException {
        var exits = processes.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.allOf(exits).get(RESCAN_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException _) {
            // The next scan tells.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while ending engines");
        }
    }
}
