package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/// A reply that is too large to be copied, while it arrives. It is passed on at once if it may be
/// sent, and otherwise kept as it came. Owned by the node's event loop.
///
/// Whether it may be sent is decided when its first bytes arrive, because its command has been
/// executed by then.
final class LargeReply implements KeptReply {
    // A piece that fills less of its buffer is copied, so that the kept bytes take about as much
    // memory as they count.
    private static final int COPIED_BYTES = 16 * 1024;

    /// What large replies need of their node.
    ///
    /// @param counted counts how many bytes are kept
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

    /// @param passes whether it may be sent now
    /// @param patience how long it waits otherwise
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

    /// Whether it may be read only as fast as its client reads.
    boolean passes() {
        return wanted && passes && !client.isClosed();
    }

    /// Takes the next piece, which stays the caller's.
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

    /// All pieces have been taken: the reply is on its way, or waits until it is durable.
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
