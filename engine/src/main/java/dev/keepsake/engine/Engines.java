package dev.keepsake.engine;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.Comparator;
import java.util.List;

/// The engine programs of this machine, at least one. Immutable.
///
/// @param all in the order of preference among equals
public record Engines(List<EngineBinary> all) {
    private static final int MINORS = 1_000; // more than a major version has

    public Engines {
        all = List.copyOf(all);
        checkArgument(!all.isEmpty(), "there is no engine");
    }

    /// The one that is preferred when it does not matter.
    public EngineBinary first() {
        return all.getFirst();
    }

    /// The program that comes nearest to what is asked for: one of that name before any other, then
    /// the nearest version, of two as near the newer.
    ///
    /// @param name `redis` or `valkey`
    /// @param version such as `7.1`
    public EngineBinary nearest(String name, String version) {
        int wanted = number(version);
        return all.stream()
                .min(
                        Comparator.comparing((EngineBinary each) -> !each.name().equals(name))
                                .thenComparingInt(each -> Math.abs(number(each.version()) - wanted))
                                .thenComparingInt(each -> -number(each.version())))
                .orElseThrow();
    }

    /// Major and minor version as one number.
    private static int number(String version) {
        var parts = version.split("\\.", -1);
        return Integer.parseInt(parts[0]) * MINORS + Integer.parseInt(parts[1]);
    }
}
