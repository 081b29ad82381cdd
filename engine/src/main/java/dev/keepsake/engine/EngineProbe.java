package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// Runs a program with `--version` to find out whether it is a usable engine.
final class EngineProbe {
    private static final int TIMEOUT_S = 5;
    private static final int OLDEST_MAJOR = 7;
    private static final int BUSY_TRIES = 200;
    private static final long BUSY_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(10);

    // "Redis server v=7.0.15 sha=00000000:0 malloc=libc bits=64 build=…"; Valkey 7.2 says "Server".
    private static final Pattern BANNER =
            Pattern.compile("(?:(Redis|Valkey) server|Server) v=((\\d{1,9})\\.\\d+\\.\\d+\\S*)");

    private EngineProbe() {}

    /// The finding about a program.
    sealed interface Finding {
        /// The program can be used.
        record Usable(EngineBinary binary) implements Finding {}

        /// The program cannot be used.
        ///
        /// @param reason the reason as the end of a sentence after the program's path: "is not
        ///   executable"
        /// @param mayPass whether the reason may be the present state of the machine, and not the
        ///   program
        record Unusable(String reason, boolean mayPass) implements Finding {}
    }

    /// Probes a program. Blocks for at most ten seconds.
    static Finding probe(Path program) {
        if (!Files.isRegularFile(program)) {
            return new Finding.Unusable("is not a file", false);
        }
        if (!Files.isExecutable(program)) {
            return new Finding.Unusable("is not executable", false);
        }
        try {
            return judge(program, versionLine(program));
        } catch (IOException e) {
            return new Finding.Unusable("cannot be run: " + e.getMessage(), true);
        }
    }

    /// Starts a program, and tries again for two seconds. A program that was written just now is
    /// busy while a process that another thread has started holds the inherited file open. Only the
    /// text of the exception, in the machine's language, would tell this from other reasons.
    private static Process start(ProcessBuilder command) throws IOException {
        command.redirectErrorStream(true);
        for (int tries = 1; ; tries++) {
            try {
                return command.start();
            } catch (IOException e) {
                if (tries == BUSY_TRIES) {
                    throw e;
                }
                LockSupport.parkNanos(BUSY_PAUSE_NS);
            }
        }
    }

    private static Finding judge(Path program, String versionLine) {
        var banner = BANNER.matcher(versionLine);
        if (!banner.lookingAt()) {
            return new Finding.Unusable(
                    "answers --version with \"%s\"; expected \"Redis server v=…\" or \"Valkey server v=…\""
                            .formatted(versionLine),
                    false);
        }
        var version = banner.group(2);
        if (Integer.parseInt(banner.group(3)) < OLDEST_MAJOR) {
            return new Finding.Unusable(
                    "is version %s; expected %d.0 or newer".formatted(version, OLDEST_MAJOR),
                    false);
        }
        var name = "Redis".equals(banner.group(1)) ? "redis" : "valkey";
        return new Finding.Usable(new EngineBinary(program.toAbsolutePath(), name, version));
    }

    private static String versionLine(Path program) throws IOException {
        var process =
                start(CleanEnvironment.of(new ProcessBuilder(program.toString(), "--version")));
        try {
            process.getOutputStream().close();
            // The output is read after the end of the process. So a program that prints without end
            // blocks on the full pipe and reaches the timeout, instead of filling the heap.
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
                throw new IOException("no end of --version within %d s".formatted(TIMEOUT_S));
            }
            var output = new String(process.getInputStream().readAllBytes(), UTF_8);
            return output.lines().findFirst().orElse("");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while it ran", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
