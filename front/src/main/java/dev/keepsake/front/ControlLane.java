package dev.keepsake.front;

import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/// The connection over which a front asks its engine for its own purposes, as the engine's own user
/// with all rights. Owned by the node's event loop.
final class ControlLane extends LaneChannel {
    /// The owner of the lane.
    interface Owner extends LaneOwner {
        /// The engine has taken what was sent before.
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

    /// Asks the engine. The replies come in the order of the questions. No reply comes when the
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
            throw new IllegalStateException("the engine sent a reply without a command");
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

    /// Whether the engine has too much left to take. Then it is asked nothing more for clients, and
    /// nothing that is not needed.
    boolean isFull() {
        return full;
    }
}
