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
/// Decision 7 (docs/decisions) has the bounds, and says why it is passed on in pieces.
final class LargeCommand implements AutoCloseable {
    /*
     * What becomes of it is decided over its sketch, by the same rules as for any command, as soon as
     * its keys are known. Mostly that is at once; what follows is then passed on, or skipped.
     *
     * Where keys come behind a large argument (MSET), the command is passed on before it is decided. An
     * engine executes nothing before it has a command as a whole, so the last piece is held until then:
     * an accepted command gets it, and its keys are marked before; a refused one costs the lane, which
     * is closed in the middle of it.
     *
     *   BEGUN ----> PASSING ----> ACCEPTED
     *     |  \-------------------->  |
     *     |--> SKIPPING -----> REFUSED
     *      \--------------------->
     */
    private enum State {
        /// Its head is held.
        BEGUN,
        /// It goes to a lane; not all keys are known.
        PASSING,
        /// It goes nowhere, for here it will be refused; how is said by keys that are not known.
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

    /// @param stream its owner from now on is this
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

    /// The command, as far as it is known.
    Command command() {
        return command.at(sketch(), 0);
    }

    long announcedBytes() {
        return stream.announcedBytes();
    }

    /// How much of it is kept here.
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

    /// Whether its lane awaits its reply.
    boolean isAccepted() {
        return state == State.ACCEPTED;
    }

    /// Whether something may have gone to a lane.
    boolean isPassing() {
        return switch (state) {
            case PASSING, ACCEPTED -> true;
            case BEGUN, SKIPPING, REFUSED -> false;
        };
    }

    /// Whether it went nowhere, so that it must be refused.
    boolean isSkipped() {
        return state == State.SKIPPING;
    }

    /// Whether it is to be decided now.
    boolean isDue() {
        return state == State.BEGUN || (!isDecided() && isComplete());
    }

    /// Takes what belongs to it from the beginning of `in`; nothing more than its head before
    /// something has become of that.
    ///
    /// @return whether anything was taken
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

    /// Begins to go to a lane; where it belongs is not known yet.
    void passTo(Consumer<ByteBuf> lane) {
        this.lane = lane;
        state = State.PASSING;
        passOn();
    }

    /// Goes nowhere; why is not known yet.
    void skip() {
        state = State.SKIPPING;
        passOn();
    }

    /// Goes to the lane that awaits its reply.
    void accept(Consumer<ByteBuf> lane) {
        this.lane = lane;
        state = State.ACCEPTED;
        passOn();
    }

    /// Has been answered already; its rest is skipped.
    void refuse() {
        state = State.REFUSED;
        passOn();
    }

    /// Lets go of what is held.
    @Override
    public void close() {
        held.forEach(ByteBuf::release);
        held.clear();
        stream.close();
    }
}
