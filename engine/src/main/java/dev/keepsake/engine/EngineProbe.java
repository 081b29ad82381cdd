package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// Asks a program whether it is an engine that can be used, by running it with `--version`.
final class EngineProbe {
    private static final int TIMEOUT_S = 5;
    private static final int OLDEST_MAJOR = 7;
    private static final int BUSY_TRIES = 200;
    private static final long BUSY_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(10);

    // "Redis server v=7.0.15 sha=00000000:0 malloc=libc bits=64 build=…"; Valkey 7.2 says "Server".
    private static final Pattern BANNER =
            Pattern.compile("(?:(Redis|Valkey) server|Server) v=((\\d{1,9})\\.\\d+\\.\\d+\\S*)");

    private EngineProbe() {}

    /// What the probe learned.
    sealed interface Finding {
        /// The program can be used.
        record Usable(EngineBinary binary) implements Finding {}

        /// It cannot.
        ///
        /// @param reason goes on from the program's path: "is not executable"
        /// @param mayPass whether it may be due to the machine at this moment, and not to the
        ///   program
        record Unusable(String reason, boolean mayPass) implements Finding {}
    }

    /// Runs the program. Blocks for at most ten seconds.
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

    /// A program that was written a moment ago is busy for as long as a process that was started
    /// meanwhile, by another thread, holds the file open that it has inherited. Only the words of
    /// the exception would tell that from other reasons, in the language of the machine; so each
    /// gets two seconds.
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
            // The output is read after the end, so a program that prints without end blocks on the
            // full pipe and runs into the timeout instead of filling the heap.
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
