package dev.keepsake.tests;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// The engines that tests compare: the one that comes with Keepsake, and those that
/// `tests/engines/fetch` has brought into `target/engines`, or into the directory that
/// `-Dengines.directory` names. A default run takes the newest of them alone; `-Dengines=all` takes
/// every one.
final class TestEngines {
    private static final List<String> PROGRAMS = List.of("redis-server", "valkey-server");
    private static final boolean ALL = "all".equals(System.getProperty("engines"));

    private TestEngines() {}

    /// The bundled one, and of those that were fetched as many as this run is to take.
    static List<EngineBinary> chosen(Path directory) throws EngineNotFoundException {
        var chosen = new ArrayList<EngineBinary>();
        chosen.add(new EngineFinder(null, "", directory.resolve("bin")).find());
        var fetched = fetched(directory);
        chosen.addAll(
                ALL ? fetched : fetched.subList(Math.max(0, fetched.size() - 1), fetched.size()));
        return chosen;
    }

    /// Those that were fetched, whose version is not the bundled one's; the newest last.
    static List<EngineBinary> fetched(Path directory) throws EngineNotFoundException {
        var bundled = new EngineFinder(null, "", directory.resolve("bin")).find();
        var found = new ArrayList<EngineBinary>();
        for (var program : programs()) {
            var engine = new EngineFinder(program, "", directory).find();
            if (!named(engine).equals(named(bundled))) {
                found.add(engine);
            }
        }
        found.sort(Comparator.comparing(TestEngines::version, Arrays::compare));
        return found;
    }

    /// Name and version, such as `valkey-8.0.1`.
    static String named(EngineBinary engine) {
        return engine.name() + "-" + engine.version();
    }

    private static int[] version(EngineBinary engine) {
        return Stream.of(engine.version().split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    }

    private static List<Path> programs() {
        var directory = Path.of(System.getProperty("engines.directory", "../target/engines"));
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var entries = Files.list(directory)) {
            return entries.sorted()
                    .flatMap(entry -> PROGRAMS.stream().map(entry::resolve))
                    .filter(Files::isExecutable)
                    .map(program -> program.toAbsolutePath().normalize())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(directory + " cannot be listed", e);
        }
    }
}
