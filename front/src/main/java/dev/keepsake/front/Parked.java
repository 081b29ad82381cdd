package dev.keepsake.front;

import dev.keepsake.shard.DirtyKeys;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// What waits in the tracker of a primary until it is durable and the lease holds.
sealed interface Parked {
    /// It is durable, and the node may reply.
    void release();

    /// It never will be known to be.
    void drop();

    /// A reply of one client.
    final class Reply implements Parked {
        private final ClientConnection client;
        private final @Nullable ByteBuf bytes;
        private final @Nullable LargeReply large;
        private boolean settled;
        private boolean lost;

        Reply(ClientConnection client, ByteBuf bytes) {
            this.client = client;
            this.bytes = bytes;
            this.large = null;
        }

        Reply(ClientConnection client, LargeReply large) {
            this.client = client;
            this.bytes = null;
            this.large = large;
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

        /// What it is, or null when it is a large one.
        @Nullable ByteBuf bytes() {
            return bytes;
        }

        @Nullable LargeReply large() {
            return large;
        }

        /// How long it is.
        long lengthBytes() {
            long kept = large == null ? 0 : large.keptBytes();
            return bytes == null ? kept : bytes.readableBytes();
        }
    }

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
