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

/// The socket of one client: sends to it and ends it. Owned by the node's event loop.
///
/// | end | what the client sees |
/// | --- | --- |
/// | [#reset] | a failure, at once |
/// | [#disconnect] | an orderly end, at once |
/// | [#close] | an orderly end behind everything that has been sent |
/// | [#close] after [#lingerAtEnd] | the same; what the client still sends is read and dropped |
final class ClientSocket implements ReplyQueue.Outlet {
    /// The client of the socket.
    interface Client {
        /// A command has been replied to.
        void onReplied();

        /// Sends the replies that are gathered for the client: nothing will be sent behind them.
        void flushReplies();

        /// Drops the client's unprocessed input.
        void forgetInput();
    }

    /// How long a client may continue to send after it was told that its command is too long.
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
    /// @param operators the path of the socket, if it is the operators' socket
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

    /// The remote address, `host:port`.
    String address() {
        return channel == null ? "" : text(channel.remoteAddress());
    }

    /// The local address.
    String localAddress() {
        return channel == null ? "" : text(channel.localAddress());
    }

    /// An address in Redis's format, in which a Unix socket has the port 0.
    private String text(@Nullable SocketAddress address) {
        if (operators != null) {
            return operators + ":0";
        }
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : "";
    }

    /// The file descriptor, or -1 when the system does not tell it.
    int fileDescriptor() {
        return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
    }

    /// How many bytes have been sent that the client has not read yet.
    long unsentBytes() {
        var open = channel;
        var pending = open == null ? null : open.unsafe().outboundBuffer();
        return pending == null ? 0 : pending.totalPendingWriteBytes();
    }

    /// In how many buffers they are.
    int unsentPieces() {
        var open = channel;
        var pending = open == null ? null : open.unsafe().outboundBuffer();
        return pending == null ? 0 : pending.size();
    }

    // ---- what the client sends

    /// Whether the socket is being read.
    boolean isReading() {
        var open = channel;
        return open != null && open.config().isAutoRead();
    }

    /// Reads from the socket, or leaves in it what the client sends.
    void read(boolean wished) {
        var open = channel;
        if (open != null && !(closing && lingers)) {
            if (open.config().isAutoRead() != wished) { // the value is looked at after each read
                open.config().setAutoRead(wished);
            }
        }
    }

    /// Drops input that has arrived after the end.
    ///
    /// @param mostBytes a client that sends more than that sees a failure
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
            // Without TLS, which would send its own end first and wait until the client has read
            // that.
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

    /// A client that is still sending when its connection is closed sees a failure of the
    /// connection instead of the error reply, unless what it sends is read meanwhile.
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

    /// Ends the sending direction, and reads and drops what the client still sends, as many bytes
    /// as one command may have.
    private void linger(DuplexChannel open, ChannelFuture written) {
        client.forgetInput();
        written.addListener(done -> open.shutdownOutput());
        open.config().setAutoRead(true);
        var end = loop.schedule(this::reset, LINGERS_NS, TimeUnit.NANOSECONDS);
        open.closeFuture().addListener(closed -> end.cancel(false));
    }
}
