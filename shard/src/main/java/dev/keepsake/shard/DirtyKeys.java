package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkState;

/// Counts, per key, the writes that are not durable yet. A key is identified by a 64-bit hash. Two
/// keys with the same hash can only make a read wait without need, never let it pass too early.
/// Owned by the node's event loop.
public final class DirtyKeys {
    private static final int SLOTS_MIN = 1024;

    private long[] hashes = new long[SLOTS_MIN]; // 0 marks a free place
    private int[] counts = new int[SLOTS_MIN];
    private int used;
    private int unknownWrites;

    /// Whether the key is dirty: a write to it, or a command that may write to any key, is not
    /// durable.
    public boolean contains(long hash) {
        return unknownWrites > 0 || isMarked(hash);
    }

    /// Whether a write to this key itself is not durable. Commands that may write to any key do not
    /// count.
    public boolean isMarked(long hash) {
        return used > 0 && hashes[slotOf(hash)] == hash;
    }

    /// Whether all writes are durable.
    public boolean isEmpty() {
        return used == 0 && unknownWrites == 0;
    }

    /// Counts a write to the key, before the command is sent to the engine.
    ///
    /// @param hash the key's hash, never 0
    public void mark(long hash) {
        int slot = slotOf(hash);
        if (hashes[slot] == 0) {
            if (2 * (used + 1) > hashes.length) {
                grow();
                slot = slotOf(hash);
            }
            hashes[slot] = hash;
            used++;
        }
        counts[slot]++;
    }

    /// Ends the counting of a write to the key, which is durable now.
    public void release(long hash) {
        int slot = slotOf(hash);
        checkState(hashes[slot] == hash, "key hash %d is not marked", hash);
        if (--counts[slot] == 0) {
            removeAt(slot);
        }
    }

    /// Counts a command that may write to any key.
    public void markAll() {
        unknownWrites++;
    }

    /// Ends the counting of a command that was counted by [#markAll] and is durable now.
    public void releaseAll() {
        checkState(unknownWrites > 0, "no write to unknown keys is marked");
        unknownWrites--;
    }

    /// Forgets all writes.
    public void clear() {
        hashes = new long[SLOTS_MIN];
        counts = new int[SLOTS_MIN];
        used = 0;
        unknownWrites = 0;
    }

    private int slotOf(long hash) {
        int slot = (int) hash & (hashes.length - 1);
        while (hashes[slot] != 0 && hashes[slot] != hash) {
            slot = (slot + 1) & (hashes.length - 1);
        }
        return slot;
    }

    /// Removes an entry, and moves entries behind it back that probing would no longer find.
    private void removeAt(int removed) {
        int mask = hashes.length - 1;
        int hole = removed;
        int next = (hole + 1) & mask;
        while (hashes[next] != 0) {
            int home = (int) hashes[next] & mask;
            boolean reachable =
                    hole <= next ? hole < home && home <= next : hole < home || home <= next;
            if (!reachable) {
                hashes[hole] = hashes[next];
                counts[hole] = counts[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        hashes[hole] = 0;
        counts[hole] = 0;
        used--;
    }

    private void grow() {
        var oldHashes = hashes;
        var oldCounts = counts;
        hashes = new long[2 * oldHashes.length];
        counts = new int[2 * oldCounts.length];
        for (int i = 0; i < oldHashes.length; i++) {
            if (oldHashes[i] != 0) {
                int slot = slotOf(oldHashes[i]);
                hashes[slot] = oldHashes[i];
                counts[slot] = oldCounts[i];
            }
        }
    }
}
