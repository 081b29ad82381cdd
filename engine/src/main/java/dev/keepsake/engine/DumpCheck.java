package dev.keepsake.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the damage in an RDB file, for messages. It runs the engine's own program under the name
/// `redis-check-rdb` or `valkey-check-rdb`, which checks every byte.
public final class DumpCheck {
    private static final Logger LOG = LoggerFactory.getLogger(DumpCheck.class);
    private static final int WITHIN_S = 120;
    private static final Pattern KEY = Pattern.compile("\\[additional info\\] Reading key '(.*)'");
    private static final String OUTPUT = "check-rdb.out";

    private DumpCheck() {}

    /// The first key whose value is damaged. Empty when none is damaged, or it could not be found
    /// out. Blocks for at most two minutes.
    ///
    /// @param directory private to the caller; files are created in it and removed again
    public static Optional<String> damagedKey(EngineBinary binary, Path rdb, Path directory) {
        var program = directory.resolve(binary.name() + "-check-rdb");
        var output = directory.resolve(OUTPUT);
        try {
            Files.deleteIfExists(program);
            Files.createSymbolicLink(program, binary.path());
            return run(program, rdb, output);
        } catch (IOException e) {
            LOG.info("file={} cannot be checked reason={}", rdb, e.toString());
            return Optional.empty();
        } finally {
            deleteQuietly(program);
            deleteQuietly(output);
        }
    }

    private static Optional<String> run(Path program, Path rdb, Path output) throws IOException {
        var check =
                CleanEnvironment.of(
                                new ProcessBuilder(
                                        program.toString(), rdb.toAbsolutePath().toString()))
                        .redirectInput(new File("/dev/null"))
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        try {
            if (!check.waitFor(WITHIN_S, TimeUnit.SECONDS)) {
                return Optional.empty();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            check.destroyForcibly();
        }
        if (check.exitValue() == 0) {
            return Optional.empty();
        }
        try (var lines = Files.lines(output, UTF_8)) {
            return lines.map(KEY::matcher)
                    .filter(found -> found.find())
                    .map(found -> found.group(1))
                    .findFirst();
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debug("file={} stays", file, e);
        }
    }
}
