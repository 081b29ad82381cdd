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

/// The engines that tests compare: the one that comes with Keepsake, and of the [InstalledEngines]
/// the newest; with `-Dengines=all` every one.
final class TestEngines {
    private TestEngines() {}

    /// The bundled one, and of those that were fetched as many as this run is to take.
    static List<EngineBinary> chosen(Path directory) throws EngineNotFoundException {
        var chosen = new ArrayList<EngineBinary>();
        chosen.add(bundled(directory));
        var fetched = fetched(directory);
        int first = EngineRuns.areAllWanted() ? 0 : Math.max(0, fetched.size() - 1);
        chosen.addAll(fetched.subList(first, fetched.size()));
        return chosen;
    }

    /// Those that were fetched, whose version is not the bundled one's; the newest last.
    static List<EngineBinary> fetched(Path directory) throws EngineNotFoundException {
        var bundled = bundled(directory);
        return InstalledEngines.found().stream()
                .map(Named::getPayload)
                .filter(engine -> !named(engine).equals(named(bundled)))
                .sorted(Comparator.comparing(TestEngines::version, Arrays::compare))
                .toList();
    }

    private static EngineBinary bundled(Path directory) throws EngineNotFoundException {
        return new EngineFinder(null, "", directory.resolve("bin")).find();
    }

    /// Name and version, such as `valkey-8.0.1`.
    static String named(EngineBinary engine) {
        return engine.name() + "-" + engine.version();
    }

    private static int[] version(EngineBinary engine) {
        return Stream.of(engine.version().split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    }
}
