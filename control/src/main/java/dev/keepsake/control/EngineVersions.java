package dev.keepsake.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The engine versions that clusters may ask for, one row each; the newest of an engine last.
///
/// Each is carried out by the engine of this machine that comes nearest to it, and the patch
/// version says which that is: [InstalledEngines].
public record EngineVersions(String engine, String version) {
    private static final List<EngineVersions> ALL =
            List.of(
                    new EngineVersions("redis", "6.2"),
                    new EngineVersions("redis", "7.0"),
                    new EngineVersions("redis", "7.1"),
                    new EngineVersions("valkey", "7.2"),
                    new EngineVersions("valkey", "7.3"));

    /// All of them.
    public static List<EngineVersions> all() {
        return ALL;
    }

    /// The parameter groups' family.
    public String family() {
        return "memorydb_%s%s".formatted(engine, version.substring(0, 1));
    }

    /// The engine of that name.
    static String engine(@Nullable String given) {
        String engine = given == null ? "redis" : given.toLowerCase(Locale.ROOT);
        if (of(engine).isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "Engine %s is not known; expected redis or valkey.", engine);
        }
        return engine;
    }

    /// The version, or the engine's default.
    static String version(String engine, @Nullable String given) {
        String version = given == null ? standard(engine) : given;
        var known = of(engine);
        if (!known.contains(version)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "EngineVersion %s is not known for %s; expected one of %s.",
                    version, engine, String.join(", ", known));
        }
        return version;
    }

    /// Whether a cluster may be upgraded from one to the other: to a newer version of its engine,
    /// or from Redis to Valkey, and never back.
    static boolean isUpgrade(String engine, String version, String toEngine, String toVersion) {
        return engine.equals(toEngine)
                ? toVersion.compareTo(version) > 0 // each is one digit, a point and another
                : toEngine.equals("valkey");
    }

    private static String standard(String engine) {
        return engine.equals("redis") ? "7.0" : "7.2";
    }

    private static List<String> of(String engine) {
        return ALL.stream()
                .filter(row -> row.engine.equals(engine))
                .map(EngineVersions::version)
                .toList();
    }

    /// DescribeEngineVersions.
    ///
    /// @param offered which of them clusters may ask for
    static Page<EngineVersions> describe(
            @Nullable String engine,
            @Nullable String version,
            @Nullable String family,
            boolean defaultOnly,
            Predicate<EngineVersions> offered,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        var found = new ArrayList<>(ALL);
        found.removeIf(offered.negate());
        if (engine != null) {
            String wanted = engine(engine);
            found.removeIf(row -> !row.engine.equals(wanted));
        }
        found.removeIf(row -> version != null && !row.version.equals(version));
        found.removeIf(row -> family != null && !row.family().equals(family));
        found.removeIf(row -> defaultOnly && !row.version.equals(standard(row.engine)));
        return Page.of(
                "DescribeEngineVersions", found, row -> row.engine + row.version, size, nextToken);
    }
}
