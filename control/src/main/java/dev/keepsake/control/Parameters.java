package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Parameter groups: the defaults of the families, and the values that groups change. A change
/// concerns every cluster that uses the group; such a cluster shows `applying` until its engines
/// have applied the change.
public final class Parameters {
    private static final int GROUPS_MAX = 300;
    private static final int PER_CALL_MAX = 20;
    private static final int NAME_MAX = 255;
    private static final List<String> FAMILIES =
            List.of("memorydb_redis6", "memorydb_redis7", "memorydb_valkey7");
    private static final List<String> SEARCH_FAMILIES =
            List.of("memorydb_redis7", "memorydb_valkey7");
    private static final String SEARCH = "search-enabled";
    private static final String POLICY = "maxmemory-policy";

    /// The policies that data tiering allows. Source: the service's page of its limitations.
    private static final List<String> TIERED_POLICIES =
            List.of("noeviction", "volatile-lru", "allkeys-lru");

    private final ControlState state;
    private final StatusPace pace;

    Parameters(ControlState state, StatusPace pace) {
        this.state = state;
        this.pace = pace;
    }

    /// A parameter and its value in a group.
    public record Setting(
            Parameter parameter, @Nullable String value, String minimumEngineVersion) {}

    /// CreateParameterGroup.
    public Decision<ParameterGroup> create(
            String region,
            @Nullable String groupName,
            @Nullable String family,
            @Nullable String description,
            @Nullable List<CreateClusterRequest.Tag> tags,
            Instant now) {
        String name = Requests.name("ParameterGroupName", groupName, NAME_MAX);
        String of = Requests.required("Family", family);
        Requests.expectOneOf("Family", of, FAMILIES);
        var checkedTags = TagRules.check(tags);
        if (find(region, name) != null) {
            throw Fault.PARAMETER_GROUP_ALREADY_EXISTS.because(
                    "Parameter group %s already exists.", name);
        }
        if (state.parameterGroups().all(region).size() + FAMILIES.size() >= GROUPS_MAX) {
            throw Fault.PARAMETER_GROUP_QUOTA_EXCEEDED.because(
                    "There are %d parameter groups already.", GROUPS_MAX);
        }
        var group = new ParameterGroup(region, name, of, description, Map.of());
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.ParameterGroupChanged(group));
        records.addAll(TagRules.onCreation(group.resource(), checkedTags));
        records.add(
                Events.of(group.resource(), now, "Create parameter-group %s operation completed."));
        return new Decision<>(records, group);
    }

    /// UpdateParameterGroup.
    ///
    /// @param values in the order of the request; a name or value may be missing
    public Decision<ParameterGroup> update(
            String region,
            @Nullable String groupName,
            @Nullable List<Map.Entry<String, String>> values,
            Instant now) {
        var group = changeable(region, groupName);
        if (values == null || values.isEmpty() || values.size() > PER_CALL_MAX) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "ParameterNameValues has %d items; expected 1 to %d.",
                    values == null ? 0 : values.size(), PER_CALL_MAX);
        }
        var next = new HashMap<>(group.values());
        var names = new HashSet<String>();
        for (var value : values) {
            if (!names.add(value.getKey())) {
                throw Fault.INVALID_PARAMETER_COMBINATION.because(
                        "Parameter %s is given twice.", value.getKey());
            }
            set(group, next, value.getKey(), value.getValue());
        }
        return changed(group, next, now);
    }

    private static void set(
            ParameterGroup group, Map<String, String> next, String name, String value) {
        var parameter = known(group, name);
        if (!parameter.allows(value)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s is not a value of %s; expected %s.",
                    value,
                    name,
                    parameter.allowed() == null ? "one it knows" : parameter.allowed());
        }
        boolean same = value.equals(parameter.standard());
        if (!same && !parameter.carriedOut()) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "%s cannot be changed in this version of Keepsake; its value is %s.",
                    name, String.valueOf(parameter.standard()));
        }
        if (same || (value.isEmpty() && parameter.standard() == null)) {
            next.remove(name);
        } else {
            next.put(name, value);
        }
    }

    /// ResetParameterGroup.
    public Decision<ParameterGroup> reset(
            String region,
            @Nullable String groupName,
            @Nullable Boolean all,
            @Nullable List<String> names,
            Instant now) {
        var group = changeable(region, groupName);
        boolean everything = Boolean.TRUE.equals(all);
        boolean some = names != null && !names.isEmpty();
        if (everything == some) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Give either AllParameters or ParameterNames.");
        }
        var next = new HashMap<>(group.values());
        if (everything || names == null) {
            next.clear();
        } else {
            if (names.size() > PER_CALL_MAX) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "ParameterNames has %d items; expected 1 to %d.",
                        names.size(), PER_CALL_MAX);
            }
            names.forEach(name -> next.remove(known(group, name).name()));
        }
        return changed(group, next, now);
    }

    private Decision<ParameterGroup> changed(
            ParameterGroup group, Map<String, String> values, Instant now) {
        var next = group.with(values);
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.ParameterGroupChanged(next));
        for (var cluster : state.clusters(group.region())) {
            if (cluster.spec().parameterGroupName().equals(group.name())) {
                if (cluster.spec().dataTiering()) {
                    expectFitsDataTiering(next);
                }
                records.add(new ControlRecord.ParametersPending(cluster.spec().id(), now));
            }
        }
        records.add(Events.of(group.resource(), now, "Updated parameter group %s"));
        return new Decision<>(records, next);
    }

    /// DeleteParameterGroup.
    public Decision<ParameterGroup> delete(String region, @Nullable String groupName, Instant now) {
        var group = changeable(region, groupName);
        for (var cluster : state.clusters(region)) {
            if (cluster.spec().parameterGroupName().equals(group.name())) {
                throw Fault.INVALID_PARAMETER_GROUP_STATE.because(
                        "Parameter group %s is in use by cluster %s.",
                        group.name(), cluster.spec().id().name());
            }
        }
        return new Decision<>(
                List.of(
                        new ControlRecord.ParameterGroupRemoved(region, group.name()),
                        Events.of(
                                group.resource(),
                                now,
                                "Delete parameter-group %s operation completed.")),
                group);
    }

    /// DescribeParameterGroups, ordered by name.
    public Page<ParameterGroup> describe(
            String region,
            @Nullable String groupName,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        if (groupName != null) {
            return new Page<>(List.of(existing(region, groupName)), null);
        }
        var all = new ArrayList<ParameterGroup>(state.parameterGroups().all(region));
        all.addAll(standards(region));
        all.sort((a, b) -> a.name().compareTo(b.name()));
        return Page.of("DescribeParameterGroups", all, ParameterGroup::name, size, nextToken);
    }

    /// DescribeParameters, ordered by name.
    public Page<Setting> describeParameters(
            String region,
            @Nullable String groupName,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        var group = existing(region, groupName);
        var page =
                Page.of(
                        "DescribeParameters",
                        Parameter.ofFamily(group.family()),
                        Parameter::name,
                        size,
                        nextToken);
        String since = Parameter.minimumEngineVersion(group.family());
        var shown = new ArrayList<Setting>();
        for (var parameter : page.items()) {
            String own = group.values().get(parameter.name());
            shown.add(new Setting(parameter, own == null ? parameter.standard() : own, since));
        }
        return new Page<>(shown, page.nextToken());
    }

    /// The values that the nodes of a cluster have to run with, by name: directives of the engine,
    /// and values of the front (see [Parameter#isOfFront]).
    public Map<String, String> of(ClusterSpec cluster) {
        var group = find(cluster.id().region(), cluster.parameterGroupName());
        var values = new TreeMap<String, String>();
        if (group != null) {
            for (var parameter : Parameter.ofFamily(group.family())) {
                String own = group.values().get(parameter.name());
                String value = own == null ? parameter.standard() : own;
                if (parameter.carriedOut()) {
                    values.put(parameter.name(), value == null ? "" : value);
                }
            }
        }
        return values;
    }

    /// Reports the values that all engines of a cluster run with.
    public Decision<Boolean> settle(ClusterId id, Map<String, String> applied, Instant now) {
        var cluster = state.cluster(id).orElse(null);
        if (cluster == null
                || !cluster.parametersPending()
                || !StatusPace.isOver(cluster.parametersSince(), pace.settling(), now)
                || !of(cluster.spec()).equals(applied)) {
            return new Decision<>(List.of(), false);
        }
        return new Decision<>(
                List.of(
                        new ControlRecord.ParametersApplied(id),
                        Events.ofCluster(id, now, "Updated parameter group for the cluster")),
                true);
    }

    /// The name of the group for a cluster with that engine.
    ///
    /// @throws ApiException when no group has this name, or it belongs to another family
    String usable(String region, String engine, String version, @Nullable String given) {
        String family = "memorydb_%s%s".formatted(engine, version.substring(0, 1));
        var group = given == null ? standard(region, family) : existing(region, given);
        if (!group.family().equals(family)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Parameter group %s does not fit %s %s; expected %s or another of %s.",
                    group.name(), engine, version, standard(region, family).name(), family);
        }
        if (group.values().containsKey(SEARCH)) {
            throw Requests.notYet(
                    "Vector search, which parameter group %s enables,".formatted(group.name()),
                    "take " + standard(region, family).name());
        }
        return group.name();
    }

    /// @throws ApiException when the group's eviction policy is not allowed with data tiering
    void expectFitsDataTiering(String region, String groupName) {
        expectFitsDataTiering(existing(region, groupName));
    }

    private static void expectFitsDataTiering(ParameterGroup group) {
        String policy = group.values().get(POLICY);
        if (policy != null && !TIERED_POLICIES.contains(policy)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Parameter group %s has the maxmemory-policy %s; with data tiering it has to be one"
                            + " of %s.",
                    group.name(), policy, String.join(", ", TIERED_POLICIES));
        }
    }

    /// @throws ApiException when no group has this name
    ParameterGroup existing(String region, @Nullable String groupName) {
        String name = Requests.required("ParameterGroupName", groupName).toLowerCase(Locale.ROOT);
        var group = find(region, name);
        if (group == null) {
            throw Fault.PARAMETER_GROUP_NOT_FOUND.because("Parameter group %s not found.", name);
        }
        return group;
    }

    private ParameterGroup changeable(String region, @Nullable String groupName) {
        var group = existing(region, groupName);
        if (isStandard(group.name())) {
            throw Fault.INVALID_PARAMETER_GROUP_STATE.because(
                    "The default parameter group %s can't be changed or deleted.", group.name());
        }
        return group;
    }

    /// Whether it is the default group of a family, which always exists.
    static boolean isStandard(String groupName) {
        return groupName.startsWith("default.");
    }

    private static Parameter known(ParameterGroup group, String name) {
        return Parameter.find(group.family(), name)
                .orElseThrow(() ->
                        Fault.INVALID_PARAMETER_VALUE.because(
                                "Parameter %s is not known in the family %s.",
                                name, group.family()));
    }

    private @Nullable ParameterGroup find(String region, String name) {
        for (var standard : standards(region)) {
            if (standard.name().equals(name)) {
                return standard;
            }
        }
        return state.parameterGroups().find(region, name).orElse(null);
    }

    /// The groups that exist in every region.
    private static List<ParameterGroup> standards(String region) {
        var all = new ArrayList<ParameterGroup>();
        FAMILIES.forEach(family -> all.add(standard(region, family)));
        SEARCH_FAMILIES.forEach(family -> {
            var plain = standard(region, family);
            all.add(
                    new ParameterGroup(
                            region,
                            plain.name() + ".search",
                            family,
                            plain.description() + " with search enabled",
                            Map.of(SEARCH, "yes")));
        });
        return all;
    }

    private static ParameterGroup standard(String region, String family) {
        return new ParameterGroup(
                region,
                "default." + family.replace('_', '-'),
                family,
                "Default parameter group for " + family,
                Map.of());
    }
}
