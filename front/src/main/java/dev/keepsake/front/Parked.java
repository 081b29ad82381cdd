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

    /// A reply of one client, or the place of one that it does not want.
    final class Reply implements Parked {
        private final ReplyQueue client;
        private @Nullable ByteBuf bytes;
        private @Nullable LargeReply large;
        private Patience patience;
        private long group; // of the tracker, as long as others may wait with it
        private boolean settled;
        private boolean lost;
        private boolean tells = true;

        Reply(ReplyQueue client, ByteBuf bytes, Patience patience) {
            this.client = client;
            this.bytes = bytes;
            this.patience = patience;
        }

        Reply(ReplyQueue client, LargeReply large, Patience patience) {
            this.client = client;
            this.large = large;
            this.patience = patience;
        }

        /// @param group under which it is parked
        private Reply(ReplyQueue client, long group, Patience patience) {
            this.client = client;
            this.group = group;
            this.patience = patience;
        }

        /// The place of a reply that its client does not want. What follows it is to wait for it
        /// all the same.
        static Reply unwanted(ReplyQueue client, long group, Patience patience) {
            return new Reply(client, group, patience);
        }

        /// Lets another unwanted reply wait here too, if that leaves under the same group.
        boolean takesIn(long anotherGroup, Patience another) {
            boolean same = !settled && bytes == null && large == null && group == anotherGroup;
            if (same) {
                patience = patience.orLonger(another);
            }
            return same;
        }

        @Override
        public void release() {
            if (!settled) {
                settled = true;
                client.onSettled();
            }
        }

        @Override
        public void drop() {
            if (!settled) {
                settled = true;
                lost = true;
                client.onSettled();
            }
        }

        /// Whether it need not wait for the log for ever.
        boolean mayBeGivenUp() {
            return !settled && patience != Patience.ENDLESS;
        }

        /// Waits for the log no longer: whoever has no patience leaves as it is, and whose patience
        /// is limited has come to its end.
        ///
        /// @param error what stands in its place then
        void giveUp(ByteBuf error) {
            settled = true;
            tells = false;
            boolean unwanted = bytes == null && large == null;
            if (patience == Patience.NONE || unwanted) {
                return;
            }
            if (large != null) {
                large.drop();
                large = null;
            }
            if (bytes != null) {
                bytes.release();
            }
            bytes = error.copy();
        }

        /// Whether its fate is known: it may leave, or never will.
        boolean isSettled() {
            return settled;
        }

        /// Whether it never may leave.
        boolean isLost() {
            return lost;
        }

        /// Whether it tells of the data, so that only a primary may send it.
        boolean tells() {
            return tells;
        }

        /// What it is, or null when it is a large or an unwanted one.
        @Nullable ByteBuf bytes() {
            return bytes;
        }

        /// How much of it is kept here, and not as a large reply.
        long bytesHere() {
            return bytes == null ? 0 : bytes.readableBytes();
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
