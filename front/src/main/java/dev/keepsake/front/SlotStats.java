package dev.keepsake.front;

import dev.keepsake.core.SlotRange;
import dev.keepsake.core.Slots;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The answer to one `CLUSTER SLOT-STATS`: how many keys the slots of the node's shard have. The
/// format is that of a Valkey 8 that keeps no other statistics of slots, which is its default.
/// Owned by the node's event loop.
final class SlotStats implements KeyWalk.Visitor {
    /// The result of reading the command.
    sealed interface Question {}

    /// @param stats counts, and then writes the answer
    record Asked(SlotStats stats) implements Question {}

    /// The command is malformed.
    record Malformed(String error) implements Question {}

    private static final String BAD_SLOT = "ERR Invalid or out of range slot";
    private static final String BAD_LIMIT =
            "ERR Limit has to lie in between 1 and 16384 (maximum number of slots).";
    private static final String KEY_COUNT = "key-count";
    private static final int SLOTS_RANGE_ARGUMENTS = 5;

    private final List<Integer> slots;
    private final boolean sorted;
    private final boolean descending;
    private final int limit;
    private final long[] counts = new long[Slots.COUNT];
    private final boolean[] wanted = new boolean[Slots.COUNT];

    private SlotStats(List<Integer> slots, boolean sorted, boolean descending, int limit) {
        this.slots = slots;
        this.sorted = sorted;
        this.descending = descending;
        this.limit = limit;
        slots.forEach(slot -> wanted[slot] = true);
    }

    /// Reads the command.
    ///
    /// @param owned the slots of the node's shard
    static Question of(Arguments arguments, SlotRange owned) {
        String how = lower(arguments, 2);
        if (how.equals("slotsrange") && arguments.count() == SLOTS_RANGE_ARGUMENTS) {
            return inRange(arguments, owned);
        }
        if (how.equals("orderby")) {
            return inOrder(arguments, owned);
        }
        return new Malformed(Refusals.wrongSubcommand("CLUSTER", arguments.text(1)));
    }

    private static Question inRange(Arguments arguments, SlotRange owned) {
        var first = slot(arguments.text(3));
        var last = slot(arguments.text(4));
        if (first == null || last == null) {
            return new Malformed(BAD_SLOT);
        }
        if (first > last) {
            return new Malformed(
                    "ERR Start slot number %d is greater than end slot number %d"
                            .formatted(first, last));
        }
        int from = Math.max(first, owned.first());
        int to = Math.min(last, owned.last());
        var slots = IntStream.rangeClosed(from, to).boxed().toList();
        return new Asked(new SlotStats(slots, false, false, Slots.COUNT));
    }

    private static Question inOrder(Arguments arguments, SlotRange owned) {
        if (!lower(arguments, 3).equals(KEY_COUNT)) {
            return new Malformed("ERR Unrecognized sort metric for ORDERBY.");
        }
        boolean descending = true;
        int limit = Slots.COUNT;
        int limits = 0;
        int directions = 0;
        for (int i = 4; i < arguments.count(); i++) {
            switch (lower(arguments, i)) {
                case "asc" -> {
                    descending = false;
                    directions++;
                }
                case "desc" -> {
                    descending = true;
                    directions++;
                }
                case "limit" -> {
                    if (i + 1 == arguments.count()) {
                        return new Malformed("ERR syntax error");
                    }
                    var number = Arguments.number(arguments.text(++i));
                    if (number == null || number < 1 || number > Slots.COUNT) {
                        return new Malformed(BAD_LIMIT);
                    }
                    limit = number.intValue();
                    limits++;
                }
                default -> {
                    return new Malformed("ERR syntax error");
                }
            }
            if (limits > 1 || directions > 1) {
                return new Malformed("ERR Multiple filters of the same type are disallowed.");
            }
        }
        var slots = IntStream.rangeClosed(owned.first(), owned.last()).boxed().toList();
        return new Asked(new SlotStats(slots, true, descending, limit));
    }

    private static @Nullable Integer slot(String text) {
        var number = Arguments.number(text);
        return number == null || number < 0 || number >= Slots.COUNT ? null : number.intValue();
    }

    private static String lower(Arguments arguments, int index) {
        return arguments.text(index).toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean wants(int slot) {
        return wanted[slot];
    }

    @Override
    public void visit(int slot, byte[] key) {
        counts[slot]++;
    }

    @Override
    public boolean isDone() {
        return false;
    }

    /// Writes the counts.
    void write(int protocol, ByteBuf out) {
        var byCount = Comparator.<Integer>comparingLong(slot -> counts[slot]);
        var shown = slots;
        if (sorted) {
            var order = descending ? byCount.reversed() : byCount;
            shown = slots.stream().sorted(order).limit(limit).toList(); // stable: otherwise by slot
        }
        RespWriter.array(out, shown.size());
        for (int slot : shown) {
            RespWriter.array(out, 2);
            RespWriter.integer(out, slot);
            RespWriter.map(out, 1, protocol);
            RespWriter.bulk(out, KEY_COUNT);
            RespWriter.integer(out, counts[slot]);
        }
    }
}
