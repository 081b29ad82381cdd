package dev.keepsake.drill;

import java.util.List;

/// How many writes were acknowledged in each of equally long stretches of time, from the start of
/// the writers on.
///
/// @param stretchNs how long a stretch is, in nanoseconds
/// @param counts acknowledged writes, by stretch; the last one may be shorter
public record Throughput(long stretchNs, List<Long> counts) {
    static final Throughput NONE = new Throughput(1_000_000_000, List.of());

    public Throughput {
        counts = List.copyOf(counts);
    }

    double seconds() {
        return counts.size() * (stretchNs / 1e9);
    }

    double perSecond(int stretch) {
        return counts.get(stretch) * (1e9 / stretchNs);
    }
}
