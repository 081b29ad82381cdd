package dev.keepsake.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// The bytes that are sent to one client at the end of the turn: replies in one buffer, or the
/// pieces of a large reply, behind which replies gather until it has ended. Everything here may be
/// sent. Owned by the node's event loop.
final class ReplyOutput {
    /// The node of the client.
    interface Node {
        ByteBufAllocator allocator();

        /// So many more bytes of large replies are kept or on their way to clients; a negative
        /// number when they are gone.
        void countLarge(long bytes);

        /// So many more bytes are on their way to clients.
        void noteGrowth(long bytes);
    }

    /// The connection over which the bytes are sent.
    interface Outlet {
        /// Whether the connection is closed, so that nothing can be sent.
        boolean isClosed();

        /// Sends bytes at once. The buffer becomes the outlet's.
        void send(ByteBuf bytes);

        /// Sends a piece of a large reply with the next [#flush].
        ///
        /// @param piece the buffer, which becomes the outlet's
        /// @param onWritten called when it is in the socket, or never will be
        void sendPiece(ByteBuf piece, Runnable onWritten);

        /// Sends the pieces.
        void flush();
    }

    private final Node node;
    private final Outlet outlet;
    private final Runnable onTouched;
    private @Nullable ByteBuf gathered;
    private boolean tells;
    private boolean touched;
    private boolean passing; // pieces of a large reply

    /// @param onTouched called once until the next [#flush], when there is something to send
    ReplyOutput(Node node, Outlet outlet, Runnable onTouched) {
        this.node = node;
        this.outlet = outlet;
        this.onTouched = onTouched;
    }

    /// Whether some of the bytes depend on data.
    boolean tells() {
        return tells;
    }

    /// The bytes that are gathered in this turn.
    long bytes() {
        return gathered == null ? 0 : gathered.readableBytes();
    }

    /// The memory that they take.
    long capacityBytes() {
        return gathered == null ? 0 : gathered.capacity();
    }

    /// Copies a reply.
    ///
    /// @param tellsOfData whether the reply depends on data
    void add(ByteBuf reply, boolean tellsOfData) {
        var out = gathered;
        if (out == null) {
            out = node.allocator().ioBuffer(Math.max(256, reply.readableBytes()));
            gathered = out;
        }
        out.writeBytes(reply, reply.readerIndex(), reply.readableBytes());
        tells |= tellsOfData;
        touch();
    }

    /// A large reply is about to be passed on: nothing comes between its pieces.
    void beginLarge() {
        flush();
        passing = true;
    }

    /// Sends a piece of the large reply. The buffer becomes the outlet's.
    void passOn(ByteBuf piece) {
        if (outlet.isClosed()) {
            piece.release();
            return;
        }
        int bytes = piece.readableBytes();
        node.countLarge(bytes);
        node.noteGrowth(bytes);
        outlet.sendPiece(piece, () -> node.countLarge(-bytes));
        tells = true;
        touch();
    }

    /// All pieces have been passed on.
    void endLarge() {
        passing = false;
        touch();
    }

    private void touch() {
        if (!touched) {
            touched = true;
            onTouched.run();
        }
    }

    /// Sends the gathered bytes. The caller has made sure that they may be sent.
    void flush() {
        touched = false;
        var out = gathered;
        if (passing) {
            tells &= out != null; // the gathered bytes are sent behind the pieces
            outlet.flush();
            return;
        }
        tells = false;
        if (out == null) {
            outlet.flush();
        } else {
            gathered = null;
            int bytes = out.capacity();
            outlet.send(out);
            node.noteGrowth(bytes);
        }
    }

    /// The connection is closed.
    void discard() {
        if (gathered != null) {
            gathered.release();
            gathered = null;
        }
        tells = false;
    }
}
