package dev.keepsake.front;

import dev.keepsake.shard.DirtyKeys;
import java.util.concurrent.CompletableFuture;

/// Something that waits in the tracker of a primary until it is durable and the lease holds.
interface Parked {
    /// It is durable, and the node may reply.
    void release();

    /// The node will never know whether it is durable.
    void drop();

    /// The number of subscribers that got a message of a client of another node.
    record Answer(CompletableFuture<Long> heard, long subscribers) implements Parked {
        @Override
        public void release() {
            heard.complete(subscribers);
        }

        @Override
        public void drop() {
            unknown(heard);
        }

        /// Fails the answer: it is unknown whether the message was published.
        static void unknown(CompletableFuture<Long> heard) {
            heard.completeExceptionally(
                    new IllegalStateException("it is unknown whether the message was published"));
        }
    }

    /// Keys that were written. They are clean from now on.
    record Marks(DirtyKeys dirtyKeys, MarkList marks) implements Parked {
        @Override
        public void release() {
            marks.releaseFrom(dirtyKeys);
        }

        @Override
        public void drop() {
            // the engine's memory is discarded, and all marks with it
        }
    }
}
