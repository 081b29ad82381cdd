package dev.keepsake.tests;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;

/// Engines of other versions than the bundled one, as `tests/engines/fetch` brings them: in
/// `target/engines`, or in the directory that the property `keepsake.engines` names. With
/// `-Dkeepsake.engines.fetch=true` the script is run for the first test that needs one. A test
/// whose engine is not there is skipped, with the reason.
final class InstalledEngines {
    private static final Path SCRIPT = Path.of("engines", "fetch");
    private static final Path DIRECTORY =
            Path.of(System.getProperty("keepsake.engines", "../target/engines")).toAbsolutePath();
    private static final boolean IS_FETCHED = Boolean.getBoolean("keepsake.engines.fetch");
    private static final int FETCHED_WITHIN_MIN = 15;

    private static @Nullable String whyNotFetched; // guarded by the class
    private static boolean isFetchTried; // likewise

    private InstalledEngines() {}

    /// One of them, or the test is skipped.
    ///
    /// @param name `redis` or `valkey`
    /// @param suite of Debian: `bookworm`, `bookworm-backports`, `trixie` or `sid`
    static EngineBinary from(String name, String suite) {
        fetchOnce();
        var prefix = name + "-" + suite + "-";
        return directories().stream()
                .filter(directory -> isOf(prefix, directory))
                .map(InstalledEngines::in)
                .findFirst()
                .orElseGet(() -> abort("%s of %s is not there: %s".formatted(name, suite, why())));
    }

    /// All of them, by suite and version, for tests that run on each; at least one, or the test is
    /// skipped.
    static Stream<Named<EngineBinary>> each() {
        var all = found();
        if (all.isEmpty()) {
            abort("no engine of another version is there: " + why());
        }
        return all.stream();
    }

    /// The same; there may be none.
    static List<Named<EngineBinary>> found() {
        fetchOnce();
        return directories().stream().map(InstalledEngines::named).toList();
    }

    private static Named<EngineBinary> named(Path directory) {
        var binary = in(directory);
        return Named.of("%s (%s)".formatted(directory.getFileName(), binary.version()), binary);
    }

    /// `valkey-bookworm-amd64`, and not `valkey-bookworm-backports-amd64`.
    private static boolean isOf(String prefix, Path directory) {
        var name = directory.getFileName().toString();
        return name.startsWith(prefix) && name.indexOf('-', prefix.length()) < 0;
    }

    private static List<Path> directories() {
        if (!Files.isDirectory(DIRECTORY)) {
            return List.of();
        }
        try (var all = Files.list(DIRECTORY)) {
            return all.filter(each -> Files.isExecutable(program(each))).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path program(Path directory) {
        var name = directory.getFileName().toString();
        return directory.resolve(name.substring(0, Math.max(0, name.indexOf('-'))) + "-server");
    }

    private static EngineBinary in(Path directory) {
        try {
            return new EngineFinder(program(directory), "", directory).find();
        } catch (EngineNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static synchronized String why() {
        return whyNotFetched == null
                ? "tests/engines/fetch brings it into %s, and so does -Dkeepsake.engines.fetch=true"
                        .formatted(DIRECTORY)
                : whyNotFetched;
    }

    private static synchronized void fetchOnce() {
        if (!IS_FETCHED || isFetchTried) {
            return;
        }
        isFetchTried = true;
        try {
            var output = Files.createTempFile("engines", ".log");
            var fetch =
                    new ProcessBuilder(SCRIPT.toAbsolutePath().toString(), DIRECTORY.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            if (!fetch.waitFor(FETCHED_WITHIN_MIN, TimeUnit.MINUTES)) {
                fetch.destroyForcibly();
                whyNotFetched =
                        "%s took more than %d minutes".formatted(SCRIPT, FETCHED_WITHIN_MIN);
            } else if (fetch.exitValue() != 0) {
                whyNotFetched = Files.readString(output).strip();
            }
            Files.delete(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while engines were fetched", e);
        }
    }
}
