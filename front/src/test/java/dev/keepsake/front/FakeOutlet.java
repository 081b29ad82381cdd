package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;

/// A socket that keeps all bytes that are sent.
final class FakeOutlet implements ReplyQueue.Outlet {
    final StringBuilder sent;
    String end = "";
    int replied;

    /// @param sent keeps the bytes
    FakeOutlet(StringBuilder sent) {
        this.sent = sent;
    }

    @Override
    public boolean isClosed() {
        return !end.isEmpty();
    }

    @Override
    public void send(ByteBuf bytes) {
        sent.append(bytes.toString(US_ASCII));
        bytes.release();
    }

    @Override
    public void sendPiece(ByteBuf piece, Runnable onWritten) {
        send(piece);
        onWritten.run();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        end = "closed";
    }

    @Override
    public void reset() {
        end = "reset";
    }

    @Override
    public void onReplied() {
        replied++;
    }
}
