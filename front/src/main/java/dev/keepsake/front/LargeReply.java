package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/// A reply that is too large to be copied, while it arrives: it is passed on at once, if it may
/// leave, or else kept as it came until it does. Owned by the node's event loop.
///
/// Whether it may leave is decided when its first bytes have arrived, by when it has been executed.
final class LargeReply implements KeptReply {
    // A piece that fills less of its buffer is copied, so that what is kept is about what it costs.
    private static final int COPIED_BYTES = 16 * 1024;

    /// What large replies need of their node.
    ///
    /// @param counted where it is counted how much of them is kept
    /// @param late where they wait
    record Room(ByteBufAllocator allocator, LargeReplies counted, LatePlaces late) {}

    private final Room room;
    private final ReplySink client;
    private final boolean wanted;
    private final boolean swallowed;
    private final boolean passes;
    private final Patience patience;
    private final List<ByteBuf> kept = new ArrayList<>();
    private long keptBytes;

    /// @param passes whether it may leave now
    /// @param patience how long it waits else
    LargeReply(Room room, ReplySink client, boolean passes, Patience patience) {
        this.room = room;
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

    @Override
    public long keptBytes() {
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
                        ? room.allocator().ioBuffer(piece.readableBytes()).writeBytes(piece)
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
        room.counted().keep(bytes.readableBytes());
    }

    /// All of it has been taken: it is on its way, or waits until it is durable.
    void end() {
        if (client.isClosed()) {
            drop();
        } else if (swallowed && !passes) {
            room.late().parkUnwanted(client, patience);
        } else if (wanted && passes) {
            client.endLarge();
        } else if (wanted) {
            room.late().parkLate(client.park(this, patience));
        }
    }

    @Override
    public void release() {
        client.beginLarge();
        kept.forEach(client::passOn);
        kept.clear();
        forgetKept();
        client.endLarge();
    }

    @Override
    public void drop() {
        kept.forEach(ByteBuf::release);
        kept.clear();
        forgetKept();
    }

    private void forgetKept() {
        long bytes = keptBytes;
        keptBytes = 0;
        room.counted().keepNoLonger(bytes);
    }
}
