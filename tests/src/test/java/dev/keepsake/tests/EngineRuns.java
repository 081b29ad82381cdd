package dev.keepsake.tests;

import dev.keepsake.engine.EngineBinary;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/// Which engines tests run on: the one that servers find by themselves, unless `-Dengine=PATH`
/// names another for all servers of the run; and with `-Dengines=all` some tests on every installed
/// one besides, each of which has to be there: those of `tests/engines/list`. With
/// `-Dengines=found` they are those that are in the directory, at least one.
final class EngineRuns {
    private static final String ENGINES = System.getProperty("engines", "");
    private static final boolean EACH_OF_THE_LIST = ENGINES.equals("all");
    private static final boolean ALL = EACH_OF_THE_LIST || ENGINES.equals("found");

    private EngineRuns() {}

    /// The engine that every server of this run is started with, or null for what it finds.
    static @Nullable Path forAllServers() {
        var named = System.getProperty("engine", "");
        return named.isEmpty() ? null : Path.of(named);
    }

    /// One run of a test.
    ///
    /// @param engine null for what servers find by themselves
    record Run(String name, @Nullable EngineBinary engine) {
        private static final Run ON_WHAT_IS_FOUND = new Run("what is found", null);

        /// Its program, if it is a certain one.
        @Nullable Path program() {
            return engine == null ? null : engine.path();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /// On what servers find by themselves, and with `-Dengines=all` on every installed engine.
    static Stream<Run> usual() {
        return ALL ? all() : Stream.of(Run.ON_WHAT_IS_FOUND);
    }

    /// The same with every installed engine in every run: for tests that take a moment.
    static Stream<Run> all() {
        return Stream.concat(
                Stream.of(Run.ON_WHAT_IS_FOUND),
                InstalledEngines.found().stream()
                        .map(each -> new Run(each.getName(), each.getPayload())));
    }

    /// Whether this run takes every installed engine.
    static boolean areAllWanted() {
        return ALL;
    }

    /// Whether it is to fail when one is missing that could be fetched.
    static boolean isEachOfTheListWanted() {
        return EACH_OF_THE_LIST;
    }

    /// Skips a test that is one too many for an ordinary run.
    static void assumeAllAreWanted() {
        Assumptions.assumeTrue(ALL, "it runs with -Dengines=all");
    }
}
