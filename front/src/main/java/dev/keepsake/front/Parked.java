package dev.keepsake.front;

import dev.keepsake.shard.DirtyKeys;
import io.netty.buffer.ByteBuf;

/// What waits in the tracker of a primary until it is durable.
sealed interface Parked {
    /// It is durable.
    void release();

    /// It never will be known to be.
    void drop();

    /// Replies of one client, in order.
    record Replies(ClientConnection client, ByteBuf bytes) implements Parked {
        @Override
        public void release() {
            client.onReleased(bytes);
        }

        @Override
        public void drop() {
            bytes.release();
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
