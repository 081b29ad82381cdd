package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// A reply of one client that waits until it is durable, or the place of one that it does not want.
/// Owned by the node's event loop; no I/O.
final class ParkedReply implements Parked {
    /// Whose reply it is.
    interface Client {
        /// The fate of one of its replies is known.
        void onSettled();
    }

    private final Client client;
    private @Nullable ByteBuf bytes;
    private @Nullable KeptReply large;
    private Patience patience;
    private long group; // of the tracker, as long as others may wait with it
    private boolean settled;
    private boolean lost;
    private boolean tells = true;

    ParkedReply(Client client, ByteBuf bytes, Patience patience) {
        this.client = client;
        this.bytes = bytes;
        this.patience = patience;
    }

    ParkedReply(Client client, KeptReply large, Patience patience) {
        this.client = client;
        this.large = large;
        this.patience = patience;
    }

    /// @param group under which it is parked
    private ParkedReply(Client client, long group, Patience patience) {
        this.client = client;
        this.group = group;
        this.patience = patience;
    }

    /// The place of a reply that its client does not want. What follows it is to wait for it all
    /// the same.
    static ParkedReply unwanted(Client client, long group, Patience patience) {
        return new ParkedReply(client, group, patience);
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

    /// Waits for the log no longer: whoever has no patience leaves as it is, and whose patience is
    /// limited has come to its end.
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

    @Nullable KeptReply large() {
        return large;
    }

    /// How long it is.
    long lengthBytes() {
        long kept = large == null ? 0 : large.keptBytes();
        return bytes == null ? kept : bytes.readableBytes();
    }
}
