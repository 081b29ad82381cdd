package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.ArrayDeque;

/// The bound of how many large units of replication are in memory at once, for all shards of a
/// process. A unit counts from the arrival of its first bytes until it is in the log. A tap that
/// finds no room stops reading and waits; the one that has waited longest goes first. Any thread.
public final class UnitRoom {
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>(); // guarded by this
    private int free; // guarded by this

    /// @param units how many units at once
    public UnitRoom(int units) {
        checkArgument(units > 0, "room for %d units", units);
        this.free = units;
    }

    /// Asks for room for one unit.
    ///
    /// @param onGranted called once when there is room, perhaps at once, on any thread; must not
    ///   block
    public void ask(Runnable onGranted) {
        synchronized (this) {
            if (free == 0) {
                waiting.addLast(onGranted);
                return;
            }
            free--;
        }
        onGranted.run();
    }

    /// Returns room that was granted.
    public void giveBack() {
        Runnable next;
        synchronized (this) {
            next = waiting.pollFirst();
            if (next == null) {
                free++;
            }
        }
        if (next != null) {
            next.run();
        }
    }
}
