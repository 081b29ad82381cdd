package dev.keepsake.control;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One subnet group, as all records so far have made it. Immutable.
public record SubnetGroup(
        String region, String name, @Nullable String description, List<Subnet> subnets) {
    static final String DEFAULT_NAME = "default";

    /// A subnet and its availability zone.
    public record Subnet(String id, String availabilityZone) {}

    public SubnetGroup {
        subnets = List.copyOf(subnets);
    }

    Resource resource() {
        return new Resource(region, Resource.Kind.SUBNET_GROUP, name);
    }
}
