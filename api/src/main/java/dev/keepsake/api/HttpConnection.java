package dev.keepsake.api;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.control.ApiException;
import dev.keepsake.control.Fault;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection of an [HttpServer]: it reads a request, gets its answer, and only then reads the
/// next one. Owned by the server's event loop.
///
/// States: *reading* a request or waiting for one; *working* on it; *answering* until the client
/// has read the answer; *lingering* after the last answer, so that a client that is still sending
/// can read it; *streaming* an answer without an end, until the client closes the connection; and
/// *closed*.
final class HttpConnection extends ChannelInboundHandlerAdapter implements HttpStream {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);
    private static final int AHEAD_MAX_BYTES = 64 << 10;
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(US_ASCII);

    private enum State {
        READING,
        WORKING,
        ANSWERING,
        LINGERING,
        STREAMING,
        CLOSED
    }

    private final HttpServer server;
    private final HttpService service;
    private final Channel channel;
    private final RequestReader reader = new RequestReader();
    private State state = State.READING;
    private @Nullable ByteBuf unread;
    private HttpService.Reception.@Nullable Wanted wanted;
    private @Nullable ChannelFuture answer; // the newest answer
    private boolean isLast;
    private boolean isForHead;
    private boolean hasInputEnded;
    private long skippedBytes;
    private int answerBytes;
    private int heldBytes; // as last reported to the server
    private long sinceNs;
    private Runnable onStreamEnded = () -> {};

    HttpConnection(HttpServer server, HttpService service, Channel channel) {
        this.server = server;
        this.service = service;
        this.channel = channel;
    }

    // ---- calls of the server

    /// Since when it has been waiting for its client, in nanoseconds.
    long sinceNs() {
        return sinceNs;
    }

    void waitingSince(long nowNs) {
        sinceNs = nowNs;
    }

    /// Whether it waits for a request of which nothing has arrived.
    boolean isIdle() {
        return state == State.READING && !reader.isWithin();
    }

    int heldBytes() {
        return heldBytes;
    }

    boolean isClosed() {
        return state == State.CLOSED;
    }

    /// Ends the wait, because the client was too slow.
    void timeOut() {
        if (state == State.READING && reader.isWithin() && answer == null) {
            refuse(Fault.REQUEST_TIMEOUT.because("The request did not come to its end in time."));
        } else {
            close();
        }
    }

    // ---- received bytes

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        server.opened(this);
        if (state != State.CLOSED) {
            channel.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        var bytes = (ByteBuf) message;
        switch (state) {
            case READING -> {
                if (!reader.isWithin()) {
                    server.waits(this);
                }
                unread = unread == null ? bytes : joined(unread, bytes);
                process();
            }
            case WORKING, ANSWERING -> {
                // Bytes without a read: the client has closed its side, and the system delivers the
                // rest.
                unread = unread == null ? bytes : joined(unread, bytes);
                if (unread.readableBytes() > AHEAD_MAX_BYTES) {
                    close();
                }
            }
            case LINGERING, STREAMING -> { // after the last request
                skip(bytes.readableBytes());
                bytes.release();
            }
            case CLOSED -> bytes.release();
        }
    }

    private static ByteBuf joined(ByteBuf first, ByteBuf second) {
        var both = Unpooled.buffer(first.readableBytes() + second.readableBytes());
        both.writeBytes(first).writeBytes(second);
        first.release();
        second.release();
        return both;
    }

    private void skip(int bytes) {
        skippedBytes += bytes;
        if (skippedBytes > server.bounds().skippedBytes()) {
            close();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        readMore();
    }

    private void readMore() {
        switch (state) {
            case READING, LINGERING, STREAMING -> {
                if (!hasInputEnded) {
                    channel.read();
                }
            }
            case WORKING, ANSWERING, CLOSED -> {}
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            hasInputEnded = true;
            if (state == State.READING && answer != null) {
                isLast = true;
                answering(); // the client may still read the answer
            } else if (state == State.READING
                    || state == State.LINGERING
                    || state == State.STREAMING) {
                close();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug(
                    "connection={} has ended reason={}",
                    channel.remoteAddress(),
                    cause.getMessage());
        } else {
            LOG.warn("connection={} failed", channel.remoteAddress(), cause);
        }
        close();
    }

    // ---- requests

    private void process() {
        try {
            while (state == State.READING) {
                var in = unread == null ? Unpooled.EMPTY_BUFFER : unread;
                int before = in.readableBytes();
                var found = reader.read(in);
                if (found != RequestReader.Found.HEAD && reader.isSkipping()) {
                    skippedBytes += before - in.readableBytes();
                }
                switch (found) {
                    case TOO_LITTLE -> {
                        releaseUnread();
                        if (!hold() || hasInputEnded) {
                            close();
                        }
                        return;
                    }
                    case HEAD -> receive(reader.head());
                    case END -> finish();
                }
            }
        } catch (ApiException e) {
            refuse(e);
        }
    }

    private void receive(HttpHead head) {
        isLast = head.isLast() || hasInputEnded;
        isForHead = head.method().equals("HEAD");
        wanted = null;
        skippedBytes = 0;
        switch (service.receive(head, server.port())) {
            case HttpService.Reception.Answered(var refusal) -> {
                boolean isSkipped =
                        head.bodyBytes() >= 0
                                && head.bodyBytes() <= server.bounds().skippedBytes()
                                && !(head.hasBody() && head.waitsToBeToldToContinue());
                isLast |= !isSkipped;
                send(refusal);
                if (!isSkipped) {
                    answering(); // then the connection is closed, although more may arrive
                }
            }
            case HttpService.Reception.Wanted asked -> {
                wanted = asked;
                reader.keepBody(asked.maxBodyBytes());
                if (head.hasBody() && head.waitsToBeToldToContinue() && !hasUnread()) {
                    channel.writeAndFlush(Unpooled.wrappedBuffer(CONTINUE));
                }
            }
            case HttpService.Reception.Streamed(var answered, var opened) ->
                    stream(answered, opened);
        }
    }

    // ---- streams

    private void stream(HttpAnswer head, Consumer<HttpStream> opened) {
        state = State.STREAMING;
        if (unread != null) {
            skip(unread.readableBytes()); // no further request is answered
            releaseUnread();
        }
        if (isClosed()) {
            return;
        }
        server.streams(this);
        hold();
        send(head.headOfStream(server.date()).getBytes(US_ASCII));
        opened.accept(this);
        if (hasInputEnded) {
            close();
        }
    }

    @Override
    public boolean isTaken() {
        var sent = answer;
        return sent == null || sent.isDone();
    }

    @Override
    public void send(byte[] bytes) {
        if (state == State.STREAMING) {
            answer = channel.writeAndFlush(Unpooled.wrappedBuffer(bytes));
        }
    }

    @Override
    public void end() {
        close();
    }

    @Override
    public void whenEnded(Runnable action) {
        if (isClosed()) {
            action.run();
        } else {
            onStreamEnded = action;
        }
    }

    // ---- answers

    /// Handles the end of a request.
    private void finish() {
        if (wanted == null) {
            answering();
            return;
        }
        var asked = wanted;
        wanted = null;
        var body = reader.takeBody();
        state = State.WORKING;
        hold();
        if (!server.work(this, asked.work(), body)) {
            answered(service.refuse(HttpServer.tooMuch()));
        }
    }

    /// Sends the answer to the request that is being worked on.
    void answered(HttpAnswer given) {
        if (state == State.WORKING) {
            send(given);
            answering();
            process();
            readMore();
        }
    }

    /// Sends a refusal as the last answer.
    private void refuse(ApiException refusal) {
        isLast = true;
        wanted = null;
        if (answer == null) {
            send(service.refuse(refusal));
        }
        answering();
    }

    private void send(HttpAnswer given) {
        var head = given.head(server.date(), isLast).getBytes(US_ASCII);
        var bytes =
                isForHead
                        ? Unpooled.wrappedBuffer(head)
                        : Unpooled.wrappedBuffer(head, given.body());
        answerBytes = bytes.readableBytes();
        answer = channel.writeAndFlush(bytes);
    }

    /// Continues when the client has read its answer.
    private void answering() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.ANSWERING;
        server.waits(this);
        var sent = answer;
        if (sent == null || sent.isDone()) {
            taken(sent);
        } else {
            hold();
            sent.addListener(_ -> {
                if (state == State.ANSWERING) {
                    taken(sent);
                    process();
                    readMore();
                }
            });
        }
    }

    private void taken(@Nullable ChannelFuture sent) {
        answer = null;
        answerBytes = 0;
        if (sent != null && !sent.isSuccess()) {
            close();
        } else if (!isLast) {
            state = State.READING;
            hold();
        } else if (hasInputEnded || (reader.isAtEnd() && !hasUnread())) {
            close();
        } else {
            linger();
        }
    }

    private void linger() {
        state = State.LINGERING;
        if (unread != null) {
            skip(unread.readableBytes());
            releaseUnread();
        }
        if (state == State.LINGERING) {
            ((DuplexChannel) channel).shutdownOutput();
            readMore();
        }
    }

    /// Reports to the server how many bytes are held.
    ///
    /// @return whether they are within the bounds
    private boolean hold() {
        int more = reader.heldBytes() + answerBytes - heldBytes;
        heldBytes += more;
        return server.hold(more) || state == State.CLOSED;
    }

    private boolean hasUnread() {
        return unread != null && unread.isReadable();
    }

    private void releaseUnread() {
        if (unread != null) {
            unread.release();
            unread = null;
        }
    }

    /// Closes it at once. Idempotent.
    void close() {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            releaseUnread();
            server.closed(this);
            heldBytes = 0;
            channel.close();
            onStreamEnded.run();
        }
    }
}
