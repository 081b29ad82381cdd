package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A small process beside the server that ends the server's engines when the server has ended, for
/// any reason. Callable from any thread.
///
/// It is a shell that waits for the end of its standard input. Only the server holds the other end
/// open, and the system closes it even when the server is killed. Then the shell kills all
/// processes whose command line contains a socket of this server, and looks again for two seconds,
/// because an engine may have been about to start. It keeps no list of process ids: the guard could
/// not learn an engine's id in the moment of its start, and the id may belong to another process
/// later.
///
/// A machine without `/bin/sh` has no guard. There, only the next server ends the engines.
///
/// Decision 20 (docs/decisions) says why.
final class OrphanGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OrphanGuard.class);
    private static final String SHELL = "/bin/sh";
    private static final String PROCESSES = "/proc";
    private static final String ORDERLY_END = "end";
    private static final long END_WITHIN_MS = 1_000;
    private static final int STARTS_MAX = 10;

    /*
     * $1 is the prefix of the server's socket paths. $2 is the directory in which Linux has one
     * directory for each process; reading it needs no program that a small machine might lack.
     * Other systems have ps.
     */
    private static final String SCRIPT =
            """
            trap '' HUP INT TERM QUIT PIPE
            read -r word
            [ "$word" = "%s" ] && exit 0
            option='
            %s
            '
            for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                if [ -r "$2/self/cmdline" ]; then
                    for file in $(grep -lsF -e "$1" "$2"/[0-9]*/cmdline); do
                        pid=${file#"$2"/}
                        case "$(tr '\\0' '\\n' < "$file")" in
                            *"$option$1"*) kill -KILL "${pid%%/cmdline}" ;;
                        esac
                    done
                else
                    ps -A -ww -o pid= -o args= | while read -r pid line; do
                        case "$line" in
                            *" %s $1"*) kill -KILL "$pid" ;;
                        esac
                    done
                fi
                sleep 0.1 || sleep 1
            done
            """
                    .formatted(
                            ORDERLY_END,
                            EngineProcesses.SOCKET_OPTION,
                            EngineProcesses.SOCKET_OPTION);

    private final String socketPrefix;
    private @Nullable Process shell; // guarded by `this`, as are all fields below
    private int starts;
    private boolean closed;

    /// Does not start the guard yet.
    ///
    /// @param socketPrefix the prefix of this server's socket paths, which no other server has
    OrphanGuard(String socketPrefix) {
        this.socketPrefix = socketPrefix;
    }

    /// Makes sure that the guard runs. Starts a new one if it has ended.
    synchronized void start() {
        if (closed || shell != null || starts == STARTS_MAX) {
            return;
        }
        starts++;
        try {
            var started = command(socketPrefix, PROCESSES).start();
            shell = started;
            var _ = started.onExit().thenRun(() -> onExit(started));
        } catch (IOException e) {
            starts = STARTS_MAX;
            LOG.warn("no guard can be started, so engines would outlive a killed server", e);
        }
    }

    static ProcessBuilder command(String socketPrefix, String processes) {
        return CleanEnvironment.of(
                        new ProcessBuilder(
                                SHELL, "-c", SCRIPT, "keepsake-guard", socketPrefix, processes))
                .directory(new File("/")) // so that it occupies no other directory
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    private synchronized void onExit(Process ended) {
        if (closed || !ended.equals(shell)) {
            return;
        }
        shell = null;
        LOG.warn(
                "the guard of the engines has ended and is replaced pid={} code={}",
                ended.pid(),
                ended.exitValue());
        start();
    }

    /// The guard's process id, or -1 when it does not run.
    synchronized long pid() {
        return shell == null ? -1 : shell.pid();
    }

    /// Ends the guard without ending any engine.
    @Override
    public synchronized void close() {
        closed = true;
        var ending = shell;
        shell = null;
        if (ending == null) {
            return;
        }
        try (OutputStream word = ending.getOutputStream()) {
            word.write((ORDERLY_END + "\n").getBytes(US_ASCII));
        } catch (IOException e) {
            LOG.debug("the guard had ended pid={}", ending.pid(), e);
        }
        try {
            if (!ending.waitFor(END_WITHIN_MS, TimeUnit.MILLISECONDS)) {
                ending.destroyForcibly();
            }
        } catch (InterruptedException _) {
            ending.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
