package dev.keepsake.front;

import dev.keepsake.shard.DirtyKeys;
import java.util.Arrays;

/// The keys that were marked dirty together, and will be clean together.
final class MarkList {
    private long[] hashes = new long[16];
    private int count;
    private int unknown;

    boolean isEmpty() {
        return count == 0 && unknown == 0;
    }

    void mark(DirtyKeys dirtyKeys, long hash) {
        dirtyKeys.mark(hash);
        if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, 2 * count);
        }
        hashes[count++] = hash;
    }

    void markAll(DirtyKeys dirtyKeys) {
        dirtyKeys.markAll();
        unknown++;
    }

    void releaseFrom(DirtyKeys dirtyKeys) {
        for (int i = 0; i < count; i++) {
            dirtyKeys.release(hashes[i]);
        }
        for (; unknown > 0; unknown--) {
            dirtyKeys.releaseAll();
        }
        count = 0;
    }
}
