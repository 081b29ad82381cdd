package dev.keepsake.front;

import dev.keepsake.resp.RespWriter;
import dev.keepsake.shard.Durability;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// The replies that one client is owed, in the order of its commands. Owned by the node's event
/// loop.
///
/// A reply is sent at the end of the turn, or it is parked: it waits until everything that it
/// depends on is in the log. Once a reply is parked, each later one waits behind it, whichever
/// party answers, and also behind the place of a reply that the client does not want. So no answer
/// overtakes a write that is not durable.
final class ReplyQueue implements ReplySink, ParkedReply.Client {
    /// The node's decisions about the replies to its clients.
    interface Rules extends LatePlaces, ReplyOutput.Node {
        /// Decides what may be sent, and what waits for the log.
        Durability<Parked> durability();

        /// The error in the place of a reply that would have to wait for a log that has had no room
        /// for too long, or null.
        @Nullable String whyGivenUp();

        /// These replies are to be sent at the end of the turn.
        void touch(ReplyQueue replies);
    }

    /// The connection over which the replies are sent.
    interface Outlet extends ReplyOutput.Outlet {
        /// Closes behind everything that has been sent.
        void close();

        /// Closes so that the client sees a failure.
        void reset();

        /// A command has been replied to.
        void onReplied();
    }

    /// Which replies the client does not want: CLIENT REPLY.
    enum Mute {
        NOTHING,
        /// The reply to the next command.
        NEXT,
        /// All replies until further notice.
        EVERYTHING
    }

    private final Rules rules;
    private final Outlet outlet;
    private final ReplyOutput output;
    private final ArrayDeque<ParkedReply> parked = new ArrayDeque<>();
    private boolean ending; // closes as soon as nothing is parked
    private Mute mute = Mute.NOTHING;

    ReplyQueue(Rules rules, Outlet outlet) {
        this.rules = rules;
        this.outlet = outlet;
        this.output = new ReplyOutput(rules, outlet, () -> rules.touch(this));
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

    /// Whether something that depends on data is to be sent.
    boolean hasToTell() {
        return output.tells();
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

    /// The bytes that are sent at the end of the turn.
    ReplyOutput output() {
        return output;
    }

    // ---- unwanted replies

    /// Sets which replies the client does not want. Nothing is under way at this time.
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

    /// A command has been replied to, also when the client did not want the reply.
    private void endMuteOfOne() {
        if (mute == Mute.NEXT) {
            mute = Mute.NOTHING;
        }
    }

    // ---- answers of the front

    /// Takes the front's answer to a command while nothing is under way. It reveals no data, and is
    /// empty for CLIENT REPLY.
    void answer(ByteBuf answer) {
        if (!answer.isReadable()) {
            return;
        }
        boolean unwanted = swallowsReply();
        endMuteOfOne();
        if (unwanted) {
            return; // it reveals no data, so nothing has to wait for it
        }
        if (hasParked()) {
            parkLate(answer, Patience.NONE);
        } else {
            deliver(answer);
        }
    }

    /// Takes an answer that another party was asked for. Like a reply of the engine, it waits until
    /// all that has been executed so far is durable, unless it reveals no data.
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

    /// Takes a message that answers none of the client's commands.
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
        output.add(reply, true);
    }

    /// Copies a reply that may be sent, and reveals no data, to the bytes that are sent at the end
    /// of the turn.
    void deliver(ByteBuf reply) {
        output.add(reply, false);
    }

    @Override
    public void beginLarge() {
        output.beginLarge();
    }

    @Override
    public void passOn(ByteBuf piece) {
        output.passOn(piece);
    }

    @Override
    public void endLarge() {
        output.endLarge();
    }

    /// Sends the gathered bytes. The caller has made sure that they may be sent.
    void flush() {
        output.flush();
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

    /// A parked reply is settled: the replies whose turn it is are sent.
    @Override
    public void onSettled() {
        for (var next = parked.peekFirst();
                next != null && next.isSettled();
                next = parked.peekFirst()) {
            parked.removeFirst();
            if (next.isLost() && !isClosed()) {
                reset(); // the client would take the next reply for the missing one
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

    /// The log has had no room for so long that the wait of some replies ends.
    void giveUpWaiting(String error) {
        parked.forEach(each -> giveUp(each, error));
        onSettled();
    }

    /// Whether the log has had no room for so long that this reply does not even begin to wait.
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

    /// Closes the connection behind everything that the client is owed. Earlier replies may still
    /// have to wait for the log.
    void end() {
        if (!parked.isEmpty()) {
            ending = true;
        } else if (output.tells() && !rules.durability().mayTell()) {
            reset(); // earlier replies may not be sent
        } else {
            outlet.close();
        }
    }

    /// The connection is closed.
    void discard() {
        output.discard();
    }
}
