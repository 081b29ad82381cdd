package dev.keepsake.control;

import java.util.List;
import java.util.Optional;

/// A node type and the memory that it gives its engine. Of two types with equal memory, the newer
/// one comes last. Source: the service's page of node-specific parameters.
public record NodeType(String name, long maxmemoryBytes) {
    private static final List<NodeType> ALL =
            List.of(
                    new NodeType("db.t4g.small", 1_471_026_299L),
                    new NodeType("db.t4g.medium", 3_317_862_236L),
                    new NodeType("db.r6g.large", 14_037_181_030L),
                    new NodeType("db.r6g.xlarge", 28_261_849_702L),
                    new NodeType("db.r6g.2xlarge", 56_711_183_565L),
                    new NodeType("db.r6g.4xlarge", 113_609_865_216L),
                    new NodeType("db.r6g.8xlarge", 225_000_375_228L),
                    new NodeType("db.r6g.12xlarge", 341_206_346_547L),
                    new NodeType("db.r6g.16xlarge", 450_000_750_456L),
                    new NodeType("db.r6gd.xlarge", 28_261_849_702L),
                    new NodeType("db.r6gd.2xlarge", 56_711_183_565L),
                    new NodeType("db.r6gd.4xlarge", 113_609_865_216L),
                    new NodeType("db.r6gd.8xlarge", 225_000_375_228L),
                    new NodeType("db.r7g.large", 14_037_181_030L),
                    new NodeType("db.r7g.xlarge", 28_261_849_702L),
                    new NodeType("db.r7g.2xlarge", 56_711_183_565L),
                    new NodeType("db.r7g.4xlarge", 113_609_865_216L),
                    new NodeType("db.r7g.8xlarge", 225_000_375_228L),
                    new NodeType("db.r7g.12xlarge", 341_206_346_547L),
                    new NodeType("db.r7g.16xlarge", 450_000_750_456L));

    static List<NodeType> all() {
        return ALL;
    }

    /// The type with that name.
    public static Optional<NodeType> find(String name) {
        return ALL.stream().filter(type -> type.name().equals(name)).findFirst();
    }

    /// The type with that name.
    ///
    /// @throws ApiException when there is none
    static NodeType existing(String name) {
        return find(name)
                .orElseThrow(() ->
                        Fault.INVALID_PARAMETER_VALUE.because(
                                "NodeType %s is not known; expected one such as"
                                        + " db.t4g.small or db.r7g.large.",
                                name));
    }

    /// Whether clusters of this type have data tiering. No other clusters have it.
    boolean isTiered() {
        return name.startsWith("db.r6gd.");
    }

    /// Whether clusters that span regions may have this type: r7g from xlarge on.
    boolean isForMultiRegion() {
        return name.startsWith("db.r7g.") && !name.endsWith(".large");
    }

    /// The types that a cluster of this type may grow to: more memory, or equal memory of a newer
    /// generation.
    List<String> larger() {
        return names(
                ALL.stream()
                        .filter(other ->
                                other.isTiered() == isTiered() && compareMemoryAndAge(other) > 0)
                        .toList());
    }

    /// The types that it may shrink to: less memory, or equal memory of an older generation.
    List<String> smaller() {
        return names(
                ALL.stream()
                        .filter(other ->
                                other.isTiered() == isTiered() && compareMemoryAndAge(other) < 0)
                        .toList());
    }

    private int compareMemoryAndAge(NodeType other) {
        return other.maxmemoryBytes == maxmemoryBytes
                ? Integer.compare(ALL.indexOf(other), ALL.indexOf(this))
                : Long.compare(other.maxmemoryBytes, maxmemoryBytes);
    }

    private static List<String> names(List<NodeType> types) {
        return types.stream().map(NodeType::name).toList();
    }
}
