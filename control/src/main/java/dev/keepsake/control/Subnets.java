package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Subnet groups. Keepsake has no network of subnets: every id of the right form is a subnet. Its
/// zone is computed from the id, and all subnets of a region are in one VPC.
public final class Subnets {
    private static final int GROUPS_MAX = 300;
    private static final int SUBNETS_MAX = 20;
    private static final int NAME_MAX = 255;
    private static final Pattern ID = Pattern.compile("subnet-[0-9a-z]{1,40}");

    private final ControlState state;

    Subnets(ControlState state) {
        this.state = state;
    }

    /// CreateSubnetGroup.
    public Decision<SubnetGroup> create(
            String region,
            @Nullable String groupName,
            @Nullable String description,
            @Nullable List<String> subnetIds,
            @Nullable List<CreateClusterRequest.Tag> tags,
            Instant now) {
        String name = Requests.name("SubnetGroupName", groupName, NAME_MAX);
        var subnets = subnets(region, subnetIds == null ? List.of() : subnetIds);
        var checkedTags = TagRules.check(tags);
        if (find(region, name) != null) {
            throw Fault.SUBNET_GROUP_ALREADY_EXISTS.because(
                    "Subnet group %s already exists.", name);
        }
        if (state.subnetGroups().all(region).size() + 1 >= GROUPS_MAX) {
            throw Fault.SUBNET_GROUP_QUOTA_EXCEEDED.because(
                    "There are %d subnet groups already.", GROUPS_MAX);
        }
        var group = new SubnetGroup(region, name, description, subnets);
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.SubnetGroupChanged(group));
        records.addAll(TagRules.onCreation(group.resource(), checkedTags));
        records.add(
                Events.of(group.resource(), now, "Create subnet-group %s operation completed."));
        return new Decision<>(records, group);
    }

    /// UpdateSubnetGroup.
    public Decision<SubnetGroup> update(
            String region,
            @Nullable String groupName,
            @Nullable String description,
            @Nullable List<String> subnetIds,
            Instant now) {
        var group = existing(region, groupName);
        if (group.name().equals(SubnetGroup.DEFAULT_NAME)) {
            throw Fault.SUBNET_NOT_ALLOWED.because("The subnet group default can't be changed.");
        }
        var subnets = subnetIds == null ? group.subnets() : subnets(region, subnetIds);
        var kept = subnets.stream().map(SubnetGroup.Subnet::availabilityZone).toList();
        for (var subnet : group.subnets()) {
            if (!kept.contains(subnet.availabilityZone()) && isUsed(group, subnet)) {
                throw Fault.SUBNET_IN_USE.because(
                        "Subnet %s is in use: nodes of a cluster are in its zone %s.",
                        subnet.id(), subnet.availabilityZone());
            }
        }
        var next =
                new SubnetGroup(
                        region,
                        group.name(),
                        description == null ? group.description() : description,
                        subnets);
        return new Decision<>(
                List.of(
                        new ControlRecord.SubnetGroupChanged(next),
                        Events.of(
                                next.resource(),
                                now,
                                "Update subnet-group %s operation completed.")),
                next);
    }

    /// DeleteSubnetGroup.
    public Decision<SubnetGroup> delete(String region, @Nullable String groupName, Instant now) {
        var group = existing(region, groupName);
        if (group.name().equals(SubnetGroup.DEFAULT_NAME)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "The subnet group default can't be deleted.");
        }
        for (var cluster : state.clusters(region)) {
            if (cluster.spec().subnetGroupName().equals(group.name())) {
                throw Fault.SUBNET_GROUP_IN_USE.because(
                        "Subnet group %s is in use by cluster %s.",
                        group.name(), cluster.spec().id().name());
            }
        }
        return new Decision<>(
                List.of(
                        new ControlRecord.SubnetGroupRemoved(region, group.name()),
                        Events.of(
                                group.resource(),
                                now,
                                "Delete subnet-group %s operation completed.")),
                group);
    }

    /// DescribeSubnetGroups, ordered by name.
    public Page<SubnetGroup> describe(
            String region,
            @Nullable String groupName,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.pageSize(maxResults);
        if (groupName != null) {
            return new Page<>(List.of(existing(region, groupName)), null);
        }
        var all = new ArrayList<SubnetGroup>(state.subnetGroups().all(region));
        all.add(standard(region));
        all.sort((a, b) -> a.name().compareTo(b.name()));
        return Page.of("DescribeSubnetGroups", all, SubnetGroup::name, size, nextToken);
    }

    /// The VPC that all subnets of a region are in.
    public static String vpcOf(String region) {
        return "vpc-%08x".formatted(hash(region));
    }

    /// @throws ApiException when no group has this name
    SubnetGroup existing(String region, @Nullable String groupName) {
        String name = Requests.required("SubnetGroupName", groupName).toLowerCase(Locale.ROOT);
        var group = find(region, name);
        if (group == null) {
            throw Fault.SUBNET_GROUP_NOT_FOUND.because("Subnet group %s not found.", name);
        }
        return group;
    }

    private @Nullable SubnetGroup find(String region, String name) {
        return name.equals(SubnetGroup.DEFAULT_NAME)
                ? standard(region)
                : state.subnetGroups().find(region, name).orElse(null);
    }

    private static SubnetGroup standard(String region) {
        var subnets = new ArrayList<SubnetGroup.Subnet>();
        for (char zone = 'a'; zone <= 'c'; zone++) {
            String in = region + zone;
            subnets.add(new SubnetGroup.Subnet("subnet-%08x".formatted(hash(in)), in));
        }
        return new SubnetGroup(region, SubnetGroup.DEFAULT_NAME, null, subnets);
    }

    private boolean isUsed(SubnetGroup group, SubnetGroup.Subnet subnet) {
        return state.clusters(group.region()).stream()
                .filter(cluster -> cluster.spec().subnetGroupName().equals(group.name()))
                .flatMap(cluster -> cluster.spec().nodes())
                .anyMatch(node -> node.availabilityZone().equals(subnet.availabilityZone()));
    }

    private static List<SubnetGroup.Subnet> subnets(String region, List<String> ids) {
        if (ids.isEmpty()) {
            throw Fault.INVALID_SUBNET.because(
                    "SubnetIds is empty; expected 1 to %d.", SUBNETS_MAX);
        }
        if (ids.size() > SUBNETS_MAX) {
            throw Fault.SUBNET_QUOTA_EXCEEDED.because(
                    "%d subnets were given; a group has at most %d.", ids.size(), SUBNETS_MAX);
        }
        var subnets = new ArrayList<SubnetGroup.Subnet>();
        for (String id : ids) {
            if (!ID.matcher(id).matches()) {
                throw Fault.INVALID_SUBNET.because(
                        "Subnet %s is not valid; expected one such as subnet-0a1b2c3d.", id);
            }
            var subnet = new SubnetGroup.Subnet(id, region + (char) ('a' + hash(id) % 3));
            if (subnets.contains(subnet)) {
                throw Fault.INVALID_SUBNET.because("Subnet %s is given twice.", id);
            }
            subnets.add(subnet);
        }
        return subnets;
    }

    private static long hash(String text) {
        var crc = new CRC32C();
        crc.update(text.getBytes(UTF_8));
        return crc.getValue();
    }

    /// The zone of the n-th node of a cluster in this group.
    static String zone(SubnetGroup group, int n) {
        var zones =
                group.subnets().stream()
                        .map(SubnetGroup.Subnet::availabilityZone)
                        .distinct()
                        .toList();
        return zones.get(n % zones.size());
    }
}
