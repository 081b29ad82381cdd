package dev.keepsake.control;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Tags of all resources: TagResource, UntagResource, ListTags, and the limits of the service.
public final class Tags {
    private static final int TAGS_MAX = 50;
    private static final Pattern KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}");
    private static final Pattern VALUE = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,256}");
    private static final List<String> RESERVED = List.of("aws:", "memorydb:");

    private final ControlState state;
    private final ControlPlane plane;

    Tags(ControlState state, ControlPlane plane) {
        this.state = state;
        this.plane = plane;
    }

    /// TagResource.
    ///
    /// @return all tags that the resource has then, by key
    public Decision<Map<String, String>> tag(
            @Nullable String arn,
            @Nullable List<CreateClusterRequest.Tag> given,
            String account,
            String region) {
        var resource = existing(arn, account, region);
        var added = check(given);
        if (added.isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("Tags is required.");
        }
        var next = new TreeMap<>(of(resource));
        next.putAll(added);
        expectNotTooMany(next);
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
        var resource =
                Resource.ofArn(ClusterRequests.required("ResourceArn", arn), account, region);
        String name = resource.name();
        switch (resource.kind()) {
            case CLUSTER -> {
                var cluster = plane.existing(region, name);
                if (cluster.status() == ClusterState.Status.DELETING) {
                    throw Fault.INVALID_CLUSTER_STATE.because(
                            "Cluster %s is deleting; its tags go with it.", name);
                }
            }
            case ACL -> plane.access().existingAcl(region, name);
            case USER -> plane.access().existingUser(region, name);
            case SNAPSHOT -> plane.snapshots().existing(region, name);
            case PARAMETER_GROUP -> plane.parameters().existing(region, name);
            case SUBNET_GROUP -> plane.subnets().existing(region, name);
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

    /// Checks tags as they are given when a resource is created.
    static Map<String, String> check(@Nullable List<CreateClusterRequest.Tag> given) {
        var tags = new HashMap<String, String>();
        for (var tag : given == null ? List.<CreateClusterRequest.Tag>of() : given) {
            String key = tag.key();
            String value = tag.value() == null ? "" : tag.value();
            if (key == null
                    || !KEY.matcher(key).matches()
                    || isReserved(key)
                    || !VALUE.matcher(value).matches()) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "Tag %s is not valid: keys have 1 to 128 characters and do not begin with %s,"
                                + " values at most 256; letters, digits, spaces and _.:/=+-@ are"
                                + " allowed.",
                        String.valueOf(key), String.join(" or ", RESERVED));
            }
            if (tags.put(key, value) != null) {
                throw Fault.INVALID_PARAMETER_VALUE.because("Tag %s is given twice.", key);
            }
        }
        expectNotTooMany(tags);
        ClusterRequests.checkDrillTags(tags);
        return tags;
    }

    private static boolean isReserved(String key) {
        String lower = key.toLowerCase(Locale.ROOT);
        return RESERVED.stream().anyMatch(lower::startsWith);
    }

    private static void expectNotTooMany(Map<String, String> tags) {
        if (tags.size() > TAGS_MAX) {
            throw Fault.TAG_QUOTA_EXCEEDED.because(
                    "%d tags were given; a resource has at most %d.", tags.size(), TAGS_MAX);
        }
    }

    /// The record that gives a new resource its tags, when it has some.
    static List<ControlRecord> onCreation(Resource resource, Map<String, String> tags) {
        return tags.isEmpty() ? List.of() : List.of(new ControlRecord.TagsChanged(resource, tags));
    }
}
