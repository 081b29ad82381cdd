package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A connection to the engine that one client has for itself, while the engine keeps state for it:
/// `MULTI`, `WATCH`, a blocking command, subscriptions, `MONITOR`. Owned by the node's event loop.
///
/// No barriers here: in those states the engine would not take them. Instead each reply waits for
/// the next barrier of the shared lane, which is sent after the reply has arrived and so covers it.
final class OwnLane extends LaneChannel {
    /// What becomes of a reply.
    enum Kind {
        /// It is nobody's.
        INTERNAL,
        /// It tells nothing of the data: the answers to MULTI and to what is queued.
        NOW,
        /// It waits for the next barrier, and the keys written up to here with it.
        WAIT,
        /// The front's own error stands in its place.
        REPLACED
    }

    private record Expected(Kind kind, String replacement) {}

    private final NodeFront front;
    private final int protocol;
    private final int life;
    private final ArrayDeque<Expected> expected = new ArrayDeque<>();
    private @Nullable ClientConnection client;
    private MarkList marks = new MarkList();
    private int subscriptions;
    private boolean pubSub;
    private boolean monitoring;
    private final ByteBuf greeting;

    OwnLane(NodeFront front, int protocol) {
        this.front = front;
        this.protocol = protocol;
        this.life = front.life();
        if (protocol == 3) {
            var hello = front.allocator().buffer(32);
            RespWriter.command(hello, "HELLO", "3");
            greeting = hello;
            expected.add(new Expected(Kind.INTERNAL, ""));
        } else {
            greeting = Unpooled.EMPTY_BUFFER;
        }
    }

    /// What to send first, once the connection is being made.
    void greet() {
        if (greeting.isReadable()) {
            send(greeting);
        }
    }

    void lendTo(@Nullable ClientConnection borrower) {
        client = borrower;
    }

    /// Whether the engine keeps no state of the client but what the client itself remembers.
    boolean isQuiet() {
        return expected.isEmpty() && !pubSub && !monitoring;
    }

    /// RESP2 clients with subscriptions may only change those.
    boolean isSubscribed() {
        return pubSub && protocol == 2;
    }

    int protocol() {
        return protocol;
    }

    MarkList marks() {
        return marks;
    }

    void submit(ByteBuf in, int base, int length, Kind kind, String replacement) {
        expected.addLast(new Expected(kind, replacement));
        send(front.allocator().ioBuffer(length).writeBytes(in, base, length));
    }

    /// Sends a command whose answers come as messages, as many as it names channels.
    void submitSubscription(ByteBuf in, int base, int length) {
        pubSub = true;
        send(front.allocator().ioBuffer(length).writeBytes(in, base, length));
    }

    /// Everything from the first reply on is passed on as it comes.
    void submitMonitor(ByteBuf in, int base, int length) {
        monitoring = true;
        send(front.allocator().ioBuffer(length).writeBytes(in, base, length));
    }

    @Override
    void onReply(ByteBuf in, int from, int length) {
        var borrower = client;
        var reply = in.slice(from, length);
        boolean message = ReplyFramer.isPush(in, from) || (pubSub && protocol == 2);
        if (message || monitoring) {
            if (pubSub) {
                countSubscriptions(reply);
            }
            if (borrower != null) {
                borrower.onOwnReply(reply, true);
                borrower.onLaneMayBeQuiet();
            }
            return;
        }
        var next = expected.pollFirst();
        if (next == null) {
            throw new IllegalStateException("the engine sent a reply to no command");
        }
        if (next.kind() == Kind.INTERNAL) {
            return;
        }
        if (next.kind() == Kind.WAIT && !marks.isEmpty()) {
            front.parkMarks(marks);
            marks = new MarkList();
        }
        if (borrower == null) {
            return;
        }
        if (next.kind() == Kind.REPLACED) {
            var error = front.allocator().buffer(128);
            RespWriter.error(error, next.replacement());
            borrower.onOwnReply(error, true);
            error.release();
        } else {
            borrower.onOwnReply(reply, next.kind() == Kind.WAIT);
        }
        borrower.onReplied();
        borrower.onLaneMayBeQuiet();
    }

    /// Reads how many subscriptions are left out of the engine's confirmations, whose last item
    /// says so.
    private void countSubscriptions(ByteBuf reply) {
        int colon = lastInteger(reply);
        int nameAt = reply.indexOf(0, reply.writerIndex(), (byte) '\n') + 1;
        nameAt = reply.indexOf(nameAt, reply.writerIndex(), (byte) '\n') + 1;
        int nameEnd = reply.indexOf(nameAt, reply.writerIndex(), (byte) '\r');
        String name = reply.toString(nameAt, nameEnd - nameAt, UTF_8);
        if (name.endsWith("subscribe") && colon >= 0) {
            int count = 0;
            for (int i = colon + 1; i < reply.writerIndex() - 2; i++) {
                count = 10 * count + (reply.getByte(i) - '0');
            }
            subscriptions = count;
            pubSub = subscriptions > 0;
        }
    }

    private static int lastInteger(ByteBuf reply) {
        for (int i = reply.writerIndex() - 3; i > 0; i--) {
            if (reply.getByte(i) == '\n') {
                return reply.getByte(i + 1) == ':' ? i + 1 : -1;
            }
        }
        return -1;
    }

    /// The client is gone: the engine is told by the end of the connection. What it may yet write,
    /// such as the destination of a `BLMOVE` that waits, stays marked until the engine has closed
    /// the connection too and the barrier behind that is durable.
    void abandon() {
        client = null;
        if (marks.isEmpty()) {
            close();
        } else {
            finish();
        }
    }

    @Override
    void onRepliesRead() {
        front.flushClients();
    }

    @Override
    void onLost() {
        if (life != front.life()) {
            return; // of an engine that the front has left already
        }
        if (client != null) {
            front.onLaneLost();
        } else if (!marks.isEmpty()) {
            front.parkMarks(marks);
            marks = new MarkList();
        }
    }

    @Override
    void onFull(boolean full) {
        if (client != null) {
            client.onLaneFull(full);
        }
    }
}
