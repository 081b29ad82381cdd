package dev.keepsake.control;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Clusters that span regions. Keepsake has none: it checks a creation as the service does, and
/// then refuses it. The parameter groups that the service provides for such clusters can be
/// described.
public final class MultiRegion {
    private static final String ENGINE = "valkey";
    private static final String VERSION = "7.3";
    private static final int SUFFIX_MAX = 34; // the service puts six characters before it
    private static final Pattern SUFFIX = Pattern.compile("[a-z0-9](?:-?[a-z0-9])*");
    private static final List<String> SOURCES = List.of("user", "system", "engine-default");

    private static final ParameterGroup STANDARD =
            new ParameterGroup(
                    "", // belongs to no region
                    "default.memorydb-valkey7.multiregion",
                    "memorydb_valkey7",
                    "Default multi-Region parameter group for memorydb_valkey7",
                    Map.of());

    /// The input of CreateMultiRegionCluster. Null means "not given".
    public record Create(
            @Nullable String suffix,
            @Nullable String nodeType,
            @Nullable String engine,
            @Nullable String engineVersion,
            @Nullable String parameterGroupName,
            @Nullable Integer numShards,
            @Nullable List<CreateClusterRequest.Tag> tags) {}

    MultiRegion() {}

    /// CreateMultiRegionCluster, which is always refused: because of an error in the request, or
    /// because Keepsake does not support it.
    ///
    /// @return the refusal
    public ApiException refusal(Create create) {
        String suffix =
                Requests.required("MultiRegionClusterNameSuffix", create.suffix())
                        .toLowerCase(Locale.ROOT);
        if (suffix.length() > SUFFIX_MAX || !SUFFIX.matcher(suffix).matches()) {
            return Fault.INVALID_PARAMETER_VALUE.because(
                    "MultiRegionClusterNameSuffix %s is not valid: 1 to %d letters, digits or"
                            + " hyphens, without two hyphens in a row or one at an end.",
                    suffix, SUFFIX_MAX);
        }
        var type = NodeType.existing(Requests.required("NodeType", create.nodeType()));
        if (!type.isForMultiRegion()) {
            return Fault.INVALID_PARAMETER_VALUE.because(
                    "NodeType %s is not one of a multi-Region cluster; expected db.r7g.xlarge or"
                            + " larger.",
                    type.name());
        }
        String engine = create.engine() == null ? ENGINE : EngineVersions.engine(create.engine());
        String version =
                EngineVersions.version(
                        engine,
                        create.engineVersion() == null && engine.equals(ENGINE)
                                ? VERSION
                                : create.engineVersion());
        if (!engine.equals(ENGINE) || !version.equals(VERSION)) {
            return Fault.INVALID_PARAMETER_COMBINATION.because(
                    "A multi-Region cluster does not run on %s %s; expected %s %s.",
                    engine, version, ENGINE, VERSION);
        }
        Requests.shardCount("NumShards", create.numShards());
        TagRules.check(create.tags());
        if (create.parameterGroupName() != null) {
            existingGroup(create.parameterGroupName());
        }
        return Requests.notYet("A multi-Region cluster", "create a cluster in one region");
    }

    /// The answer to every call that names a multi-Region cluster.
    public static ApiException notFound(@Nullable String name) {
        return Fault.MULTI_REGION_CLUSTER_NOT_FOUND.because(
                "Multi-Region cluster %s not found.",
                Requests.required("MultiRegionClusterName", name).toLowerCase(Locale.ROOT));
    }

    /// DescribeMultiRegionParameterGroups.
    public Page<ParameterGroup> groups(
            @Nullable String name, @Nullable Integer maxResults, @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        if (name != null) {
            return new Page<>(List.of(existingGroup(name)), null);
        }
        return Page.of(
                "DescribeMultiRegionParameterGroups",
                List.of(STANDARD),
                ParameterGroup::name,
                size,
                nextToken);
    }

    /// DescribeMultiRegionParameters: all values are the engine's defaults.
    public Page<Parameters.Setting> parameters(
            @Nullable String group,
            @Nullable String source,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        Requests.expectOneOf("Source", source, SOURCES);
        var found = existingGroup(group);
        var all =
                source == null || source.equals("engine-default")
                        ? Parameter.ofFamily(found.family())
                        : List.<Parameter>of();
        var page = Page.of("DescribeMultiRegionParameters", all, Parameter::name, size, nextToken);
        return new Page<>(
                page.items().stream()
                        .map(parameter ->
                                new Parameters.Setting(parameter, parameter.standard(), VERSION))
                        .toList(),
                page.nextToken());
    }

    static ParameterGroup existingGroup(@Nullable String given) {
        String name =
                Requests.required("MultiRegionParameterGroupName", given).toLowerCase(Locale.ROOT);
        if (!name.equals(STANDARD.name())) {
            throw Fault.MULTI_REGION_PARAMETER_GROUP_NOT_FOUND.because(
                    "Multi-Region parameter group %s not found.", name);
        }
        return STANDARD;
    }
}
