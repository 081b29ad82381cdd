package dev.keepsake.tests;

import dev.keepsake.engine.EngineBinary;
import dev.keepsake.engine.EngineFinder;
import dev.keepsake.engine.EngineNotFoundException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;

/// The engines that tests compare, each version once: the bundled one, and of the
/// [InstalledEngines] the newest alone; with `-Dengines=all` every one of them.
final class TestEngines {
    private TestEngines() {}

    /// The bundled one first, then as many as this run is to take, the newest last.
    static List<EngineBinary> chosen(Path directory) throws EngineNotFoundException {
        var chosen = new ArrayList<EngineBinary>();
        chosen.add(bundled(directory));
        var newer = newer(directory);
        chosen.addAll(
                EngineRuns.areAllWanted()
                        ? newer
                        : newer.subList(Math.max(0, newer.size() - 1), newer.size()));
        return chosen;
    }

    private static EngineBinary bundled(Path directory) throws EngineNotFoundException {
        return new EngineFinder(null, "", directory.resolve("bin")).find();
    }

    /// Those that are installed and have another version than the bundled one, the newest last.
    static List<EngineBinary> newer(Path directory) throws EngineNotFoundException {
        String bundled = named(bundled(directory));
        return InstalledEngines.found().stream()
                .map(Named::getPayload)
                .filter(engine -> !named(engine).equals(bundled))
                .sorted(Comparator.comparing(TestEngines::version, Arrays::compare))
                .toList();
    }

    /// Name and version, such as `valkey-8.0.1`.
    static String named(EngineBinary engine) {
        return engine.name() + "-" + engine.version();
    }

    private static int[] version(EngineBinary engine) {
        return Stream.of(engine.version().split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    }
}
