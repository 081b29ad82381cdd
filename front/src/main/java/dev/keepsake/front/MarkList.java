package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.Trait;
import dev.keepsake.shard.DirtyKeys;
import java.util.Arrays;

/// Keys that were marked dirty together, and will be clean together.
final class MarkList {
    /// Stands for all functions among the hashes of keys. If a key has the same hash, FUNCTION
    /// STATS may wait without need.
    private static final long FUNCTIONS_HASH = 1;

    private long[] hashes = new long[16];
    private int count;
    private int unknown;

    boolean isEmpty() {
        return count == 0 && unknown == 0;
    }

    /// Marks the keys that a command writes.
    void markWrites(Command command, DirtyKeys dirtyKeys) {
        if (command.is(Trait.CHANGES_FUNCTIONS)) {
            mark(dirtyKeys, FUNCTIONS_HASH);
        }
        // EXEC executes what has been marked before: each command of a transaction marks the keys
        // that it writes when it is queued, and the marks stay until the reply to EXEC.
        var effect = command.spec().effect();
        boolean unknown = effect == CommandSpec.Effect.OPAQUE && !command.is(Trait.EXEC);
        boolean writes = effect == CommandSpec.Effect.WRITE;
        if (unknown || (writes && command.keyCount() == 0)) {
            markAll(dirtyKeys);
        } else if (writes || command.is(Trait.KEEPS_RESULT)) {
            for (int i = 0; i < command.keyCount(); i++) {
                mark(dirtyKeys, command.keyHash(i));
            }
        }
    }

    /// Whether a change of the functions is not durable yet. Scripts may write to any key, but
    /// cannot change functions.
    static boolean areFunctionsChanging(DirtyKeys dirtyKeys) {
        return dirtyKeys.isMarked(FUNCTIONS_HASH);
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
