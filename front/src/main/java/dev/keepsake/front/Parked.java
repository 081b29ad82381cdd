package dev.keepsake.front;

import dev.keepsake.shard.DirtyKeys;
import java.util.concurrent.CompletableFuture;

/// What waits in the tracker of a primary until it is durable and the lease holds.
interface Parked {
    /// It is durable, and the node may reply.
    void release();

    /// It never will be known to be.
    void drop();

    /// How many have heard what was published for a client of another node.
    record Answer(CompletableFuture<Long> heard, long subscribers) implements Parked {
        @Override
        public void release() {
            heard.complete(subscribers);
        }

        @Override
        public void drop() {
            unknown(heard);
        }

        /// Tells that nobody can know.
        static void unknown(CompletableFuture<Long> heard) {
            heard.completeExceptionally(
                    new IllegalStateException("whether it was published is not known"));
        }
    }

    /// Keys that were written: clean from now on.
    record Marks(DirtyKeys dirtyKeys, MarkList marks) implements Parked {
        @Override
        public void release() {
            marks.releaseFrom(dirtyKeys);
        }

        @Override
        public void drop() {
            // the engine's memory is thrown away, and all marks with it
        }
    }
}
