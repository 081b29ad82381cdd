package dev.keepsake.front;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keepsake.resp.ReplyFramer;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.shard.Durability;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A connection to the engine that one client has for itself, while the engine keeps state for it:
/// `MULTI`, `WATCH`, a blocking command, subscriptions. Owned by the node's event loop.
///
/// Subscriptions are confirmed channel by channel, in words that messages use too. So that each
/// answer finds its command, a command that changes subscriptions is sent when nothing else is
/// under way, and nothing else is sent before it is confirmed.
///
/// No barriers here: in those states the engine would not take them. Instead each reply waits for
/// the next barrier of the shared lane, which is sent after the reply has arrived and so covers it.
final class OwnLane extends LaneChannel implements OwnLaneUse.Lane, OwnLaneCommands.Lane {
    /// Whoever has the lane.
    interface Owner extends LaneOwner {
        /// Counts the engines that there have been: a lane is of the one at its beginning.
        int life();

        /// Keys were written by what has been executed by now, or may have been.
        void parkMarks(MarkList marks);

        /// The engine is being told what a client has listened to before.
        void onResuming(OwnLane lane);

        /// It has been told, or need not be any more.
        void onResumed(OwnLane lane);

        /// So much more is in the heap for the client, who may be closed for it.
        void noteHeapGrowth(long bytes);
    }

    /// The client that the lane is lent to.
    interface Borrower {
        ReplySink replies();

        /// The engine may keep nothing for the client any more.
        void onLaneMayBeQuiet();

        /// The engine is behind with what the lane has been sent, or no longer is.
        void onLaneFull(boolean full);

        /// The engine closes the lane behind a last reply, and the client's connection is to be
        /// closed in the same way.
        void closeBehindReplies();

        /// The engine closed the lane: what was under way there is unknown.
        void onLaneLost();

        /// The lane is of an engine that has been left, and all has been told that it had said.
        void onParted(OwnLane lane);
    }

    /// @param marks what may have been written when the reply arrives, and not before
    /// @param patience how long the reply waits for a log without room
    /// @param change what the front makes of the reply
    private record Expected(
            OwnReplyKind kind,
            String replacement,
            MarkList marks,
            Patience patience,
            UnaryOperator<ByteBuf> change) {
        static Expected internal(OwnReplyKind kind) {
            return new Expected(kind, "", NO_MARKS, Patience.ENDLESS, UnaryOperator.identity());
        }
    }

    private static final MarkList NO_MARKS = new MarkList();

    /// A command that changes subscriptions, and how many confirmations it has yet to get.
    private static final class Change {
        int confirmationsLeft;
        final boolean isResumption; // the client has its confirmations already

        Change(int confirmationsLeft, boolean isResumption) {
            this.confirmationsLeft = confirmationsLeft;
            this.isResumption = isResumption;
        }
    }

    /// An entry of a set and a string, beside its characters.
    private static final int CHANNEL_HEAP_BYTES = 100;

    private static final Set<String> MESSAGES = Set.of("message", "pmessage", "smessage");

    /// How Redis begins the reply to a command that blocks when its node is no primary any more. It
    /// closes the connection behind it, and nothing of the command has been executed.
    private static final String DEMOTED = "-UNBLOCKED force unblock from blocking operation";

    private final EventLoop loop;
    private final LargeReply.Room room;
    private final Durability<Parked> durability;
    private final Owner owner;
    private final int life;
    private final ArrayDeque<Expected> expected = new ArrayDeque<>();
    private final Map<String, Set<String>> subscriptions = new HashMap<>();
    private String user;
    private int protocol;
    private long idInEngine;
    private int repliesUntilUnblocked;
    private long heapBytes;
    private boolean stained;
    private boolean usedUp;
    private boolean touchesNothing;
    private @Nullable Change change;
    private @Nullable Borrower client;
    private @Nullable LargeReply large;
    private MarkList marks = new MarkList();
    private Patience patience = Patience.ENDLESS;
    private final ByteBuf greeting;

    /// @param room what replies need that are too large to be copied
    /// @param durability says whether the replies have to wait
    /// @param owner told what the client's commands have written, and when the lane has passed on
    ///   what it has read
    OwnLane(
            EventLoop loop,
            LargeReply.Room room,
            Durability<Parked> durability,
            Owner owner,
            String user,
            int protocol) {
        this.loop = loop;
        this.room = room;
        this.durability = durability;
        this.owner = owner;
        this.user = user;
        this.protocol = protocol;
        this.life = owner.life();
        this.greeting = room.allocator().buffer(64);
        RespWriter.command(greeting, "AUTH", Namesakes.inEngine(user), Namesakes.ANY_PASSWORD);
        expected.add(Expected.internal(OwnReplyKind.INTERNAL));
        if (protocol == 3) {
            RespWriter.command(greeting, "HELLO", "3");
            expected.add(Expected.internal(OwnReplyKind.INTERNAL));
        }
        RespWriter.command(greeting, "CLIENT", "ID");
        expected.add(Expected.internal(OwnReplyKind.ID));
    }

    /// What to send first, once the connection is being made.
    void greet() {
        send(greeting);
    }

    void lendTo(@Nullable Borrower borrower) {
        client = borrower;
    }

    /// Whether the engine keeps no state of the client but what the client itself remembers.
    @Override
    public boolean isQuiet() {
        return expected.isEmpty() && !hasSubscriptions();
    }

    /// How many channels, patterns or shard channels the client listens to.
    ///
    /// @param kind `subscribe`, `psubscribe` or `ssubscribe`
    @Override
    public int subscriptions(String kind) {
        return subscriptions.getOrDefault(kind, Set.of()).size();
    }

    /// RESP2 clients with subscriptions may only change those.
    @Override
    public boolean isSubscribed() {
        return hasSubscriptions() && protocol == 2;
    }

    /// Whether a change of subscriptions is not confirmed yet: nothing else may be sent.
    @Override
    public boolean isChanging() {
        return change != null;
    }

    /// Whether the client listens to anything, or is about to.
    @Override
    public boolean isSubscribedAtAll() {
        return hasSubscriptions();
    }

    /// Whether the engine owes the client nothing, and keeps nothing of it but what it listens to.
    @Override
    public boolean isOnlyListening() {
        return expected.isEmpty() && change == null && large == null && hasSubscriptions();
    }

    private boolean hasSubscriptions() {
        return change != null || subscriptions.values().stream().anyMatch(set -> !set.isEmpty());
    }

    /// The client speaks another version of RESP from now on.
    void speak(int version) {
        if (version != protocol) {
            protocol = version;
            var hello = room.allocator().buffer(32);
            RespWriter.command(hello, "HELLO", Integer.toString(version));
            expected.addLast(Expected.internal(OwnReplyKind.INTERNAL));
            send(hello);
        }
    }

    /// The client is another user from now on.
    void become(String another) {
        if (!another.equals(user)) {
            user = another;
            var auth = room.allocator().buffer(64);
            RespWriter.command(auth, "AUTH", Namesakes.inEngine(another), Namesakes.ANY_PASSWORD);
            expected.addLast(Expected.internal(OwnReplyKind.INTERNAL));
            send(auth);
        }
    }

    /// Whether the client's commands are not to count as uses of the keys. Only for a client that
    /// may say so; should that change meanwhile, they count.
    @Override
    public void touchNothing(boolean wished) {
        if (wished != touchesNothing) {
            touchesNothing = wished;
            stained = true;
            var out = room.allocator().buffer(64);
            RespWriter.command(out, "CLIENT", "NO-TOUCH", wished ? "ON" : "OFF");
            expected.addLast(Expected.internal(OwnReplyKind.NOBODYS));
            send(out);
        }
    }

    /// Whose commands go over it.
    String user() {
        return user;
    }

    int protocol() {
        return protocol;
    }

    /// The keys that the next command writes, and those of the transaction that it ends.
    @Override
    public MarkList marks() {
        return marks;
    }

    /// Sends a command as its client has given it.
    @Override
    public void submit(Command command, OwnReplyKind kind) {
        submit(copy(command), kind, "");
    }

    /// The same for one whose reply the front changes, or looks into.
    @Override
    public void submit(Command command, UnaryOperator<ByteBuf> change) {
        submit(copy(command), change);
    }

    private ByteBuf copy(Command command) {
        var copy = room.allocator().ioBuffer(command.lengthBytes());
        command.writeTo(copy);
        return copy;
    }

    /// Sends a command that the front has made, which is the lane's from now on.
    @Override
    public void submit(ByteBuf command, OwnReplyKind kind, String replacement) {
        expect(kind, replacement, UnaryOperator.identity());
        send(command);
    }

    /// The same for one whose reply the front changes, or looks into.
    @Override
    public void submit(ByteBuf command, UnaryOperator<ByteBuf> change) {
        expect(OwnReplyKind.CHANGED, "", change);
        send(command);
    }

    /// Awaits the reply to a command that is sent piece by piece.
    @Override
    public void expect(OwnReplyKind kind, String replacement) {
        expect(kind, replacement, UnaryOperator.identity());
    }

    private void expect(OwnReplyKind kind, String replacement, UnaryOperator<ByteBuf> change) {
        // Each reply has its own marks: what was sent behind it is executed later, perhaps much
        // later when it blocks, and so is not covered by the barrier that covers this reply.
        var covered = NO_MARKS;
        if (kind != OwnReplyKind.NOW && !marks.isEmpty()) {
            covered = marks;
            marks = new MarkList();
        }
        expected.addLast(new Expected(kind, replacement, covered, patience, change));
        patience = Patience.ENDLESS;
    }

    /// How long the reply to the next command waits for a log without room; without end, if this is
    /// not said.
    @Override
    public void notePatience(Patience ofNext) {
        patience = ofNext;
    }

    /// The command that was submitted last may wait for data.
    @Override
    public void noteBlocking() {
        repliesUntilUnblocked = expected.size();
    }

    /// Whether the client waits for data, as far as is known here.
    boolean isBlocked() {
        return repliesUntilUnblocked > 0;
    }

    /// Whether the engine owes nothing before the reply of a command that waits for data.
    boolean isBlockedNow() {
        return repliesUntilUnblocked == 1;
    }

    /// Ends what the client listens to of the channels of its shard. It is told, though it has not
    /// asked. Nothing else may be under way.
    @Override
    public void endShardSubscriptions() {
        change = new Change(subscribed("ssubscribe").size(), false);
        var out = room.allocator().buffer(32);
        RespWriter.command(out, "SUNSUBSCRIBE");
        send(out);
    }

    /// The engine remembers something of the client that may outlast what the client and the front
    /// believe of it.
    @Override
    public void stain() {
        stained = true;
    }

    /// The engine remembers something that even RESET does not make it forget: the keys that were
    /// read while it tracked. The next client would hear of them.
    void useUp() {
        usedUp = true;
    }

    /// Whether no other client may have the lane.
    boolean isUsedUp() {
        return usedUp;
    }

    /// Sees to it that the engine keeps nothing of the client that has given the lane back. The
    /// lane is of use again once it [#isQuiet].
    void tidy() {
        if (!stained) {
            return;
        }
        stained = false;
        touchesNothing = false;
        var out = room.allocator().buffer(128);
        RespWriter.command(out, "RESET");
        expected.addLast(Expected.internal(OwnReplyKind.RESET));
        RespWriter.command(out, "AUTH", Namesakes.inEngine(user), Namesakes.ANY_PASSWORD);
        expected.addLast(Expected.internal(OwnReplyKind.INTERNAL));
        if (protocol == 3) {
            RespWriter.command(out, "HELLO", "3");
            expected.addLast(Expected.internal(OwnReplyKind.INTERNAL));
        }
        send(out);
    }

    /// Sends a command that changes subscriptions.
    @Override
    public void submitChange(Command command) {
        stained = true;
        int channels = command.argumentCount() - 1;
        int all = subscribed(command.name()).size();
        change = new Change(channels > 0 ? channels : Math.max(1, all), false);
        send(copy(command));
    }

    /// Tells the engine what the client listens to, as has been confirmed to it before there was
    /// this engine. The client hears nothing of it; should the engine refuse, it is reset, for it
    /// may believe no longer what it was told.
    void resume(Subscriptions remembered) {
        stained = true;
        change = new Change(remembered.confirmations(), true);
        owner.onResuming(this);
        var out = room.allocator().buffer(256);
        remembered.writeCommands(out);
        send(out);
    }

    /// Sends nothing more. What the engine has said already is told yet, until it closes the
    /// connection; then the client is told that it [Borrower#onParted].
    ///
    /// @return what the client listens to, for its next lane
    @Override
    public Subscriptions part() {
        finish();
        return Subscriptions.of(subscriptions);
    }

    /// What is subscribed to by the command, or by the one that it undoes.
    private Set<String> subscribed(String command) {
        String kind = command.replace("un", "");
        return subscriptions.computeIfAbsent(kind, missing -> new HashSet<>());
    }

    @Override
    void onRefusal() {
        owner.onRefusal();
    }

    @Override
    void onReply(ByteBuf in, int from, int length) {
        var reply = in.slice(from, length);
        boolean push = ReplyFramer.isPush(in, from);
        if (isOfLastClient(reply)) {
            return;
        }
        // In RESP3 an array is a reply, whatever it says.
        if (push || (protocol == 2 && hasSubscriptions() && in.getByte(from) == '*')) {
            String word = item(reply, 0);
            if (word.endsWith("subscribe") && (push || change != null)) {
                boolean known = change != null && change.isResumption;
                onConfirmed(word, item(reply, 1));
                if (!known) {
                    passOn(reply, Patience.NONE, true);
                }
                return;
            }
            if (push || MESSAGES.contains(word)) {
                passOn(reply, Patience.ENDLESS, true);
                return;
            }
        }
        var next = expected.pollFirst();
        boolean ofBlocking = repliesUntilUnblocked > 0;
        repliesUntilUnblocked = Math.max(0, repliesUntilUnblocked - 1);
        if (next == null && change != null && change.isResumption) {
            change = null;
            var borrower = client;
            if (borrower != null) {
                borrower.replies().reset();
            }
            owner.onResumed(this);
            return;
        }
        if (next == null && change != null) {
            change = null; // refused by the engine
            passOn(reply, Patience.NONE, false);
            onAnswered();
            return;
        }
        if (next == null) {
            throw new IllegalStateException("the engine sent a reply to no command");
        }
        if (next.kind() == OwnReplyKind.INTERNAL || next.kind() == OwnReplyKind.RESET) {
            if (in.getByte(from) == '-') {
                // It would go on as another user.
                throw new IllegalStateException("the engine does not let a lane's user in");
            }
            return;
        }
        if (next.kind() == OwnReplyKind.NOBODYS) {
            if (client != null) {
                client.onLaneMayBeQuiet();
            }
            return;
        }
        if (next.kind() == OwnReplyKind.ID) {
            if (RespValue.decode(reply) instanceof RespValue.IntegerReply(long id)) {
                idInEngine = id;
            }
            return;
        }
        if (ofBlocking && next.kind() == OwnReplyKind.WAIT && begins(reply, DEMOTED)) {
            parkMarks(next.marks());
            passOn(reply, Patience.NONE, false);
            if (client != null) {
                client.closeBehindReplies();
            }
            return;
        }
        answer(next, reply);
        onAnswered();
    }

    private static boolean begins(ByteBuf reply, String text) {
        return reply.readableBytes() >= text.length()
                && reply.toString(reply.readerIndex(), text.length(), US_ASCII).equals(text);
    }

    @Override
    boolean onLargeReply(ByteBuf in, int from) {
        var next = expected.peekFirst();
        var borrower = client;
        boolean push = ReplyFramer.isPush(in, from);
        if (push || hasSubscriptions() || next == null) {
            return false;
        }
        if (next.kind() != OwnReplyKind.WAIT && next.kind() != OwnReplyKind.SCRIPT) {
            return false;
        }
        if (borrower != null) {
            boolean passes = !durability.holdsReplies();
            large = new LargeReply(room, borrower.replies(), passes, next.patience());
        }
        return true;
    }

    @Override
    void onPiece(ByteBuf piece, boolean last) {
        var reply = large;
        if (reply != null) {
            reply.add(piece);
        }
        if (last) {
            large = null;
            repliesUntilUnblocked = Math.max(0, repliesUntilUnblocked - 1);
            parkMarks(expected.removeFirst().marks());
            if (reply != null) {
                reply.end();
            }
            onAnswered();
        }
    }

    @Override
    void dropPieces() {
        if (large != null) {
            large.drop();
            large = null;
        }
    }

    @Override
    boolean wantsMore() {
        return room.counted().wantsMore(this, large != null && large.passes());
    }

    /// Whether it was sent before the engine had forgotten whose lane this was.
    private boolean isOfLastClient(ByteBuf reply) {
        var next = expected.peekFirst();
        return next != null && next.kind() == OwnReplyKind.RESET && !isText(reply, "+RESET");
    }

    /// What the engine calls this lane, or 0 when it has not said so yet.
    long idInEngine() {
        return idInEngine;
    }

    private void answer(Expected next, ByteBuf reply) {
        // Only these say nothing of the data, whatever was expected.
        boolean now =
                (next.kind() != OwnReplyKind.SCRIPT && isOfBusyEngine(reply))
                        || (next.kind() == OwnReplyKind.WAIT_IF_NOT_OK && isText(reply, "+OK"))
                        || (next.kind() == OwnReplyKind.NOW
                                && (isText(reply, "+QUEUED") || isText(reply, "+OK")));
        parkMarks(next.marks());
        if (next.kind() == OwnReplyKind.REPLACED) {
            var error = room.allocator().buffer(128);
            RespWriter.error(error, next.replacement());
            passOn(error, Patience.NONE, false);
            error.release();
        } else {
            passOn(next.change().apply(reply), now ? Patience.NONE : next.patience(), false);
        }
    }

    private void passOn(ByteBuf reply, Patience patience, boolean push) {
        if (client != null) {
            client.replies().takeOfOwnLane(Namesakes.without(reply), patience, push);
        }
    }

    private void onAnswered() {
        var borrower = client;
        if (borrower != null) {
            borrower.replies().onReplied();
            borrower.onLaneMayBeQuiet();
        }
    }

    private static long heapBytes(String channel) {
        return CHANNEL_HEAP_BYTES + (long) channel.length();
    }

    /// How much of the heap it takes to know what the client listens to, about.
    @Override
    public long heapBytes() {
        return heapBytes;
    }

    /// A subscription has changed at EXEC.
    @Override
    public void onExecuted(ByteBuf confirmation) {
        onConfirmed(item(confirmation, 0), item(confirmation, 1));
    }

    private void onConfirmed(String word, String channel) {
        var channels = subscribed(word);
        if (word.contains("un")) {
            heapBytes -= channels.remove(channel) ? heapBytes(channel) : 0;
        } else {
            heapBytes += channels.add(channel) ? heapBytes(channel) : 0;
        }
        var confirmed = change;
        if (confirmed != null) {
            confirmed.confirmationsLeft--;
            if (confirmed.confirmationsLeft <= 0) {
                change = null;
                owner.onResumed(this);
                loop.execute(this::onAnswered); // behind the confirmation itself
            }
        }
        owner.noteHeapGrowth(heapBytes(channel)); // which may close this client
    }

    /// An item of an array of bulk strings, one character for each byte, so that names which are no
    /// text differ; empty when it is none.
    private static String item(ByteBuf array, int index) {
        int at = array.indexOf(array.readerIndex(), array.writerIndex(), (byte) '\n') + 1;
        for (int i = 0; at < array.writerIndex() && array.getByte(at) == '$'; i++) {
            int lineEnd = array.indexOf(at, array.writerIndex(), (byte) '\r');
            int length = Integer.parseInt(array.toString(at + 1, lineEnd - at - 1, US_ASCII));
            if (i == index) {
                return length < 0 ? "" : array.toString(lineEnd + 2, length, ISO_8859_1);
            }
            at = lineEnd + 2 + (length < 0 ? 0 : length + 2);
        }
        return "";
    }

    /// The client is gone: the engine is told by the end of the connection. What it may yet write,
    /// such as the destination of a `BLMOVE` that waits, stays marked until the engine has closed
    /// the connection too and the barrier behind that is durable.
    @Override
    public void abandon() {
        client = null;
        owner.onResumed(this);
        if (marks.isEmpty() && expected.stream().allMatch(each -> each.marks().isEmpty())) {
            close();
        } else {
            finish();
        }
    }

    @Override
    void onRepliesRead() {
        owner.onRepliesRead();
    }

    /// Costs this client its connection, and nobody else anything.
    @Override
    void onLost() {
        if (life != owner.life()) { // of an engine that the front has left already
            var parted = client;
            client = null;
            if (parted != null) {
                parted.onParted(this);
            }
            return;
        }
        owner.onResumed(this);
        expected.forEach(each -> parkMarks(each.marks()));
        expected.clear();
        parkMarks(marks);
        marks = new MarkList();
        var borrower = client;
        client = null;
        if (borrower != null) {
            borrower.onLaneLost();
        }
    }

    private void parkMarks(MarkList written) {
        if (!written.isEmpty()) {
            owner.parkMarks(written);
        }
    }

    @Override
    void onFull(boolean full) {
        if (client != null) {
            client.onLaneFull(full);
        }
    }
}
