package dev.keepsake.front;

import dev.keepsake.shard.DirtyKeys;
import io.netty.buffer.ByteBuf;

/// What waits in the tracker of a primary until it is durable.
sealed interface Parked {
    /// It is durable.
    void release();

    /// It never will be known to be.
    void drop();

    /// A reply of one client.
    final class Reply implements Parked {
        private final ClientConnection client;
        private final ByteBuf bytes;
        private boolean settled;
        private boolean lost;

        Reply(ClientConnection client, ByteBuf bytes) {
            this.client = client;
            this.bytes = bytes;
        }

        @Override
        public void release() {
            settled = true;
            client.onSettled();
        }

        @Override
        public void drop() {
            settled = true;
            lost = true;
            client.onSettled();
        }

        /// Whether its fate is known: it may leave, or never will.
        boolean isSettled() {
            return settled;
        }

        /// Whether it never may leave.
        boolean isLost() {
            return lost;
        }

        ByteBuf bytes() {
            return bytes;
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
