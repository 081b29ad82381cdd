package dev.keepsake.core;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;

/// Consecutive slots, both ends included.
public record SlotRange(int first, int last) {
    public SlotRange {
        checkArgument(
                0 <= first && first <= last && last < Slots.COUNT,
                "slots %d-%d are not within 0-16383",
                first,
                last);
    }

    /// Divides all slots into `shards` even ranges. The first ranges get one slot more when the
    /// division leaves a remainder.
    public static List<SlotRange> split(int shards) {
        checkArgument(
                shards >= 1 && shards <= Slots.COUNT,
                "slots for %d shards; expected 1 to 16384",
                shards);
        var ranges = new ArrayList<SlotRange>();
        int next = 0;
        for (int i = 0; i < shards; i++) {
            int size = Slots.COUNT / shards + (i < Slots.COUNT % shards ? 1 : 0);
            ranges.add(new SlotRange(next, next + size - 1));
            next += size;
        }
        return List.copyOf(ranges);
    }

    /// Parses the form that [#toString] writes, such as `0-8191`.
    public static SlotRange parse(String text) {
        int dash = text.indexOf('-');
        checkArgument(dash > 0, "slots are written as 0-8191, not as %s", text);
        return new SlotRange(
                Integer.parseInt(text.substring(0, dash)),
                Integer.parseInt(text.substring(dash + 1)));
    }

    public boolean contains(int slot) {
        return first <= slot && slot <= last;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
