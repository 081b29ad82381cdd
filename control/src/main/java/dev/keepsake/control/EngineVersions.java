package dev.keepsake.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// One engine version that clusters may request. [#all] lists them, the newest of each engine last.
///
/// The cluster runs on the installed engine that is nearest to the requested version; its patch
/// version says which one that is. See [InstalledEngines].
public record EngineVersions(String engine, String version) {
    private static final List<EngineVersions> ALL =
            List.of(
                    new EngineVersions("redis", "6.2"),
                    new EngineVersions("redis", "7.0"),
                    new EngineVersions("redis", "7.1"),
                    new EngineVersions("valkey", "7.2"),
                    new EngineVersions("valkey", "7.3"));

    /// All versions.
    public static List<EngineVersions> all() {
        return ALL;
    }

    /// The family of the version's parameter groups.
    public String family() {
        return "memorydb_%s%s".formatted(engine, version.substring(0, 1));
    }

    /// The engine that a request names, or the default engine.
    static String engine(@Nullable String given) {
        String engine = given == null ? "redis" : given.toLowerCase(Locale.ROOT);
        if (of(engine).isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "Engine %s is not known; expected redis or valkey.", engine);
        }
        return engine;
    }

    /// The version that a request names, or the engine's default.
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

    /// Whether a cluster may be upgraded from one version to the other: to a newer version of the
    /// same engine, or from Redis to Valkey, but never back.
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
    /// @param offered which versions clusters may request
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
