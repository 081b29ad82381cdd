package dev.keepsake.drill;

import java.util.ArrayList;
import java.util.Arrays;

/// When writes were acknowledged, over a whole drill. All writers report to it: every method may be
/// called from any thread. Its memory is bounded: when a drill grows long, two stretches of time
/// become one.
final class AckHistory {
    private static final int STRETCHES = 1_024;
    private static final long FIRST_STRETCH_NS = 10_000_000;

    private final long startNs;
    private final long[] counts = new long[STRETCHES];
    private long stretchNs = FIRST_STRETCH_NS;

    /// @param startNs the `System.nanoTime()` that stretches are counted from
    AckHistory(long startNs) {
        this.startNs = startNs;
    }

    long startNs() {
        return startNs;
    }

    synchronized void acknowledged(long nowNs) {
        long index = Math.max(0, nowNs - startNs) / stretchNs;
        while (index >= STRETCHES) {
            mergePairs();
            index /= 2;
        }
        counts[(int) index]++;
    }

    private void mergePairs() {
        for (int i = 0; i < STRETCHES / 2; i++) {
            counts[i] = counts[2 * i] + counts[2 * i + 1];
        }
        Arrays.fill(counts, STRETCHES / 2, STRETCHES, 0);
        stretchNs *= 2;
    }

    /// What has been acknowledged until now.
    synchronized Throughput upTo(long nowNs) {
        long last = Math.min(STRETCHES - 1, Math.max(0, nowNs - startNs) / stretchNs);
        var until = new ArrayList<Long>();
        for (int i = 0; i <= last; i++) {
            until.add(counts[i]);
        }
        return new Throughput(stretchNs, until);
    }
}
