package dev.keepsake.tests;

import static org.junit.jupiter.api.Assertions.fail;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;

/// Engines of other versions than the bundled one, as `tests/engines/fetch` brings them: in
/// `target/engines`, or in the directory that the property `keepsake.engines` names. A test whose
/// engine is not there is skipped, with the reason; with `-Dengines=all` it fails, for then all
/// that the script can bring have been asked for.
///
/// The script is run once, for the first test that needs an engine which is not there: with
/// `-Dengines=all` when no directory is named, and with `-Dkeepsake.engines.fetch=true` always.
final class InstalledEngines {
    private static final Path SCRIPT = Path.of("engines", "fetch");
    private static final Path LIST = Path.of("engines", "list");
    private static final @Nullable String NAMED = System.getProperty("keepsake.engines");
    private static final Path DIRECTORY =
            Path.of(NAMED == null ? "../target/engines" : NAMED).toAbsolutePath().normalize();
    private static final boolean IS_FETCHED =
            Boolean.getBoolean("keepsake.engines.fetch")
                    || (EngineRuns.isEachOfTheListWanted() && NAMED == null);
    private static final int FETCHED_WITHIN_MIN = 15;

    private static @Nullable String whyNotFetched; // guarded by the class
    private static boolean isFetchTried; // likewise

    private InstalledEngines() {}

    /// One of them, or the test is skipped, or fails if it was asked for.
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
                .orElseGet(() -> absent("%s of %s".formatted(name, suite)));
    }

    private static EngineBinary absent(String what) {
        String problem = "%s is not there: %s".formatted(what, why());
        return EngineRuns.isEachOfTheListWanted() ? fail(problem) : abort(problem);
    }

    /// All of them, by suite and version. There may be none, unless they were asked for: then the
    /// test fails.
    static List<Named<EngineBinary>> found() {
        fetchOnce();
        var missing = EngineRuns.isEachOfTheListWanted() ? missing() : List.of();
        var found = directories().stream().map(InstalledEngines::named).toList();
        if (!missing.isEmpty() || (EngineRuns.areAllWanted() && found.isEmpty())) {
            fail(
                    "-Dengines asks for engines that are not there, %s: %s"
                            .formatted(missing.isEmpty() ? "any" : missing, why()));
        }
        return found;
    }

    /// What the script is to bring and is not there, such as `valkey of sid`.
    private static List<String> missing() {
        try (var lines = Files.lines(LIST)) {
            return lines.filter(line ->
                            directories().stream()
                                    .noneMatch(each -> isOf(line.replace(' ', '-') + "-", each)))
                    .map(line -> line.replace(" ", " of "))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
                ? "tests/engines/fetch brings them into %s, and so does -Dkeepsake.engines.fetch=true"
                        .formatted(DIRECTORY)
                : whyNotFetched;
    }

    private static synchronized void fetchOnce() {
        if (!IS_FETCHED || isFetchTried || missing().isEmpty()) {
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
                fetch.descendants().forEach(ProcessHandle::destroyForcibly);
                fetch.destroyForcibly();
                whyNotFetched =
                        "tests/engines/fetch took more than %d minutes"
                                .formatted(FETCHED_WITHIN_MIN);
            } else if (fetch.exitValue() != 0) {
                whyNotFetched = "tests/engines/fetch says\n" + Files.readString(output).strip();
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
