package dev.keepsake.front;

import dev.keepsake.resp.RespWriter;
import dev.keepsake.shard.Durability;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// The replies that one client is owed, in the order of its commands. Owned by the node's event
/// loop.
///
/// A reply is sent at the end of the turn, or it is parked: it waits until what it tells is in the
/// log. Once a reply is parked, each later one waits behind it, whoever answers it, and also the
/// place of one that the client does not want. So no answer overtakes a write that is not durable.
final class ReplyQueue implements ReplySink, ParkedReply.Client {
    /// What the node decides about the replies to its clients.
    interface Rules extends LatePlaces {
        ByteBufAllocator allocator();

        /// What may be sent, and what waits for the log.
        Durability<Parked> durability();

        /// The error that stands in the place of a reply which would have to wait for a log that
        /// has had no room for too long, or null.
        @Nullable String whyGivenUp();

        /// Bytes of large replies are kept or on their way to clients, or, when negative, no
        /// longer.
        void countLarge(long bytes);

        /// So much more is on its way to clients.
        void noteGrowth(long bytes);

        /// What a client is to be sent has grown: it is sent at the end of the turn.
        void touch(ReplyQueue replies);
    }

    /// The connection that the replies leave by.
    interface Outlet {
        /// Whether nothing is sent any more.
        boolean isClosed();

        /// Sends bytes at once, which are the outlet's from now on.
        void send(ByteBuf bytes);

        /// Sends a piece of a large reply with the next [#flush].
        ///
        /// @param piece the outlet's from now on
        /// @param onWritten called when it is in the socket, or never will be
        void sendPiece(ByteBuf piece, Runnable onWritten);

        /// Sends the pieces.
        void flush();

        /// Closes behind what has been sent.
        void close();

        /// Closes so that the client sees a failure.
        void reset();

        /// A command has been replied to.
        void onReplied();
    }

    /// Which replies the client does not want, as it has said by CLIENT REPLY.
    enum Mute {
        NOTHING,
        /// That of the next command.
        NEXT,
        /// All until it says otherwise.
        EVERYTHING
    }

    private final Rules rules;
    private final Outlet outlet;
    private final ArrayDeque<ParkedReply> parked = new ArrayDeque<>();
    private @Nullable ByteBuf output;
    private boolean outputTells;
    private boolean touched;
    private boolean passing; // pieces of a large reply
    private boolean ending; // as soon as nothing is parked
    private Mute mute = Mute.NOTHING;

    ReplyQueue(Rules rules, Outlet outlet) {
        this.rules = rules;
        this.outlet = outlet;
    }

    // ---- what is known of them

    @Override
    public boolean isClosed() {
        return outlet.isClosed();
    }

    @Override
    public boolean hasParked() {
        return !parked.isEmpty();
    }

    /// Whether something is to be sent that tells of the data.
    boolean hasToTell() {
        return outputTells;
    }

    /// Whether the connection is to be closed behind what is parked.
    boolean isEnding() {
        return ending;
    }

    int parkedCount() {
        return parked.size();
    }

    long parkedBytes() {
        return parked.stream().mapToLong(ParkedReply::lengthBytes).sum();
    }

    /// What has gathered in this turn.
    long gatheredBytes() {
        return output == null ? 0 : output.readableBytes();
    }

    /// What that takes of memory.
    long gatheredCapacity() {
        return output == null ? 0 : output.capacity();
    }

    // ---- unwanted replies

    /// Which replies the client does not want from now on. Nothing is under way when it says so.
    void mute(Mute wished) {
        if (wished != Mute.NEXT || mute == Mute.NOTHING) {
            mute = wished;
        }
    }

    /// The client wants all replies again.
    void unmute() {
        mute = Mute.NOTHING;
    }

    @Override
    public boolean swallowsReply() {
        return mute != Mute.NOTHING;
    }

    /// A command has been replied to, be it that nobody wants to hear it.
    private void endMuteOfOne() {
        if (mute == Mute.NEXT) {
            mute = Mute.NOTHING;
        }
    }

    // ---- answers of the front

    /// Takes the front's answer to a command of which nothing is under way. It tells nothing of the
    /// data, and is empty for CLIENT REPLY.
    void answer(ByteBuf answer) {
        if (!answer.isReadable()) {
            return;
        }
        boolean unwanted = swallowsReply();
        endMuteOfOne();
        if (unwanted) {
            return; // it tells nothing, so nothing has to wait for it
        }
        if (hasParked()) {
            parkLate(answer, Patience.NONE);
        } else {
            deliver(answer);
        }
    }

    /// Takes an answer that somebody was asked for. It waits like a reply of the engine until all
    /// that has been executed so far is durable, unless it tells nothing.
    void answerLate(ByteBuf answer, Patience patience) {
        boolean held = rules.durability().holdsReplies();
        if (swallowsReply()) {
            if (held) {
                rules.parkUnwanted(this, patience);
            }
            return;
        }
        boolean tellsNothing = patience == Patience.NONE || LaneChannel.isOfBusyEngine(answer);
        boolean leaves = tellsNothing && !hasParked() && rules.durability().mayReply();
        if (held && !leaves) {
            parkLate(answer, patience);
        } else {
            deliver(answer);
        }
    }

    @Override
    public void takeOfOwnLane(ByteBuf reply, Patience patience, boolean push) {
        if (isClosed() || (push && ending)) {
            return;
        }
        boolean unwanted = !push && swallowsReply();
        boolean tellsNothing = patience == Patience.NONE;
        boolean free = !rules.durability().holdsReplies();
        if (free || (tellsNothing && parked.isEmpty() && rules.durability().mayReply())) {
            if (!unwanted) {
                tell(reply);
            }
        } else if (unwanted) {
            rules.parkUnwanted(this, patience);
        } else {
            parkLate(reply, patience);
        }
    }

    /// Takes something that answers none of the client's commands.
    void show(ByteBuf line) {
        if (isClosed() || ending) {
            return;
        }
        if (rules.durability().holdsReplies()) {
            parkLate(line, Patience.ENDLESS);
        } else {
            deliver(line);
        }
    }

    // ---- replies that may be sent

    @Override
    public void tell(ByteBuf reply) {
        deliver(reply);
        outputTells = true;
    }

    /// Copies a reply that may be sent, and tells nothing of the data, into what is sent at the end
    /// of the turn.
    void deliver(ByteBuf reply) {
        var out = output;
        if (out == null) {
            out = rules.allocator().ioBuffer(Math.max(256, reply.readableBytes()));
            output = out;
        }
        out.writeBytes(reply, reply.readerIndex(), reply.readableBytes());
        touch();
    }

    @Override
    public void beginLarge() {
        flush();
        passing = true;
    }

    @Override
    public void passOn(ByteBuf piece) {
        if (isClosed()) {
            piece.release();
            return;
        }
        int bytes = piece.readableBytes();
        rules.countLarge(bytes);
        rules.noteGrowth(bytes);
        outlet.sendPiece(piece, () -> rules.countLarge(-bytes));
        outputTells = true;
        touch();
    }

    @Override
    public void endLarge() {
        passing = false;
        touch();
    }

    private void touch() {
        if (!touched) {
            touched = true;
            rules.touch(this);
        }
    }

    /// Sends what has gathered. Whoever calls this has seen to it that it may be sent.
    void flush() {
        touched = false;
        var out = output;
        if (passing) {
            outputTells &= out != null; // which is sent behind the pieces
            outlet.flush();
            return;
        }
        outputTells = false;
        if (out == null) {
            outlet.flush();
        } else {
            output = null;
            int bytes = out.capacity();
            outlet.send(out);
            rules.noteGrowth(bytes);
        }
    }

    // ---- replies that wait

    @Override
    public @Nullable ParkedReply park(ByteBuf reply, Patience patience) {
        var copy = rules.allocator().ioBuffer(reply.readableBytes());
        copy.writeBytes(reply, reply.readerIndex(), reply.readableBytes());
        rules.durability().countParked(copy.readableBytes());
        var waiting = new ParkedReply(this, copy, patience);
        parked.addLast(waiting);
        return givesUpAtOnce(waiting) ? null : waiting;
    }

    @Override
    public Parked park(KeptReply reply, Patience patience) {
        var waiting = new ParkedReply(this, reply, patience);
        parked.addLast(waiting);
        return waiting;
    }

    @Override
    public @Nullable ParkedReply parkUnwanted(long group, Patience patience) {
        var last = parked.peekLast();
        if (last != null && last.takesIn(group, patience)) {
            return null;
        }
        var place = ParkedReply.unwanted(this, group, patience);
        parked.addLast(place);
        return place;
    }

    private void parkLate(ByteBuf reply, Patience patience) {
        var waiting = park(reply, patience);
        if (waiting != null) {
            rules.parkLate(waiting);
        }
    }

    /// The fate of a parked reply is known: those leave whose turn it is.
    @Override
    public void onSettled() {
        for (var next = parked.peekFirst();
                next != null && next.isSettled();
                next = parked.peekFirst()) {
            parked.removeFirst();
            if (next.isLost() && !isClosed()) {
                reset(); // what follows would be taken for the reply that is missing
            }
            release(next);
        }
        if (ending && parked.isEmpty() && !isClosed()) {
            end();
        }
    }

    private void release(ParkedReply settled) {
        var bytes = settled.bytes();
        var large = settled.large();
        if (bytes != null) {
            rules.durability().countParked(-bytes.readableBytes());
            if (!isClosed() && settled.tells()) {
                tell(bytes);
            } else if (!isClosed()) {
                deliver(bytes);
            }
            bytes.release();
        } else if (large != null && isClosed()) {
            large.drop();
        } else if (large != null) {
            large.release();
        }
    }

    // ---- a log without room

    /// The log has had no room for so long that whatever may be given up is.
    void giveUpWaiting(String error) {
        parked.forEach(each -> giveUp(each, error));
        onSettled();
    }

    /// Whether the log has had no room for so long that a reply does not even begin to wait for it.
    private boolean givesUpAtOnce(ParkedReply waiting) {
        String error = rules.whyGivenUp();
        if (error == null) {
            return false;
        }
        giveUp(waiting, error);
        if (waiting.isSettled()) {
            onSettled();
        }
        return waiting.isSettled();
    }

    private void giveUp(ParkedReply waiting, String error) {
        if (waiting.mayBeGivenUp()) {
            long before = waiting.bytesHere();
            var instead = rules.allocator().buffer(error.length() + 8);
            RespWriter.error(instead, error);
            waiting.giveUp(instead);
            instead.release();
            rules.durability().countParked(waiting.bytesHere() - before);
        }
    }

    // ---- the end

    @Override
    public void onReplied() {
        endMuteOfOne();
        outlet.onReplied();
    }

    @Override
    public void reset() {
        outlet.reset();
    }

    /// Closes the connection behind all that the client is owed: what precedes may still wait for
    /// the log.
    void end() {
        if (!parked.isEmpty()) {
            ending = true;
        } else if (outputTells && !rules.durability().mayTell()) {
            reset(); // what precedes this answer may not be told
        } else {
            outlet.close();
        }
    }

    /// The connection is gone.
    void discard() {
        if (output != null) {
            output.release();
            output = null;
        }
        outputTells = false;
    }
}
