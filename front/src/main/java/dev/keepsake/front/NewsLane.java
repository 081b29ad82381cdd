package dev.keepsake.front;

import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/// A connection over which the engine sends invalidation messages for the keys that one client
/// tracks on behalf of another connection: `CLIENT TRACKING … REDIRECT`. To the engine it is that
/// other connection, because the real one is the front's and the engine does not know it. Owned by
/// the node's event loop.
///
/// The lane speaks RESP3, in which invalidation messages come as pushes, as the engine's own user.
/// It asks only for the engine's number of this lane.
final class NewsLane extends LaneChannel {
    private static final long BUSY_RETRY_MS = 10;

    /// The client whose keys are tracked.
    interface Tracker {
        /// The engine has sent its number of the lane.
        void onNewsLaneReady();

        /// Keys have changed.
        ///
        /// @param push as the engine has sent it; the buffer stays the lane's
        void onNews(ByteBuf push);

        /// The engine has closed the lane.
        void onNewsLaneLost(NewsLane lane);
    }

    private final EventLoop loop;
    private final ByteBufAllocator allocator;
    private final Tracker tracker;
    private final Runnable onRepliesRead;
    private long idInEngine;

    /// @param onRepliesRead called when the lane has passed on what it has read
    NewsLane(EventLoop loop, ByteBufAllocator allocator, Tracker tracker, Runnable onRepliesRead) {
        this.loop = loop;
        this.allocator = allocator;
        this.tracker = tracker;
        this.onRepliesRead = onRepliesRead;
    }

    /// Sends the first commands of the lane, once it is being connected.
    void greet() {
        var greeting = allocator.buffer(64);
        RespWriter.command(greeting, "HELLO", "3");
        send(greeting);
        askForId();
    }

    private void askForId() {
        if (!isClosed()) {
            var question = allocator.buffer(64);
            RespWriter.command(question, "CLIENT", "ID");
            send(question);
        }
    }

    /// The engine's number of this lane, or 0 when the engine has not sent it yet.
    long idInEngine() {
        return idInEngine;
    }

    /// The length of what stands before the keys in an invalidation message: that it is a push of
    /// two, and the word `invalidate`.
    static int headerBytes(ByteBuf push) {
        int at = push.readerIndex();
        for (int line = 0; line < 3; line++) {
            at = push.indexOf(at, push.writerIndex(), (byte) '\n') + 1;
        }
        return at - push.readerIndex();
    }

    @Override
    void onReply(ByteBuf in, int from, int length) {
        var reply = in.slice(from, length);
        if (ReplyFramer.isPush(in, from)) {
            tracker.onNews(reply);
        } else if (isOfBusyEngine(reply)) {
            loop.schedule(this::askForId, BUSY_RETRY_MS, TimeUnit.MILLISECONDS);
        } else if (RespValue.decode(reply) instanceof RespValue.IntegerReply(long id)) {
            idInEngine = id;
            tracker.onNewsLaneReady();
        }
    }

    @Override
    void onRepliesRead() {
        onRepliesRead.run();
    }

    @Override
    void onLost() {
        tracker.onNewsLaneLost(this);
    }

    @Override
    void onFull(boolean full) {
        // only the first commands are sent over this lane
    }
}
