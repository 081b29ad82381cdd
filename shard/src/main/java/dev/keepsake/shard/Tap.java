package dev.keepsake.shard;

import dev.keepsake.resp.RespWriter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Reads the replication stream of a primary's engine, in the role of a replica that continues at a
/// known offset. Owned by the node's event loop, which also runs its channel.
///
/// Source of the protocol: Redis 7.0 `replication.c`. After `REPLICAOF NO ONE` an engine still
/// accepts the replication id that it followed before (its "second id"), up to the offset of the
/// change. So it answers `PSYNC <that id> <offset + 1>` with `+CONTINUE`, and the stream continues
/// without a gap. A `+FULLRESYNC` would mean that the engine holds data that is not in the log, and
/// is an error here.
final class Tap extends ChannelInboundHandlerAdapter {
    /// Receives the stream, on the event loop.
    interface Sink {
        /// The engine continues where the log ends. Bytes follow.
        void onAttached();

        /// The next bytes of the stream. The callee releases the buffer.
        void onStream(ByteBuf bytes);

        /// The tap has ended. No call follows.
        void onDetached(String reason);
    }

    private static final int LINE_MAX_BYTES = 1024;

    // An engine drops a replica that has sent nothing for repl-timeout, 60 s by default.
    private static final long ACK_EVERY_MS = 1_000;

    private final String replicationId;
    private final long fromOffset;
    private final LongSupplier durableOffset;
    private final Sink sink;

    private @Nullable ByteBuf line;
    private boolean syncAsked;
    private boolean streaming;
    private boolean detached;
    private @Nullable Future<?> acknowledging;

    /// @param replicationId the replication id under which the engine was fed
    /// @param fromOffset the end of the log, which is the engine's offset
    /// @param durableOffset gives the durable end of the log, which the tap acknowledges to the
    ///   engine
    Tap(String replicationId, long fromOffset, LongSupplier durableOffset, Sink sink) {
        this.replicationId = replicationId;
        this.fromOffset = fromOffset;
        this.durableOffset = durableOffset;
        this.sink = sink;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        line = context.alloc().buffer(128);
        // Each step waits for its answer: an engine refuses PSYNC while an answer to this
        // connection is unsent.
        send(context, "REPLCONF", "capa", "eof", "capa", "psync2");
    }

    private static void send(ChannelHandlerContext context, String... command) {
        var out = context.alloc().buffer(256);
        RespWriter.command(out, command);
        context.writeAndFlush(out, context.voidPromise());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        var bytes = (ByteBuf) message;
        while (!streaming && bytes.isReadable()) {
            if (detached || !readHandshake(context, bytes)) {
                bytes.release();
                return;
            }
        }
        if (bytes.isReadable() && !detached) {
            sink.onStream(bytes);
        } else {
            bytes.release();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        detach(context, "the engine closed its replication stream");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        detach(context, "the replication stream broke: " + cause.getMessage());
    }

    /// Consumes up to one line of the answers to the handshake.
    ///
    /// @return false when the tap has ended
    private boolean readHandshake(ChannelHandlerContext context, ByteBuf bytes) {
        var line = this.line;
        if (line == null) {
            return false;
        }
        byte next = bytes.readByte();
        if (next != '\n') {
            if (line.readableBytes() == LINE_MAX_BYTES) {
                return detach(context, "the engine's answer to PSYNC is longer than a line");
            }
            line.writeByte(next);
            return true;
        }
        String answer = line.toString(StandardCharsets.US_ASCII).strip();
        line.clear();
        if (answer.isEmpty()) {
            return true; // the engine keeps a waiting replica alive with empty lines
        }
        if (!syncAsked) {
            syncAsked = true;
            send(context, "PSYNC", replicationId, Long.toString(fromOffset + 1));
            return answer.startsWith("+") || detach(context, "REPLCONF was refused: " + answer);
        }
        if (!answer.startsWith("+CONTINUE")) {
            return detach(
                    context,
                    "the engine does not continue at offset %d of %s: %s"
                            .formatted(fromOffset, replicationId, answer));
        }
        line.release();
        this.line = null;
        streaming = true;
        acknowledge(context);
        acknowledging =
                context.executor()
                        .scheduleAtFixedRate(
                                () -> acknowledge(context),
                                ACK_EVERY_MS,
                                ACK_EVERY_MS,
                                TimeUnit.MILLISECONDS);
        sink.onAttached();
        return true;
    }

    private void acknowledge(ChannelHandlerContext context) {
        send(context, "REPLCONF", "ACK", Long.toString(durableOffset.getAsLong()));
    }

    private boolean detach(ChannelHandlerContext context, String reason) {
        if (!detached) {
            detached = true;
            if (acknowledging != null) {
                acknowledging.cancel(false);
            }
            if (line != null) {
                line.release();
                line = null;
            }
            context.close();
            sink.onDetached(reason);
        }
        return false;
    }
}
