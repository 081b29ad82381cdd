package dev.keepsake.control;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One parameter group, as all records so far have made it. Immutable.
///
/// @param values the values that differ from the family's defaults
public record ParameterGroup(
        String region,
        String name,
        String family,
        @Nullable String description,
        Map<String, String> values) {
    public ParameterGroup {
        values = Map.copyOf(values);
    }

    Resource resource() {
        return new Resource(region, Resource.Kind.PARAMETER_GROUP, name);
    }

    ParameterGroup with(Map<String, String> next) {
        return new ParameterGroup(region, name, family, description, next);
    }
}
