package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.ArrayDeque;

/// Decides which entries a delayed reader may see: those that were committed at least `delayNs`
/// ago. So a replica stays behind its primary by a known time, and has something to catch up with
/// in a failover.
///
/// Not thread-safe. Entries committed before the first [#committed] are visible at once. Holds at
/// most [#MARKS_MAX] marks. When it is full, the newest mark is moved to later commits, which only
/// delays them longer.
final class DelayLine {
    static final int MARKS_MAX = 65_536;

    private record Mark(long index, long dueNs) {}

    private final long delayNs;
    private final ArrayDeque<Mark> marks = new ArrayDeque<>();
    private long visibleIndex;

    /// @param delayNs how long each entry is withheld after its commit, in nanoseconds
    /// @param tailIndex the last entry that is visible from the start
    DelayLine(long delayNs, long tailIndex) {
        checkArgument(delayNs >= 0, "delay is negative: %d ns", delayNs);
        this.delayNs = delayNs;
        this.visibleIndex = tailIndex;
    }

    /// Reports that all entries up to `index` are committed.
    void committed(long index, long nowNs) {
        if (marks.size() == MARKS_MAX) {
            marks.removeLast();
        }
        marks.addLast(new Mark(index, nowNs + delayNs));
    }

    /// The last entry that is visible at `nowNs`.
    long visibleIndex(long nowNs) {
        while (!marks.isEmpty() && marks.getFirst().dueNs() - nowNs <= 0) {
            visibleIndex = Math.max(visibleIndex, marks.removeFirst().index());
        }
        return visibleIndex;
    }

    /// How long until more entries become visible, in nanoseconds; `Long.MAX_VALUE` when no entry
    /// waits.
    long nextInNs(long nowNs) {
        return marks.isEmpty() ? Long.MAX_VALUE : Math.max(0, marks.getFirst().dueNs() - nowNs);
    }
}
