package dev.keepsake.control;

import org.jspecify.annotations.Nullable;

/// The engine versions that clusters may request, and the installed engines for them.
final class OfferedEngines {
    private final InstalledEngines installed;
    private final boolean exact;

    /// @param exact whether clusters may request only installed versions
    OfferedEngines(InstalledEngines installed, boolean exact) {
        this.installed = installed;
        this.exact = exact;
    }

    /// The version of the engine that a cluster gets for a requested version.
    String patchVersion(String engine, String version) {
        return installed.nearest(engine, version).patchVersion();
    }

    /// @throws ApiException when only installed engines are offered, and this one is not installed
    void expectOffered(String engine, String version) {
        if (!isOffered(engine, version)) {
            var nearest = installed.nearest(engine, version);
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "EngineVersion %s of %s is not installed here, and --exact-engine-versions"
                            + " forbids to take %s %s instead.",
                    version, engine, nearest.engine(), nearest.patchVersion());
        }
    }

    private boolean isOffered(String engine, String version) {
        return !exact || installed.nearest(engine, version).is(engine, version);
    }

    /// DescribeEngineVersions: the versions that CreateCluster accepts.
    Page<EngineVersions> describe(
            @Nullable String engine,
            @Nullable String version,
            @Nullable String family,
            boolean defaultOnly,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        return EngineVersions.describe(
                engine,
                version,
                family,
                defaultOnly,
                row -> isOffered(row.engine(), row.version()),
                maxResults,
                nextToken);
    }
}
