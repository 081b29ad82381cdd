package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// A reply of one client that waits until it is durable, or the place of a reply that the client
/// does not want. Owned by the node's event loop; no I/O.
final class ParkedReply implements Parked {
    /// The client of the reply.
    interface Client {
        /// One of its replies is settled.
        void onSettled();
    }

    private final Client client;
    private @Nullable ByteBuf bytes;
    private @Nullable KeptReply large;
    private Patience patience;
    private long group; // of the tracker, while other unwanted replies may join this place
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

    /// @param group the tracker's group in which the place is parked
    private ParkedReply(Client client, long group, Patience patience) {
        this.client = client;
        this.group = group;
        this.patience = patience;
    }

    /// The place of a reply that its client does not want. The replies behind it wait for it all
    /// the same.
    static ParkedReply unwanted(Client client, long group, Patience patience) {
        return new ParkedReply(client, group, patience);
    }

    /// Lets another unwanted reply wait in this place, if it belongs to the same group.
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

    /// Whether its wait for the log may be ended.
    boolean mayBeGivenUp() {
        return !settled && patience != Patience.ENDLESS;
    }

    /// Ends its wait for the log. A reply without patience is sent as it is. A reply with limited
    /// patience is replaced by the error.
    ///
    /// @param error takes its place
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

    /// Whether it is known that it may be sent, or that it never will be.
    boolean isSettled() {
        return settled;
    }

    /// Whether it will never be sent.
    boolean isLost() {
        return lost;
    }

    /// Whether it depends on data, so that only a primary may send it.
    boolean tells() {
        return tells;
    }

    /// The bytes of the reply, or null for a large or an unwanted reply.
    @Nullable ByteBuf bytes() {
        return bytes;
    }

    /// How many bytes are kept here, not counting a large reply.
    long bytesHere() {
        return bytes == null ? 0 : bytes.readableBytes();
    }

    @Nullable KeptReply large() {
        return large;
    }

    /// The length of the reply.
    long lengthBytes() {
        long kept = large == null ? 0 : large.keptBytes();
        return bytes == null ? kept : bytes.readableBytes();
    }
}
