package dev.keepsake.drill;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.Arrays;
import java.util.stream.LongStream;

/// How long writers had to wait for an acknowledgement.
///
/// @param p50Ms the median over the writers, in milliseconds
/// @param maxMs the longest wait, in milliseconds
public record Outage(double p50Ms, double maxMs) {
    static final Outage NONE = new Outage(0, 0);

    /// The outage from gaps in nanoseconds, at least one.
    static Outage of(LongStream gapsNs) {
        long[] sorted = gapsNs.sorted().toArray();
        checkArgument(
                sorted.length > 0, "no gaps; expected at least one: %s", Arrays.toString(sorted));
        return new Outage(ms(sorted[(sorted.length - 1) / 2]), ms(sorted[sorted.length - 1]));
    }

    /// Milliseconds with one decimal; more would suggest a precision that scheduling does not have.
    private static double ms(long ns) {
        return Math.round(ns / 100_000.0) / 10.0;
    }
}
