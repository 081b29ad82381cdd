package dev.keepsake.engine;

import dev.keepsake.core.Clock;
import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// A connection to an engine for Keepsake's own commands, one after the other. Owned by the calling
/// thread, which blocks until the reply has arrived or the time is over.
///
/// The socket is non-blocking and waits with a selector. A blocking Unix socket has no timeout, and
/// an engine that was stopped (SIGSTOP) accepts connections but never answers.
final class AdminConnection implements AutoCloseable {
    private static final int READ_BYTES = 4096;

    private final Clock clock;
    private final long deadlineNs;
    private final SocketChannel channel;
    private final Selector selector;

    /// Connects. All commands up to the last reply have to finish within the timeout.
    AdminConnection(Path socket, Clock clock, long timeoutNs) throws IOException {
        this.clock = clock;
        this.deadlineNs = clock.nowNs() + timeoutNs;
        this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.configureBlocking(false);
            // A Unix socket connects at once or not at all; it does not connect when the backlog is
            // full.
            if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                throw new IOException("%s has too many waiting connections".formatted(socket));
            }
            this.selector = Selector.open();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /// Sends a command and returns its reply, which may be an error. Blocks.
    RespValue ask(String... command) throws IOException {
        var request = Unpooled.buffer();
        RespWriter.command(request, command);
        return ask(request);
    }

    /// Does the same as [#ask(String...)], with arguments of arbitrary bytes.
    RespValue ask(byte[]... command) throws IOException {
        var request = Unpooled.buffer();
        RespWriter.command(request, command);
        return ask(request);
    }

    private RespValue ask(ByteBuf request) throws IOException {
        var key = channel.register(selector, SelectionKey.OP_WRITE);
        while (request.isReadable()) {
            await();
            request.readBytes(channel, request.readableBytes());
        }
        key.interestOps(SelectionKey.OP_READ);
        return readReply();
    }

    private RespValue readReply() throws IOException {
        var framer = new ReplyFramer();
        ByteBuf reply = Unpooled.buffer();
        while (framer.parse(reply) < 0) {
            await();
            if (reply.writeBytes(channel, READ_BYTES) < 0) {
                throw new EOFException("the engine closed the connection without a reply");
            }
        }
        return RespValue.decode(reply);
    }

    private void await() throws IOException {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - clock.nowNs());
        // A timeout of 0 would wait without end.
        int ready = leftMs <= 0 ? 0 : selector.select(leftMs);
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted while waiting for the engine");
        }
        if (ready == 0) {
            throw new SocketTimeoutException("the engine did not answer in time");
        }
        selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
