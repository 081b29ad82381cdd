package dev.keepsake.control;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Tags of all resources: TagResource, UntagResource and ListTags.
public final class Tags {
    private final ControlState state;
    private final ClusterLookup clusters;
    private final SnapshotLookup snapshots;
    private final Access access;
    private final Parameters parameters;
    private final Subnets subnets;

    Tags(
            ControlState state,
            ClusterLookup clusters,
            SnapshotLookup snapshots,
            Access access,
            Parameters parameters,
            Subnets subnets) {
        this.state = state;
        this.clusters = clusters;
        this.snapshots = snapshots;
        this.access = access;
        this.parameters = parameters;
        this.subnets = subnets;
    }

    /// TagResource.
    ///
    /// @return all tags of the resource after the call, by key
    public Decision<Map<String, String>> tag(
            @Nullable String arn,
            @Nullable List<CreateClusterRequest.Tag> given,
            String account,
            String region) {
        var resource = existing(arn, account, region);
        var added = TagRules.check(given);
        if (added.isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("Tags is required.");
        }
        var next = new TreeMap<>(of(resource));
        next.putAll(added);
        TagRules.expectNotTooMany(next);
        return new Decision<>(List.of(changed(resource, next)), next);
    }

    /// UntagResource.
    public Decision<Map<String, String>> untag(
            @Nullable String arn, @Nullable List<String> keys, String account, String region) {
        var resource = existing(arn, account, region);
        if (keys == null || keys.isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("TagKeys is required.");
        }
        var next = new TreeMap<>(of(resource));
        for (String key : keys) {
            if (next.remove(key) == null) {
                throw Fault.TAG_NOT_FOUND.because("The resource has no tag %s.", key);
            }
        }
        return new Decision<>(List.of(changed(resource, next)), next);
    }

    /// ListTags.
    public Map<String, String> list(@Nullable String arn, String account, String region) {
        return new TreeMap<>(of(existing(arn, account, region)));
    }

    /// The tags of a resource.
    Map<String, String> of(Resource resource) {
        if (resource.kind() == Resource.Kind.CLUSTER) {
            return state.cluster(resource.region(), resource.name())
                    .map(cluster -> cluster.spec().tags())
                    .orElse(Map.of());
        }
        return state.tags(resource);
    }

    private ControlRecord changed(Resource resource, Map<String, String> next) {
        if (resource.kind() != Resource.Kind.CLUSTER) {
            return new ControlRecord.TagsChanged(resource, next);
        }
        var cluster = state.cluster(resource.region(), resource.name()).orElseThrow();
        return new ControlRecord.ClusterChanged(cluster.spec().withTags(next));
    }

    private Resource existing(@Nullable String arn, String account, String region) {
        var resource = Resource.ofArn(Requests.required("ResourceArn", arn), account, region);
        String name = resource.name();
        switch (resource.kind()) {
            case CLUSTER -> {
                var cluster = clusters.existing(region, name);
                if (cluster.status() == ClusterState.Status.DELETING) {
                    throw Fault.INVALID_CLUSTER_STATE.because(
                            "Cluster %s is deleting; its tags go with it.", name);
                }
            }
            case ACL -> access.existingAcl(region, name);
            case USER -> access.existingUser(region, name);
            case SNAPSHOT -> snapshots.existing(region, name);
            case PARAMETER_GROUP -> parameters.existing(region, name);
            case SUBNET_GROUP -> subnets.existing(region, name);
            case RESERVED_NODE -> {
                if (state.reservations().find(region, name).isEmpty()) {
                    throw Fault.INVALID_ARN.because("Reserved node %s not found.", name);
                }
            }
            case MULTI_REGION_CLUSTER -> // there never are any
                    throw MultiRegion.notFound(name);
            case MULTI_REGION_PARAMETER_GROUP -> MultiRegion.existingGroup(name);
        }
        return resource;
    }
}
