package dev.keepsake.front;

import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.resp.Trait;
import dev.keepsake.shard.Durability;
import dev.keepsake.shard.Tracker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One connection to the engine for the stateless commands of all clients of one user with one
/// version of RESP. Owned by the node's event loop.
///
/// The commands of one turn are gathered and written at its end in one piece, followed by one
/// barrier. The barrier (`ROLE`) returns the offset that covers the turn. The turn's replies are
/// sent when the log is durable up to that offset.
///
/// Whether a reply has to wait is decided when it *arrives*, not when its command was sent. Other
/// lanes write too, and a read whose keys were clean when it was sent may be executed after such a
/// write. A key is marked before its write is sent, and unmarked after its barrier is durable. So
/// if there is no mark when the reply is read, everything that the reply depends on is durable. An
/// engine that evicts changes keys that cannot be marked beforehand; all replies wait then.
final class SharedLane extends LaneChannel {
    private static final long BUSY_RETRY_MS = 10;

    // A buffer is copied when it grows, so further commands go to another buffer.
    private static final int OUTGOING_BYTES = 1 << 20;

    /// The owner of the lane.
    interface Owner extends LaneOwner {
        /// The engine has not taken all that it was sent over the lane, or has taken it by now.
        void onFull(SharedLane lane, boolean full);

        /// A barrier has been answered: fewer replies may be waiting.
        void onBarrier();

        /// The lane is not used any more, but the engine still owes replies on it.
        void onRetiring(SharedLane lane);

        /// The lane has closed.
        void onRetired(SharedLane lane);
    }

    private final EventLoop loop;
    private final LargeReply.Room large;
    private final Durability<Parked> durability;
    private final ReadCounts reads;
    private final ReplyWords words;
    private final Owner owner;
    private final int protocol;
    private final ExpectedReplies expected = new ExpectedReplies();
    private final ScriptWatch scripts;
    private final @Nullable Tracker<Parked> tracker;
    private final Tracker<Parked>.@Nullable Open inOrder;
    private final ArrayDeque<Tracker<Parked>.Open> lateOfBarriers = new ArrayDeque<>();
    private final ArrayDeque<Parked> doubted = new ArrayDeque<>();

    private final List<ByteBuf> filled = new ArrayList<>(); // sent before outgoing
    private @Nullable ByteBuf outgoing;
    private Tracker<Parked>.@Nullable Open late;
    private MarkList marks = new MarkList();
    private boolean barrierNeeded;
    private boolean flushScheduled;
    private boolean retired;
    private boolean retryScheduled;
    private @Nullable LargeReply arriving;

    /// @param large what large replies need of the node
    /// @param durability decides when a reply may be sent; while the node is a replica, the lane
    ///   parks nothing
    /// @param reads counts which reads had to wait
    /// @param owner told when the lane is lost, is full, or has passed on what it has read
    /// @param userInEngine the namesake that the lane logs in as, or null for the engine's own user
    SharedLane(
            EventLoop loop,
            LargeReply.Room large,
            Durability<Parked> durability,
            ReadCounts reads,
            ReplyWords words,
            Owner owner,
            @Nullable String userInEngine,
            int protocol) {
        this.loop = loop;
        this.large = large;
        this.durability = durability;
        this.reads = reads;
        this.words = words;
        this.owner = owner;
        this.protocol = protocol;
        this.scripts = new ScriptWatch(loop, this::isClosed);
        this.tracker = durability.tracker();
        this.inOrder = tracker == null ? null : tracker.open();
        if (userInEngine != null) {
            RespWriter.command(outgoing(), "AUTH", userInEngine, Namesakes.ANY_PASSWORD);
            expectOwn(ExpectedReplies.Kind.INTERNAL);
            scheduleFlush();
        }
        if (protocol == 3) {
            RespWriter.command(outgoing(), "HELLO", "3");
            expectOwn(ExpectedReplies.Kind.INTERNAL);
            scheduleFlush();
        }
    }

    /// Adds a command to this turn.
    ///
    /// @param keyHash the hash of its only key, or 0
    /// @param keyHashes those of all its keys when there are several, or null
    void submit(ReplySink client, Command command, long keyHash, @Nullable KeyHashes keyHashes) {
        var spec = command.spec();
        command.writeTo(outgoing());
        boolean knowsKeys = keyHash != 0 || keyHashes != null;
        var kind =
                spec.is(Trait.SHOWS_NODE) ? InfoSections.kindOf(command) : kindOf(spec, knowsKeys);
        barrierNeeded |= !marks.isEmpty();
        barrierNeeded |=
                switch (kind) {
                    case WAIT, SCRIPT, INFO -> true;
                    case READ -> durability.isEvicting(); // a read waits for a barrier then
                    case INTERNAL, BARRIER, NOW, FUNCTIONS -> false;
                    case INFO_OF_NODE, INFO_OF_FUNCTIONS -> false;
                    case COMMANDS, COMMANDS_ASKED_FOR, HELP -> false;
                };
        var patience =
                kind == ExpectedReplies.Kind.INFO_OF_NODE ? Patience.NONE : Patience.of(spec);
        expected.add(kind, patience, client, keyHash, keyHashes);
        scripts.onAsked(spec.is(Trait.SCRIPT));
        scheduleFlush();
    }

    /// Adds a script call with keys to this turn of a replica, which may redirect its client.
    void submitScript(ReplySink client, Command command) {
        submit(client, command, command.slot() + 1L, null);
    }

    /// Expects a reply that no client gets.
    private void expectOwn(ExpectedReplies.Kind kind) {
        expected.add(kind, Patience.ENDLESS, null, 0, null);
        scripts.onAsked(false);
    }

    private static ExpectedReplies.Kind kindOf(CommandSpec spec, boolean knowsKeys) {
        if (spec.is(Trait.SCRIPT)) {
            return ExpectedReplies.Kind.SCRIPT;
        }
        return switch (spec.effect()) {
            case NONE -> changedOr(spec, ExpectedReplies.Kind.NOW);
            case READ -> knowsKeys ? ExpectedReplies.Kind.READ : ExpectedReplies.Kind.WAIT;
            case SCAN, OPAQUE ->
                    // Such a command is asked while a function runs, when the engine answers no
                    // barrier.
                    spec.is(Trait.SHOWS_FUNCTION)
                            ? ExpectedReplies.Kind.FUNCTIONS
                            : changedOr(spec, ExpectedReplies.Kind.WAIT);
            case WRITE -> ExpectedReplies.Kind.WAIT;
        };
    }

    private static ExpectedReplies.Kind changedOr(CommandSpec spec, ExpectedReplies.Kind other) {
        var changed = ExpectedReplies.Kind.inWordsOfTheNode(spec);
        return changed == null ? other : changed;
    }

    /// Whether a script takes so long that other commands should not queue behind it. Once the
    /// engine calls itself busy, it answers other commands with that error, except over the
    /// script's lane.
    boolean isStuck() {
        return scripts.isStuck();
    }

    /// Whether the engine owes nothing, and has been sent everything.
    boolean isIdle() {
        return expected.isEmpty() && outgoing == null;
    }

    /// The keys that this turn writes.
    MarkList marks() {
        return marks;
    }

    /// Parks something that has not arrived over this lane under the next barrier. That barrier is
    /// yet to be sent, so it covers everything that has been executed until now.
    void parkLate(Parked parked) {
        lateGroup().park(parked);
        barrierNeeded = true;
        scheduleFlush();
    }

    /// Closes the lane as soon as the engine owes nothing on it. Until then, the keys that were
    /// written over it stay marked.
    void retire() {
        retired = true;
        owner.onRetiring(this);
        closeIfDone();
    }

    private void closeIfDone() {
        if (retired && isIdle() && late == null && lateOfBarriers.isEmpty()) {
            close();
            owner.onRetired(this);
        }
    }

    /// Drops everything; the owner resets the clients concerned.
    void abandon() {
        close();
        filled.forEach(ByteBuf::release);
        filled.clear();
        if (outgoing != null) {
            outgoing.release();
            outgoing = null;
        }
        if (inOrder != null) {
            inOrder.drop();
        }
        if (late != null) {
            late.drop();
        }
        lateOfBarriers.forEach(Tracker.Open::drop);
        List.copyOf(doubted).forEach(Parked::drop);
        doubted.clear();
        lateOfBarriers.clear();
    }

    private Tracker<Parked>.Open lateGroup() {
        var group = late;
        if (group == null) {
            if (tracker == null) {
                throw new IllegalStateException("a replica parks nothing");
            }
            group = tracker.open();
            late = group;
        }
        return group;
    }

    private ByteBuf outgoing() {
        var buffer = outgoing;
        if (buffer != null && buffer.readableBytes() >= OUTGOING_BYTES) {
            filled.add(buffer);
            outgoing = null; // at once, because there may be no memory for another buffer
            buffer = null;
        }
        if (buffer == null) {
            buffer = large.allocator().ioBuffer(16 * 1024);
            outgoing = buffer;
        }
        return buffer;
    }

    private void scheduleFlush() {
        if (!flushScheduled) {
            flushScheduled = true;
            loop.execute(this::flush);
        }
    }

    private void flush() {
        flushScheduled = false;
        if (tracker != null && barrierNeeded) {
            barrierNeeded = false;
            if (!marks.isEmpty()) {
                // The keys become clean at the offset at which the turn's replies may be sent.
                lateGroup().park(new Parked.Marks(durability.dirtyKeys(), marks));
                marks = new MarkList();
            }
            RespWriter.command(outgoing(), "ROLE");
            expectOwn(ExpectedReplies.Kind.BARRIER);
            lateOfBarriers.addLast(lateGroup());
            late = null;
        }
        // Taken out first, because sending may let clients continue, whose commands then come here.
        var last = outgoing;
        outgoing = null;
        if (!filled.isEmpty()) {
            var before = List.copyOf(filled);
            filled.clear();
            before.forEach(this::send);
        }
        if (last != null) {
            send(last);
        }
    }

    @Override
    void onRefusal() {
        owner.onRefusal();
    }

    @Override
    void onReply(ByteBuf in, int from, int length) {
        if (expected.isEmpty()) {
            throw new IllegalStateException("the engine sent a reply without a command");
        }
        var kind = expected.kind();
        var client = expected.client();
        if (client != null) {
            onClientReply(kind, client, in.slice(from, length));
            return;
        }
        expected.remove();
        scripts.onAnswered();
        if (kind == ExpectedReplies.Kind.BARRIER) {
            onBarrier(in.slice(from, length));
        } else if (in.getByte(from) == '-') {
            // The lane would continue as another user.
            throw new IllegalStateException("the engine refuses the login of a lane's user");
        }
    }

    private void onClientReply(ExpectedReplies.Kind kind, ReplySink client, ByteBuf fromEngine) {
        boolean busy = isOfBusyEngine(fromEngine);
        boolean ofScript = kind == ExpectedReplies.Kind.SCRIPT;
        boolean tellsNothing = busy && !ofScript;
        boolean leaves = !client.isClosed() && mayLeave(kind, client, tellsNothing);
        var patience = tellsNothing ? Patience.NONE : expected.patience();
        long slotOfCall = expected.keyHash();
        expected.remove();
        scripts.onAnswered();
        if (client.isClosed()) {
            return;
        }
        if (!client.swallowsReply()) {
            var reply = Namesakes.without(fromEngine);
            reply = words.ofTheNode(kind, reply, protocol);
            if (ofScript && slotOfCall > 0) {
                reply = words.sentOn(reply, (int) slotOfCall - 1);
            }
            if (leaves) {
                client.tell(reply);
            } else if (busy && ofScript && !lateOfBarriers.isEmpty()) {
                doubt(client.park(reply, patience));
            } else {
                park(client.park(reply, patience));
            }
        } else if (!leaves) {
            parkUnwanted(client, patience);
        }
        client.onReplied();
    }

    private void doubt(@Nullable Parked parked) {
        if (parked != null) {
            doubted.addLast(parked);
        }
    }

    /// Whether the next expected reply, if it arrives now, depends only on what is durable, and no
    /// reply of its client waits before it.
    ///
    /// @param tellsNothing whether it reveals no data, whatever the command was
    private boolean mayLeave(ExpectedReplies.Kind kind, ReplySink client, boolean tellsNothing) {
        boolean clean =
                tellsNothing
                        || switch (kind) {
                            case NOW, COMMANDS, COMMANDS_ASKED_FOR, HELP, INFO_OF_NODE -> true;
                            case READ -> isClean();
                            case FUNCTIONS, INFO_OF_FUNCTIONS ->
                                    !MarkList.areFunctionsChanging(durability.dirtyKeys());
                            case INTERNAL, BARRIER, WAIT, SCRIPT, INFO -> false;
                        };
        if (kind == ExpectedReplies.Kind.READ) {
            reads.count(!clean);
        }
        return durability.mayLeave(clean, client.hasParked());
    }

    /// Whether every key that the next reply depends on is clean.
    private boolean isClean() {
        var several = expected.keyHashes();
        return several == null
                ? durability.isClean(expected.keyHash())
                : several.areClean(durability);
    }

    @Override
    boolean onLargeReply(ByteBuf in, int from) {
        var client = expected.isEmpty() ? null : expected.client();
        if (client == null) {
            return false;
        }
        var kind = expected.kind();
        boolean asItIs =
                switch (kind) {
                    case NOW, READ, FUNCTIONS, WAIT, SCRIPT -> true;
                    case INTERNAL, BARRIER -> false;
                    case INFO, INFO_OF_NODE, INFO_OF_FUNCTIONS -> false;
                    case COMMANDS, COMMANDS_ASKED_FOR, HELP -> false;
                };
        if (asItIs) {
            boolean passes = mayLeave(kind, client, false);
            arriving = new LargeReply(large, client, passes, expected.patience());
        }
        return asItIs;
    }

    @Override
    void onPiece(ByteBuf piece, boolean last) {
        var reply = arriving;
        if (reply == null) {
            throw new IllegalStateException("a piece without a reply");
        }
        reply.add(piece);
        if (last) {
            arriving = null;
            expected.remove();
            scripts.onAnswered();
            reply.end();
            if (!reply.client().isClosed()) {
                reply.client().onReplied();
            }
        }
    }

    @Override
    void dropPieces() {
        if (arriving != null) {
            arriving.drop();
            arriving = null;
        }
    }

    @Override
    boolean wantsMore() {
        return large.counted().wantsMore(this, arriving != null && arriving.passes());
    }

    /// Parks a reply under the barrier that follows it on this lane, or asks for a barrier.
    private void park(@Nullable Parked parked) {
        if (parked == null) {
            return; // it does not wait for the log
        }
        if (inOrder != null && !lateOfBarriers.isEmpty()) {
            inOrder.park(parked);
        } else {
            parkLate(parked);
        }
    }

    /// The same for a reply that its client does not want. Later replies wait for it.
    private void parkUnwanted(ReplySink client, Patience patience) {
        if (inOrder != null && !lateOfBarriers.isEmpty()) {
            parkUnwanted(client, patience, inOrder);
        } else {
            parkUnwantedLate(client, patience);
        }
    }

    /// Parks the place of a reply that has not arrived over this lane, and that its client does not
    /// want, under the next barrier.
    void parkUnwantedLate(ReplySink client, Patience patience) {
        parkUnwanted(client, patience, lateGroup());
        barrierNeeded = true;
        scheduleFlush();
    }

    /// A client that wants no replies may have many under one barrier. They share one place, but
    /// each of them counts, because the bound has to stop clients that send commands without end.
    private static void parkUnwanted(
            ReplySink client, Patience patience, Tracker<Parked>.Open open) {
        var place = client.parkUnwanted(open.group(), patience);
        if (place == null) {
            open.count();
        } else {
            open.park(place);
        }
    }

    private void onBarrier(ByteBuf reply) {
        var group = lateOfBarriers.removeFirst();
        boolean busy = isOfBusyEngine(reply);
        settleDoubted(busy);
        if (busy) {
            askAgain(group);
            return;
        }
        long offset = offsetOf(reply);
        group.barrier(offset);
        if (inOrder != null) {
            inOrder.barrier(offset);
        }
        owner.onBarrier();
    }

    /// Decides about replies to script calls which say that the engine is busy. When the barrier
    /// behind them says the same, they are the engine's own, because the engine executes a turn in
    /// one go; they are sent at once. Otherwise a script may have returned that text because of
    /// what it has read, and they wait like any other reply.
    private void settleDoubted(boolean busy) {
        var replies = List.copyOf(doubted);
        doubted.clear();
        for (var reply : replies) {
            if (busy || inOrder == null) {
                reply.release();
            } else {
                inOrder.park(reply);
            }
        }
    }

    /// A script has been running for so long that the engine answers nothing else, and so does not
    /// return its offset. What waited for that offset waits for a later barrier, which covers it
    /// too.
    private void askAgain(Tracker<Parked>.Open unanswered) {
        lateGroup().absorb(unanswered);
        if (!retryScheduled) {
            retryScheduled = true;
            loop.schedule(this::retryBarrier, BUSY_RETRY_MS, TimeUnit.MILLISECONDS);
        }
    }

    private void retryBarrier() {
        retryScheduled = false;
        if (!isClosed()) {
            barrierNeeded = true;
            scheduleFlush();
        }
    }

    /// The offset in a primary's reply to `ROLE`: `["master", offset, replicas]`.
    private static long offsetOf(ByteBuf reply) {
        if (RespValue.decode(reply) instanceof RespValue.ArrayReply(List<RespValue> items)
                && items.size() == 3
                && items.get(1) instanceof RespValue.IntegerReply(long offset)) {
            return offset;
        }
        return Long.MAX_VALUE; // no primary any more: nothing of this lane becomes durable
    }

    @Override
    void onRepliesRead() {
        owner.onRepliesRead();
        closeIfDone();
    }

    @Override
    void onLost() {
        if (!isClosed()) {
            owner.onLost();
        }
    }

    @Override
    void onFull(boolean full) {
        owner.onFull(this, full);
    }
}
