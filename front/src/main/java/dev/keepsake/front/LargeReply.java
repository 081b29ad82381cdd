package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/// A reply that is too large to be copied, while it arrives: it is passed on at once, if it may
/// leave, or else kept as it came until it does. Owned by the node's event loop.
///
/// Whether it may leave is decided when its first bytes have arrived, by when it has been executed.
final class LargeReply {
    // A piece that fills less of its buffer is copied, so that what is kept is about what it costs.
    private static final int COPIED_BYTES = 16 * 1024;

    private final NodeFront front;
    private final ReplySink client;
    private final boolean wanted;
    private final boolean swallowed;
    private final boolean passes;
    private final Patience patience;
    private final List<ByteBuf> kept = new ArrayList<>();
    private long keptBytes;

    /// @param passes whether it may leave now
    /// @param patience how long it waits else
    LargeReply(NodeFront front, ReplySink client, boolean passes, Patience patience) {
        this.front = front;
        this.client = client;
        this.swallowed = client.swallowsReply();
        this.wanted = !client.isClosed() && !swallowed;
        this.passes = passes;
        this.patience = patience;
        if (wanted && passes) {
            client.beginLarge();
        }
    }

    ReplySink client() {
        return client;
    }

    /// How much of it is kept here.
    long keptBytes() {
        return keptBytes;
    }

    /// Whether it may be read as slowly as its client reads.
    boolean passes() {
        return wanted && passes && !client.isClosed();
    }

    /// Takes the next piece, whose owner stays the caller.
    void add(ByteBuf piece) {
        if (!wanted || client.isClosed()) {
            return;
        }
        var bytes =
                piece.readableBytes() < COPIED_BYTES
                        ? front.allocator().ioBuffer(piece.readableBytes()).writeBytes(piece)
                        : piece.retainedSlice();
        if (passes) {
            client.passOn(bytes);
        } else {
            keep(bytes);
        }
    }

    private void keep(ByteBuf bytes) {
        kept.add(bytes);
        keptBytes += bytes.readableBytes();
        front.largeReplies().count(bytes.readableBytes());
        front.countKept(bytes.readableBytes());
    }

    /// All of it has been taken: it is on its way, or waits until it is durable.
    void end() {
        if (client.isClosed()) {
            drop();
        } else if (swallowed && !passes) {
            front.parkUnwanted(client, patience);
        } else if (wanted && passes) {
            client.endLarge();
        } else if (wanted) {
            front.parkLate(client.park(this, patience));
        }
    }

    /// It is durable, and its turn: hands over what is kept.
    void release() {
        client.beginLarge();
        kept.forEach(client::passOn);
        kept.clear();
        forgetKept();
        client.endLarge();
    }

    /// It will never leave.
    void drop() {
        kept.forEach(ByteBuf::release);
        kept.clear();
        forgetKept();
    }

    private void forgetKept() {
        long bytes = keptBytes;
        keptBytes = 0;
        front.largeReplies().count(-bytes);
        front.countKept(-bytes);
    }
}
