package dev.keepsake.front;

import dev.keepsake.resp.CommandStream;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.ProtocolException;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A command that is too large to be gathered, while it arrives. Owned by the node's event loop.
///
/// Decision 7 (docs/decisions) has the bounds, and explains why the command is passed on in pieces.
final class LargeCommand implements AutoCloseable {
    /*
     * A large command is decided by its sketch, by the same rules as any command, as soon as its
     * keys are known. Mostly that is at once; what follows is then passed on, or skipped.
     *
     * Where keys come behind a large argument (MSET), the command is passed on before it is
     * decided. An engine executes nothing before it has the complete command, so the last piece is
     * kept until the decision. When the command is accepted, its keys are marked and the last piece
     * is sent. When it is refused, its lane is closed in the middle of it.
     *
     *   BEGUN ----> PASSING ----> ACCEPTED
     *     |  \-------------------->  |
     *     |--> SKIPPING -----> REFUSED
     *      \--------------------->
     */
    private enum State {
        /// Its head is kept.
        BEGUN,
        /// It is sent to a lane; not all keys are known.
        PASSING,
        /// It is sent nowhere, because this node will refuse it; the error depends on keys that are
        /// not known.
        SKIPPING,
        ACCEPTED,
        REFUSED
    }

    private final CommandStream stream;
    private final Command command;
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>();
    private State state = State.BEGUN;
    private boolean headTaken;
    private @Nullable Consumer<ByteBuf> lane;
    private final @Nullable String refusal;

    /// @param stream from now on owned by this object
    /// @param refusal why it is refused whatever follows, or null
    LargeCommand(CommandStream stream, CommandTable table, @Nullable String refusal) {
        this.stream = stream;
        this.command = new Command(table, stream.frame());
        this.refusal = refusal;
    }

    /// Why it is refused whatever follows, or null.
    @Nullable String refusal() {
        return refusal;
    }

    ByteBuf sketch() {
        return stream.sketch();
    }

    /// The command, as far as it has arrived.
    Command command() {
        return command.at(sketch(), 0);
    }

    long announcedBytes() {
        return stream.announcedBytes();
    }

    /// How many of its bytes are kept here.
    long heldBytes() {
        long bytes = sketch().capacity();
        for (var piece : held) {
            bytes += piece.readableBytes();
        }
        return bytes;
    }

    /// Whether all of it has arrived.
    boolean isComplete() {
        return stream.isComplete();
    }

    /// Whether it has been accepted or refused.
    boolean isDecided() {
        return switch (state) {
            case ACCEPTED, REFUSED -> true;
            case BEGUN, PASSING, SKIPPING -> false;
        };
    }

    /// Whether its lane has it among the expected replies.
    boolean isAccepted() {
        return state == State.ACCEPTED;
    }

    /// Whether a part of it may have been sent to a lane.
    boolean isPassing() {
        return switch (state) {
            case PASSING, ACCEPTED -> true;
            case BEGUN, SKIPPING, REFUSED -> false;
        };
    }

    /// Whether it was sent nowhere, so that it must be refused.
    boolean isSkipped() {
        return state == State.SKIPPING;
    }

    /// Whether it has to be decided now.
    boolean isDue() {
        return state == State.BEGUN || (!isDecided() && isComplete());
    }

    /// Takes the bytes of this command from the beginning of `in`. Until its head has been dealt
    /// with, nothing more than the head.
    ///
    /// @return whether any byte was taken
    boolean take(ByteBuf in) throws ProtocolException {
        if (isComplete() || (state == State.BEGUN && headTaken)) {
            return false;
        }
        headTaken = true;
        var piece = in.readRetainedSlice(stream.take(in));
        held.addLast(piece);
        passOn();
        return piece.isReadable();
    }

    private void passOn() {
        var to = lane;
        if (state == State.REFUSED || state == State.SKIPPING) {
            held.forEach(ByteBuf::release);
            held.clear();
        } else if (to != null && (state == State.ACCEPTED || !isComplete())) {
            held.forEach(to);
            held.clear();
        }
    }

    /// Begins to send it to a lane, before it is decided.
    void passTo(Consumer<ByteBuf> lane) {
        this.lane = lane;
        state = State.PASSING;
        passOn();
    }

    /// Sends it nowhere; the error is not known yet.
    void skip() {
        state = State.SKIPPING;
        passOn();
    }

    /// Sends it to the lane that expects its reply.
    void accept(Consumer<ByteBuf> lane) {
        this.lane = lane;
        state = State.ACCEPTED;
        passOn();
    }

    /// Its error has been answered; the rest is skipped.
    void refuse() {
        state = State.REFUSED;
        passOn();
    }

    /// Releases the bytes that are kept.
    @Override
    public void close() {
        held.forEach(ByteBuf::release);
        held.clear();
        stream.close();
    }
}
