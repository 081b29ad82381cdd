package dev.keepsake.control;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Resources of one kind, by region and name. Owned by [ControlState].
final class Regional<T> {
    private final Map<String, TreeMap<String, T>> byRegion = new TreeMap<>();

    Optional<T> find(String region, String name) {
        return Optional.ofNullable(inRegion(region).get(name));
    }

    /// The resources of a region, by name.
    Collection<T> all(String region) {
        return inRegion(region).values();
    }

    List<T> all() {
        return byRegion.values().stream().flatMap(found -> found.values().stream()).toList();
    }

    void put(String region, String name, T resource) {
        byRegion.computeIfAbsent(region, missing -> new TreeMap<>()).put(name, resource);
    }

    void remove(String region, String name) {
        byRegion.computeIfPresent(
                region,
                (key, found) -> {
                    found.remove(name);
                    return found.isEmpty() ? null : found;
                });
    }

    void clear() {
        byRegion.clear();
    }

    // Any caller may ask for any region, so a read must not store an empty map.
    private Map<String, T> inRegion(String region) {
        var found = byRegion.get(region);
        return found == null ? Map.of() : found;
    }
}
