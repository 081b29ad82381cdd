package dev.keepsake.drill;

import java.util.ArrayList;
import java.util.List;

/// The hash slots of one shard.
///
/// @param name the shard's name, `0001` and so on
/// @param ranges its slots
record ShardSlots(String name, List<Range> ranges) {
    /// Consecutive slots, both ends included.
    record Range(int first, int last) {}

    ShardSlots {
        ranges = List.copyOf(ranges);
    }

    /// Parses the API's text for a shard's slots: `0-8191`, or several ranges with commas.
    static ShardSlots parse(String name, String slots) {
        var ranges = new ArrayList<Range>();
        for (var range : slots.split(",", -1)) {
            var ends = range.strip().split("-", -1);
            ranges.add(
                    new Range(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])));
        }
        return new ShardSlots(name, ranges);
    }

    boolean owns(int slot) {
        return ranges.stream().anyMatch(range -> range.first <= slot && slot <= range.last);
    }
}
