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

/// One connection to the engine for the stateless commands of all clients of one user who speak one
/// version of RESP. Owned by the node's event loop.
///
/// What clients ask for in one turn of the loop is gathered and written at its end in one piece,
/// followed by one barrier. The barrier (`ROLE`) says which offset covers the turn; the turn's
/// replies leave when the log is durable up to there.
///
/// Which replies have to wait is decided when they *arrive*, not when their commands were sent.
/// Other lanes write too, and a read that was clean when it was sent may be executed after such a
/// write. A key is marked before its write is sent and unmarked after its barrier is durable; so if
/// no mark is there when the reply is read, everything that the reply can tell is durable. An
/// engine that evicts changes keys that nobody could mark; all replies wait then.
final class SharedLane extends LaneChannel {
    private static final long BUSY_RETRY_MS = 10;

    // A buffer that grows is copied each time, so what is beyond gets another.
    private static final int OUTGOING_BYTES = 1 << 20;

    /// Whoever has the lane.
    interface Owner extends LaneOwner {
        /// The engine is behind with what the lane has been sent, or no longer is.
        void onFull(SharedLane lane, boolean full);

        /// A barrier has been answered: fewer replies may be waiting.
        void onBarrier();

        /// The lane has nothing to do any more, but the engine still owes something on it.
        void onRetiring(SharedLane lane);

        /// It has closed.
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

    private final List<ByteBuf> filled = new ArrayList<>(); // goes before outgoing
    private @Nullable ByteBuf outgoing;
    private Tracker<Parked>.@Nullable Open late;
    private MarkList marks = new MarkList();
    private boolean barrierNeeded;
    private boolean flushScheduled;
    private boolean retired;
    private boolean retryScheduled;
    private @Nullable LargeReply arriving;

    /// @param large what replies need that are too large to be copied
    /// @param durability decides when a reply may be sent; as long as the node follows, the lane
    ///   parks nothing
    /// @param reads where it is counted which reads had to wait
    /// @param owner told when the lane is lost, is full, or has passed on what it has read
    /// @param userInEngine who the commands are given by, or null for the engine's own user
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
                    case READ -> durability.isEvicting(); // it will wait for one
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

    /// Adds a script call with keys to this turn of a replica, which may send its client on.
    void submitScript(ReplySink client, Command command) {
        submit(client, command, command.slot() + 1L, null);
    }

    /// Awaits what is nobody's.
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
                    // Asked while a function runs, when no barrier is answered.
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

    /// Whether a script takes so long that others had better not queue behind it: once the engine
    /// calls itself busy it answers them so, but not over the script's lane.
    boolean isStuck() {
        return scripts.isStuck();
    }

    /// Whether the engine owes nothing and is owed nothing.
    boolean isIdle() {
        return expected.isEmpty() && outgoing == null;
    }

    /// The keys that this turn writes.
    MarkList marks() {
        return marks;
    }

    /// Parks something that has arrived elsewhere under the next barrier, which is still to be sent
    /// and so covers whatever has been executed until now.
    void parkLate(Parked parked) {
        lateGroup().park(parked);
        barrierNeeded = true;
        scheduleFlush();
    }

    /// Nobody uses it any more: it closes as soon as the engine owes nothing on it, for until then
    /// the keys that were written over it stay marked.
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
            outgoing = null; // at once: there may be no memory for another
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
                // Clean at the same offset at which the turn's replies may leave.
                lateGroup().park(new Parked.Marks(durability.dirtyKeys(), marks));
                marks = new MarkList();
            }
            RespWriter.command(outgoing(), "ROLE");
            expectOwn(ExpectedReplies.Kind.BARRIER);
            lateOfBarriers.addLast(lateGroup());
            late = null;
        }
        // Taken out first, for sending may let clients go on, who ask for more.
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
            throw new IllegalStateException("the engine sent a reply to no command");
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
            // It would go on as another user.
            throw new IllegalStateException("the engine does not let a lane's user in");
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

    /// Whether the reply that is expected next, if it arrives now, tells nothing but what is
    /// durable, and is its client's next.
    ///
    /// @param tellsNothing whatever was asked
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

    /// Whether each key that the next reply tells of is clean.
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
            throw new IllegalStateException("a piece of no reply");
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

    /// Parks a reply under the barrier that follows it on this lane, or asks for one.
    private void park(@Nullable Parked parked) {
        if (parked == null) {
            return; // it does not wait
        }
        if (inOrder != null && !lateOfBarriers.isEmpty()) {
            inOrder.park(parked);
        } else {
            parkLate(parked);
        }
    }

    /// The same for a reply that its client does not want: what follows waits for it.
    private void parkUnwanted(ReplySink client, Patience patience) {
        if (inOrder != null && !lateOfBarriers.isEmpty()) {
            parkUnwanted(client, patience, inOrder);
        } else {
            parkUnwantedLate(client, patience);
        }
    }

    /// Parks the place of a reply that has arrived elsewhere, and that its client does not want,
    /// under the next barrier.
    void parkUnwantedLate(ReplySink client, Patience patience) {
        parkUnwanted(client, patience, lateGroup());
        barrierNeeded = true;
        scheduleFlush();
    }

    /// A client that wants no replies may get many under one barrier. They have one place together,
    /// but each counts, for the bound is there to stop those who send commands without end.
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

    /// Decides on replies to script calls which say that the engine is busy. When the barrier
    /// behind them says the same, they are the engine's, which executes a turn in one go, and leave
    /// at once. Else a script may have said it because of what it has read, and they wait as any
    /// other.
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
    /// say its offset. What waited for that waits for a later barrier, which covers it too.
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

    /// The offset out of a primary's `ROLE`: `["master", offset, replicas]`.
    private static long offsetOf(ByteBuf reply) {
        if (RespValue.decode(reply) instanceof RespValue.ArrayReply(List<RespValue> items)
                && items.size() == 3
                && items.get(1) instanceof RespValue.IntegerReply(long offset)) {
            return offset;
        }
        return Long.MAX_VALUE; // no primary any more: nothing of this lane is ever durable
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
