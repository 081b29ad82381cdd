package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.ArrayDeque;

/// Says which entries a delayed reader may see: those committed at least `delayNs` ago. Lets a
/// replica trail its primary by a known time, so that a failover has something to catch up with.
///
/// Not thread-safe. Entries committed before the first [#committed] are visible at once. Holds at
/// most [#MARKS_MAX] marks; beyond that the newest mark absorbs later commits, which only delays
/// them more.
final class DelayLine {
    static final int MARKS_MAX = 65_536;

    private record Mark(long index, long dueNs) {}

    private final long delayNs;
    private final ArrayDeque<Mark> marks = new ArrayDeque<>();
    private long visibleIndex;

    /// @param delayNs how long each entry is withheld after its commit
    /// @param tailIndex the last entry that is visible from the start
    DelayLine(long delayNs, long tailIndex) {
        checkArgument(delayNs >= 0, "delay is negative: %d ns", delayNs);
        this.delayNs = delayNs;
        this.visibleIndex = tailIndex;
    }

    /// Everything up to `index` is committed now.
    void committed(long index, long nowNs) {
        if (marks.size() == MARKS_MAX) {
            marks.removeLast();
        }
        marks.addLast(new Mark(index, nowNs + delayNs));
    }

    /// The last entry that may be seen at `nowNs`.
    long visibleIndex(long nowNs) {
        while (!marks.isEmpty() && marks.getFirst().dueNs() - nowNs <= 0) {
            visibleIndex = Math.max(visibleIndex, marks.removeFirst().index());
        }
        return visibleIndex;
    }

    /// How long until more becomes visible, in nanoseconds; `Long.MAX_VALUE` when nothing is under
    /// way.
    long nextInNs(long nowNs) {
        return marks.isEmpty() ? Long.MAX_VALUE : Math.max(0, marks.getFirst().dueNs() - nowNs);
    }
}
