package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.UnixChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The socket of one client: what is sent over it, and how it ends. Owned by the node's event loop.
///
/// | end | what the client sees |
/// | --- | --- |
/// | [#reset] | a failure, at once |
/// | [#disconnect] | an orderly end, at once |
/// | [#close] | an orderly end behind all that has been sent |
/// | [#close] after [#lingerAtEnd] | the same; what it still sends is taken meanwhile |
final class ClientSocket implements ReplyQueue.Outlet {
    /// Whose socket it is.
    interface Client {
        /// A command has been replied to.
        void onReplied();

        /// Sends what has gathered for the client: nothing will be sent behind it.
        void flushReplies();

        /// Nothing is taken any more that the client sends.
        void forgetInput();
    }

    /// How long a client may go on sending that has been told that its command is too long.
    private static final long LINGERS_NS = TimeUnit.SECONDS.toNanos(30);

    private final EventLoop loop;
    private final ByteBufAllocator allocator;
    private final ClientFacts facts;
    private final @Nullable Path operators;
    private final Client client;
    private @Nullable Channel channel;
    private boolean closing;
    private boolean lingers;
    private long discardedBytes;

    /// @param facts notes what is sent
    /// @param operators the path of the socket, if it is the operators'
    ClientSocket(
            EventLoop loop,
            ByteBufAllocator allocator,
            ClientFacts facts,
            @Nullable Path operators,
            Client client) {
        this.loop = loop;
        this.allocator = allocator;
        this.facts = facts;
        this.operators = operators;
        this.client = client;
    }

    void attach(Channel connection) {
        channel = connection;
    }

    // ---- what is known of it

    @Override
    public boolean isClosed() {
        return closing || channel == null || !channel.isActive();
    }

    /// Whether it has begun to end.
    boolean isClosing() {
        return closing;
    }

    /// Where the client connects from, `host:port`.
    String address() {
        return channel == null ? "" : text(channel.remoteAddress());
    }

    /// What it is connected to.
    String localAddress() {
        return channel == null ? "" : text(channel.localAddress());
    }

    /// As Redis writes it, for whom a Unix socket has the port 0.
    private String text(@Nullable SocketAddress address) {
        if (operators != null) {
            return operators + ":0";
        }
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : "";
    }

    /// Its number, or -1 when the system does not tell.
    int fileDescriptor() {
        return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
    }

    /// How much the client has been sent and has not read yet.
    long unsentBytes() {
        var open = channel;
        var pending = open == null ? null : open.unsafe().outboundBuffer();
        return pending == null ? 0 : pending.totalPendingWriteBytes();
    }

    /// In how many pieces that is.
    int unsentPieces() {
        var open = channel;
        var pending = open == null ? null : open.unsafe().outboundBuffer();
        return pending == null ? 0 : pending.size();
    }

    // ---- what the client sends

    /// Whether it is read from.
    boolean isReading() {
        var open = channel;
        return open != null && open.config().isAutoRead();
    }

    /// Reads from it, or leaves in it what the client sends.
    void read(boolean wished) {
        var open = channel;
        if (open != null && !(closing && lingers)) {
            if (open.config().isAutoRead() != wished) { // it is asked for after each read
                open.config().setAutoRead(wished);
            }
        }
    }

    /// Drops what has arrived after the end.
    ///
    /// @param mostBytes who sends more than that sees a failure
    void discard(ByteBuf arrived, long mostBytes) {
        discardedBytes += arrived.readableBytes();
        arrived.release();
        if (discardedBytes > mostBytes) {
            reset();
        }
    }

    // ---- what the client is sent

    @Override
    public void send(ByteBuf bytes) {
        var open = channel;
        if (open == null) {
            bytes.release();
        } else {
            facts.onSent(bytes.readableBytes(), loop.ticker().nanoTime());
            open.writeAndFlush(bytes, open.voidPromise());
        }
    }

    @Override
    public void sendPiece(ByteBuf piece, Runnable onWritten) {
        var open = channel;
        if (open == null) {
            piece.release();
            onWritten.run();
        } else {
            facts.onSent(piece.readableBytes(), loop.ticker().nanoTime());
            open.write(piece).addListener(written -> onWritten.run());
        }
    }

    @Override
    public void flush() {
        var open = channel;
        if (open != null) {
            open.flush();
        }
    }

    @Override
    public void onReplied() {
        client.onReplied();
    }

    // ---- how it ends

    /// The other end, or Netty, has closed it.
    void onClosed() {
        closing = true;
    }

    @Override
    public void reset() {
        closing = true;
        var open = channel;
        if (open != null) {
            if (open.isOpen()) {
                open.config().setOption(ChannelOption.SO_LINGER, 0);
            }
            // Past TLS, which would say goodbye first and wait until that is read.
            var first = open.pipeline().firstContext();
            if (first == null) {
                open.close();
            } else {
                first.close();
            }
        }
    }

    /// Closes it, whatever is under way.
    void disconnect() {
        closing = true;
        if (channel != null) {
            channel.close();
        }
    }

    /// Who is closed while it sends sees a failure of its connection instead of the error that it
    /// is sent, unless what it sends is taken meanwhile.
    void lingerAtEnd(boolean wished) {
        lingers = wished;
    }

    @Override
    public void close() {
        closing = true;
        var open = channel;
        if (open != null) {
            client.flushReplies();
            var written = open.writeAndFlush(allocator.buffer(0));
            if (lingers && open instanceof DuplexChannel duplex) {
                linger(duplex, written);
            } else {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }
    }

    /// Says that nothing more comes, and takes what the client still sends, for as long as a
    /// command may be.
    private void linger(DuplexChannel open, ChannelFuture written) {
        client.forgetInput();
        written.addListener(done -> open.shutdownOutput());
        open.config().setAutoRead(true);
        var end = loop.schedule(this::reset, LINGERS_NS, TimeUnit.NANOSECONDS);
        open.closeFuture().addListener(closed -> end.cancel(false));
    }
}
