package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkArgument;

import java.util.ArrayDeque;

/// How many large units of replication may be in memory at once, of all shards of a process: each
/// is held from when it begins to arrive until the log has it. Whoever finds no room waits, first
/// come first served, and stops reading meanwhile. Any thread.
public final class UnitRoom {
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>(); // guarded by this
    private int free; // guarded by this

    /// @param units how many at once
    public UnitRoom(int units) {
        checkArgument(units > 0, "room for %d units", units);
        this.free = units;
    }

    /// Asks for room for one unit.
    ///
    /// @param onGranted called once when there is, perhaps at once, on any thread; must not block
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

    /// Gives back room that was granted.
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
