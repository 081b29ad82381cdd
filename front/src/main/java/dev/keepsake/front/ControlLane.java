package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/// The connection over which a front asks its engine things of its own, as the engine's own user
/// who may do everything. Owned by the node's event loop.
final class ControlLane extends LaneChannel {
    /// Whoever has the lane.
    interface Owner extends LaneOwner {
        /// The engine has taken what it was behind with.
        void onControlLaneFree();
    }

    private final ByteBufAllocator allocator;
    private final Owner owner;
    private final ArrayDeque<Consumer<RespValue>> askers = new ArrayDeque<>();

    private boolean full;

    /// @param owner told when the lane is lost, or has passed on what it has read
    ControlLane(ByteBufAllocator allocator, Owner owner) {
        this.allocator = allocator;
        this.owner = owner;
    }

    /// Asks the engine; the reply comes later, in the order of the questions, or never when the
    /// lane is closed meanwhile.
    void ask(Consumer<RespValue> onReply, String... command) {
        var out = allocator.buffer(128);
        RespWriter.command(out, command);
        askers.addLast(onReply);
        send(out);
    }

    /// The same with arguments that need not be text.
    void ask(Consumer<RespValue> onReply, byte[]... command) {
        var out = allocator.buffer(128);
        RespWriter.command(out, command);
        askers.addLast(onReply);
        send(out);
    }

    @Override
    void onReply(ByteBuf in, int from, int length) {
        var asker = askers.pollFirst();
        if (asker == null) {
            throw new IllegalStateException("the engine sent a reply to no command");
        }
        asker.accept(RespValue.decode(in.slice(from, length)));
    }

    @Override
    void onRepliesRead() {
        owner.onRepliesRead();
    }

    @Override
    void onLost() {
        owner.onLost();
    }

    @Override
    void onFull(boolean full) {
        this.full = full;
        if (!full) {
            owner.onControlLaneFree();
        }
    }

    /// Whether the engine is behind with what it has been asked: nothing more for clients then, nor
    /// what can be spared.
    boolean isFull() {
        return full;
    }
}
