package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkState;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.engine.Transport;
import dev.keepsake.resp.ReplyFramer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.socket.DuplexChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connection of a lane: frames what the engine sends. Owned by the node's event loop.
abstract class LaneChannel extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(LaneChannel.class);

    // More than the 208 KiB that Linux keeps for a Unix socket. The engine writes again only when
    // three quarters of them are free, so it continues while its replies are passed on.
    private static final int READ_MAX_BYTES = 256 * 1024;
    private static final int READ_BYTES = 64 * 1024;
    private static final String REFUSAL = "-NOPERM ";
    private static final int LINE_BYTES = 64;
    private static final int GATHERED_BYTES = 1 << 20;
    private static final int UNSENT_LOW_BYTES = 4 << 20;
    private static final int UNSENT_HIGH_BYTES = 8 << 20;

    private static final Set<String> OF_BUSY_ENGINE = linesOfBusyEngine();
    private static final int LONGEST_OF_BUSY_ENGINE_BYTES =
            OF_BUSY_ENGINE.stream().mapToInt(String::length).max().orElseThrow();

    private final ReplyFramer framer = new ReplyFramer();
    private @Nullable ByteBuf received;
    private @Nullable Channel channel;
    private @Nullable ByteBuf unsent;
    private boolean closed;
    private boolean inPieces;
    private boolean stopped;

    /// A complete reply stands at `from` in `in`.
    abstract void onReply(ByteBuf in, int from, int length);

    /// A reply that is too large to be gathered begins at `from` in `in`.
    ///
    /// @return whether it is to be passed on in pieces; otherwise it comes as a whole
    boolean onLargeReply(ByteBuf in, int from) {
        return false;
    }

    /// The next piece of the large reply; the buffer stays the lane's.
    void onPiece(ByteBuf piece, boolean last) {
        throw new IllegalStateException("this lane takes replies as a whole");
    }

    /// The rest of the large reply will never come.
    void dropPieces() {}

    /// Whether more of the large reply is to be read now. If not, [#readOn] is called later.
    boolean wantsMore() {
        return true;
    }

    /// All replies that have arrived so far have been passed on.
    abstract void onRepliesRead();

    /// The engine closed the connection, not the front.
    abstract void onLost();

    /// The engine has not taken all that it was sent, or has taken it by now.
    abstract void onFull(boolean full);

    /// Connects. On the event loop, and without a pause: between the registration of a Unix socket
    /// and its connection nothing may be polled, because Linux reports an unconnected one as hung
    /// up. A `Bootstrap` has such a gap, and a busy loop ran into it.
    final ChannelFuture connect(EventLoop loop, Transport transport, Path socket) {
        checkState(loop.inEventLoop(), "called on %s", Thread.currentThread().getName());
        var connecting = new ReflectiveChannelFactory<>(transport.domainChannel()).newChannel();
        connecting.config().setOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT);
        connecting
                .config()
                .setOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(READ_BYTES, READ_BYTES, READ_MAX_BYTES)
                                .maxMessagesPerRead(1));
        connecting
                .config()
                .setOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(UNSENT_LOW_BYTES, UNSENT_HIGH_BYTES));
        attach(connecting);
        loop.register(connecting);
        return connecting.connect(transport.domainAddress(socket));
    }

    /// Uses this channel to the engine.
    final void attach(Channel toEngine) {
        channel = toEngine;
        toEngine.pipeline().addLast(this);
    }

    /// How many bytes the engine has not taken yet.
    final long unsentBytes() {
        var open = channel;
        var pending = open == null ? null : open.unsafe().outboundBuffer();
        var early = unsent;
        return (pending == null ? 0 : pending.totalPendingWriteBytes())
                + (early == null ? 0 : early.capacity());
    }

    /// Sends bytes now, or as soon as the lane is connected.
    public final void send(ByteBuf bytes) {
        var open = channel;
        if (closed) {
            bytes.release();
        } else if (open == null || !open.isActive()) {
            if (unsent == null) {
                unsent = bytes;
            } else {
                unsent.writeBytes(bytes);
                bytes.release();
            }
        } else {
            open.writeAndFlush(bytes, open.voidPromise());
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        var waiting = unsent;
        if (waiting != null) {
            unsent = null;
            context.writeAndFlush(waiting, context.voidPromise());
        }
    }

    // The texts of Redis 7.0 and Valkey: `shared.slowevalerr`, `shared.slowscripterr` and the like.
    private static Set<String> linesOfBusyEngine() {
        var lines = new HashSet<String>();
        for (String name : List.of("Redis", "Valkey")) {
            for (String kill : List.of("SCRIPT KILL", "FUNCTION KILL")) {
                String busy =
                        "BUSY %s is busy running a script. You can only call %s or SHUTDOWN NOSAVE."
                                .formatted(name, kill);
                lines.add("-" + busy);
                lines.add("-EXECABORT Transaction discarded because of: " + busy);
            }
        }
        lines.add("-EXECABORT Transaction discarded because of previous errors.");
        lines.add(
                "-UNKILLABLE Sorry the script already executed write commands against the dataset."
                        + " You can either wait the script termination or kill the server in a hard"
                        + " way using the SHUTDOWN NOSAVE command.");
        return Set.copyOf(lines);
    }

    /// Whether the engine says only that a script is taking long. Such a reply reveals no data, and
    /// has to be sent at once: the engine answers no barrier until the script ends.
    ///
    /// A script can return the same text, because of what it has read: see [Trait#SCRIPT].
    static boolean isOfBusyEngine(ByteBuf reply) {
        int at = reply.readerIndex();
        int lineBytes = reply.readableBytes() - 2;
        return ReplyFramer.isError(reply, at)
                && lineBytes <= LONGEST_OF_BUSY_ENGINE_BYTES
                && OF_BUSY_ENGINE.contains(reply.toString(at, lineBytes, US_ASCII));
    }

    /// Whether a reply is one line with this text.
    static boolean isText(ByteBuf reply, String text) {
        int at = reply.readerIndex();
        if (reply.readableBytes() != text.length() + 2) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (reply.getByte(at + i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// Whether this side has closed the lane.
    final boolean isClosed() {
        return closed;
    }

    final boolean isConnected() {
        var open = channel;
        return open != null && open.isActive();
    }

    final void close() {
        closed = true;
        if (unsent != null) {
            unsent.release();
            unsent = null;
        }
        if (channel != null) {
            channel.close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        onFull(!context.channel().isWritable());
    }

    /// Sends nothing more and waits for the engine to close the connection, as it does once it has
    /// read everything. [#onLost] is called then.
    final void finish() {
        if (channel instanceof DuplexChannel open && open.isActive()) {
            open.shutdownOutput();
        } else {
            close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        var bytes = (ByteBuf) message;
        try {
            var begun = received;
            while (begun != null && bytes.isReadable() && !closed) {
                goOn(context, begun, bytes);
                begun = received;
            }
            if (!closed) {
                passOn(bytes);
                keep(context, bytes);
            }
        } finally {
            bytes.release();
        }
    }

    /// Takes from `bytes` what the incomplete reply still lacks, as far as that is known. What
    /// stands behind it need not be copied then.
    private void goOn(ChannelHandlerContext context, ByteBuf begun, ByteBuf bytes) {
        long lacking = framer.announcedBytes() - begun.readableBytes();
        if (lacking <= 0) {
            lacking = Math.max(LINE_BYTES, begun.readableBytes());
        }
        int length = (int) Math.min(lacking, bytes.readableBytes());
        var in = begun;
        if (in.maxFastWritableBytes() < length) {
            in = larger(context, in, length);
            received = in;
        }
        in.writeBytes(bytes, length);
        passOn(in);
        if (!in.isReadable()) {
            in.release();
            received = null;
        }
    }

    /// Passes on the complete replies.
    private void passOn(ByteBuf in) {
        int length = in.isReadable() ? framer.parse(in) : -1;
        while (length >= 0 && !closed) {
            int from = in.readerIndex();
            in.skipBytes(length);
            if (inPieces) {
                inPieces = false;
                onPiece(in.slice(from, length), true);
            } else {
                if (isRefusal(in, from, length)) {
                    onRefusal();
                }
                onReply(in, from, length);
            }
            length = in.isReadable() ? framer.parse(in) : -1;
        }
        takePiece(in);
    }

    private static boolean isRefusal(ByteBuf in, int from, int length) {
        return in.getByte(from) == '-'
                && length > REFUSAL.length()
                && in.toString(from, REFUSAL.length(), US_ASCII).equals(REFUSAL);
    }

    /// The engine has refused a command for lack of rights; the reply comes next.
    void onRefusal() {}

    /// Takes the part of a large reply that has arrived. An incomplete line stays.
    private void takePiece(ByteBuf in) {
        boolean large = framer.announcedBytes() > GATHERED_BYTES;
        if (closed || !in.isReadable() || (!inPieces && !large)) {
            return;
        }
        inPieces = inPieces || onLargeReply(in, in.readerIndex());
        if (inPieces) {
            int length = (int) Math.min(framer.announcedBytes(), in.readableBytes());
            framer.taken(length);
            if (length > 0) {
                onPiece(in.readSlice(length), false);
            }
            stopIfUnwanted();
        }
    }

    private void stopIfUnwanted() {
        var open = channel;
        if (open != null && !stopped && !wantsMore()) {
            stopped = true;
            open.config().setAutoRead(false);
        }
    }

    /// Continues with a large reply after [#wantsMore] has stopped it.
    final void readOn() {
        var open = channel;
        if (open != null && stopped) {
            stopped = false;
            open.config().setAutoRead(true);
        }
    }

    /// Copies the incomplete reply, into a buffer for all of it, as far as its length is known.
    private void keep(ChannelHandlerContext context, ByteBuf in) {
        if (in.isReadable() && !closed) {
            int announced = (int) Math.min(framer.announcedBytes(), GATHERED_BYTES);
            int room = Math.max(announced, 2 * in.readableBytes());
            received = context.alloc().ioBuffer(room).writeBytes(in);
        }
    }

    private static ByteBuf larger(ChannelHandlerContext context, ByteBuf in, int moreBytes) {
        var larger = context.alloc().ioBuffer(2 * (in.readableBytes() + moreBytes));
        larger.writeBytes(in);
        in.release();
        return larger;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        onRepliesRead();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (received != null) {
            received.release();
            received = null;
        }
        if (unsent != null) {
            unsent.release();
            unsent = null;
        }
        dropPieces();
        if (!closed) {
            onLost();
            closed = true;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof ChannelOutputShutdownException) {
            return; // bytes that were unsent at the end; the engine closes
        }
        LOG.warn("a lane has failed lane={}", this, cause);
        context.close();
    }
}
