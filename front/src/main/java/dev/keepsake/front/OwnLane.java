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
/// Subscriptions are confirmed channel by channel, in the same form as messages. So that each reply
/// can be assigned to its command, a command that changes subscriptions is sent when nothing else
/// is under way, and nothing else is sent before its confirmations have arrived.
///
/// An own lane has no barriers, because the engine would not accept them in those states. Instead,
/// each reply waits for the next barrier of the barrier lane. That barrier is sent after the reply
/// has arrived, and so covers it.
final class OwnLane extends LaneChannel implements OwnLaneUse.Lane, OwnLaneCommands.Lane {
    /// The owner of the lane.
    interface Owner extends LaneOwner {
        /// The number of the present life; a lane belongs to the life in which it was made.
        int life();

        /// These keys were written, or may have been, by what has been executed until now.
        void parkMarks(MarkList marks);

        /// The lane sends the engine the former subscriptions of its client.
        void onResuming(OwnLane lane);

        /// The engine has confirmed them, or no longer needs them.
        void onResumed(OwnLane lane);

        /// So many more bytes of heap are used for the client, who may be closed for it.
        void noteHeapGrowth(long bytes);
    }

    /// The client that the lane is lent to.
    interface Borrower {
        ReplySink replies();

        /// The engine may keep no more state for the client.
        void onLaneMayBeQuiet();

        /// The engine has not taken all that it was sent over the lane, or has taken it by now.
        void onLaneFull(boolean full);

        /// The engine closes the lane behind a last reply; the client's connection has to be closed
        /// in the same way.
        void closeBehindReplies();

        /// The engine closed the lane: the outcome of what was under way there is unknown.
        void onLaneLost();

        /// The node has left the lane's engine, and all replies of that engine have been passed on.
        void onParted(OwnLane lane);
    }

    /// @param marks the keys that may have been written when the reply arrives, and not before
    /// @param patience how long the reply waits for a log without room
    /// @param change the front's change of the reply
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

    /// A command that changes subscriptions, and how many of its confirmations are missing.
    private static final class Change {
        int confirmationsLeft;
        final boolean isResumption; // the client got its confirmations before

        Change(int confirmationsLeft, boolean isResumption) {
            this.confirmationsLeft = confirmationsLeft;
            this.isResumption = isResumption;
        }
    }

    /// An entry of a set and a string, without its characters.
    private static final int CHANNEL_HEAP_BYTES = 100;

    private static final Set<String> MESSAGES = Set.of("message", "pmessage", "smessage");

    /// The beginning of Redis's reply to a blocked command when its node is no primary any more.
    /// Redis closes the connection behind it, and has executed nothing of the command.
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

    /// @param room what large replies need of the node
    /// @param durability decides whether replies have to wait
    /// @param owner told which keys the client's commands have written, and when the lane has
    ///   passed on what it has read
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

    /// Sends the first commands of the lane, once it is being connected.
    void greet() {
        send(greeting);
    }

    void lendTo(@Nullable Borrower borrower) {
        client = borrower;
    }

    /// Whether the engine keeps no state for the client, apart from what the client's other classes
    /// know.
    @Override
    public boolean isQuiet() {
        return expected.isEmpty() && !hasSubscriptions();
    }

    /// How many channels, patterns or shard channels the client is subscribed to.
    ///
    /// @param kind `subscribe`, `psubscribe` or `ssubscribe`
    @Override
    public int subscriptions(String kind) {
        return subscriptions.getOrDefault(kind, Set.of()).size();
    }

    /// Whether the client has subscriptions and speaks RESP2, so that it may only change those.
    @Override
    public boolean isSubscribed() {
        return hasSubscriptions() && protocol == 2;
    }

    /// Whether a change of subscriptions is not confirmed yet, so that nothing else may be sent.
    @Override
    public boolean isChanging() {
        return change != null;
    }

    /// Whether the client has subscriptions, or is about to.
    @Override
    public boolean isSubscribedAtAll() {
        return hasSubscriptions();
    }

    /// Whether the engine owes the client nothing, and keeps nothing for it except subscriptions.
    @Override
    public boolean isOnlyListening() {
        return expected.isEmpty() && change == null && large == null && hasSubscriptions();
    }

    private boolean hasSubscriptions() {
        return change != null || subscriptions.values().stream().anyMatch(set -> !set.isEmpty());
    }

    /// Changes the version of RESP, from now on.
    void speak(int version) {
        if (version != protocol) {
            protocol = version;
            var hello = room.allocator().buffer(32);
            RespWriter.command(hello, "HELLO", Integer.toString(version));
            expected.addLast(Expected.internal(OwnReplyKind.INTERNAL));
            send(hello);
        }
    }

    /// Changes the user, from now on.
    void become(String another) {
        if (!another.equals(user)) {
            user = another;
            var auth = room.allocator().buffer(64);
            RespWriter.command(auth, "AUTH", Namesakes.inEngine(another), Namesakes.ANY_PASSWORD);
            expected.addLast(Expected.internal(OwnReplyKind.INTERNAL));
            send(auth);
        }
    }

    /// Sets whether the client's commands count as uses of their keys. Only a client with the right
    /// to do so may call this; if it loses the right meanwhile, its commands count.
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

    /// The user of the lane.
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

    /// The same for a command whose reply the front changes or reads.
    @Override
    public void submit(Command command, UnaryOperator<ByteBuf> change) {
        submit(copy(command), change);
    }

    private ByteBuf copy(Command command) {
        var copy = room.allocator().ioBuffer(command.lengthBytes());
        command.writeTo(copy);
        return copy;
    }

    /// Sends a command that the front has made. The buffer becomes the lane's.
    @Override
    public void submit(ByteBuf command, OwnReplyKind kind, String replacement) {
        expect(kind, replacement, UnaryOperator.identity());
        send(command);
    }

    /// The same for a command whose reply the front changes or reads.
    @Override
    public void submit(ByteBuf command, UnaryOperator<ByteBuf> change) {
        expect(OwnReplyKind.CHANGED, "", change);
        send(command);
    }

    /// Expects the reply to a command that is sent piece by piece.
    @Override
    public void expect(OwnReplyKind kind, String replacement) {
        expect(kind, replacement, UnaryOperator.identity());
    }

    private void expect(OwnReplyKind kind, String replacement, UnaryOperator<ByteBuf> change) {
        // Each reply has its own marks: a command behind it is executed later, perhaps much later
        // when it blocks, so the barrier that covers this reply does not cover that command.
        var covered = NO_MARKS;
        if (kind != OwnReplyKind.NOW && !marks.isEmpty()) {
            covered = marks;
            marks = new MarkList();
        }
        expected.addLast(new Expected(kind, replacement, covered, patience, change));
        patience = Patience.ENDLESS;
    }

    /// Sets how long the reply to the next command waits for a log without room; without this call,
    /// it waits without end.
    @Override
    public void notePatience(Patience ofNext) {
        patience = ofNext;
    }

    /// The newest command may wait for data.
    @Override
    public void noteBlocking() {
        repliesUntilUnblocked = expected.size();
    }

    /// Whether the client waits for data, as far as the front knows.
    boolean isBlocked() {
        return repliesUntilUnblocked > 0;
    }

    /// Whether the next reply that the engine owes is that of a command that waits for data.
    boolean isBlockedNow() {
        return repliesUntilUnblocked == 1;
    }

    /// Ends the client's subscriptions to the channels of its shard. The client gets the
    /// confirmation, although it gave no command. Nothing else may be under way.
    @Override
    public void endShardSubscriptions() {
        change = new Change(subscribed("ssubscribe").size(), false);
        var out = room.allocator().buffer(32);
        RespWriter.command(out, "SUNSUBSCRIBE");
        send(out);
    }

    /// The engine keeps state for the client that may last longer than the client and the front
    /// believe.
    @Override
    public void stain() {
        stained = true;
    }

    /// The engine keeps state that even RESET does not remove: the keys that were read while it
    /// tracked. The next client would get their invalidation messages.
    void useUp() {
        usedUp = true;
    }

    /// Whether no other client may get the lane.
    boolean isUsedUp() {
        return usedUp;
    }

    /// Removes the state of the client that has given the lane back. Another client may get the
    /// lane once it [#isQuiet].
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

    /// Sends the engine the client's subscriptions, which have been confirmed before this engine
    /// served. The client does not see the new confirmations. If the engine refuses, the client is
    /// reset, because the earlier confirmations are no longer true.
    void resume(Subscriptions remembered) {
        stained = true;
        change = new Change(remembered.confirmations(), true);
        owner.onResuming(this);
        var out = room.allocator().buffer(256);
        remembered.writeCommands(out);
        send(out);
    }

    /// Sends nothing more. Replies that the engine has sent already are passed on until it closes
    /// the connection. Then [Borrower#onParted] is called.
    ///
    /// @return the client's subscriptions, for its next lane
    @Override
    public Subscriptions part() {
        finish();
        return Subscriptions.of(subscriptions);
    }

    /// The names that the command subscribes to, or that the command subscribed to which it undoes.
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
        // In RESP3 an array is always a reply, whatever it contains.
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
            change = null; // the engine refused it
            passOn(reply, Patience.NONE, false);
            onAnswered();
            return;
        }
        if (next == null) {
            throw new IllegalStateException("the engine sent a reply without a command");
        }
        if (next.kind() == OwnReplyKind.INTERNAL || next.kind() == OwnReplyKind.RESET) {
            if (in.getByte(from) == '-') {
                // The lane would continue as another user.
                throw new IllegalStateException("the engine refuses the login of a lane's user");
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

    /// Whether the reply was sent before the engine had reset the state of the lane's last client.
    private boolean isOfLastClient(ByteBuf reply) {
        var next = expected.peekFirst();
        return next != null && next.kind() == OwnReplyKind.RESET && !isText(reply, "+RESET");
    }

    /// The engine's number of this lane, or 0 when the engine has not sent it yet.
    long idInEngine() {
        return idInEngine;
    }

    private void answer(Expected next, ByteBuf reply) {
        // Only these replies reveal no data, whatever was expected.
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

    /// About how much heap the client's subscriptions take.
    @Override
    public long heapBytes() {
        return heapBytes;
    }

    /// EXEC has changed a subscription.
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
                loop.execute(this::onAnswered); // after the confirmation itself
            }
        }
        owner.noteHeapGrowth(heapBytes(channel)); // which may close this client
    }

    /// An item of an array of bulk strings, with one character for each byte, so that names that
    /// are not text differ; empty for any other value.
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

    /// The client has gone, and the engine learns that from the end of the connection. A key that
    /// the engine may still write, such as the destination of a waiting `BLMOVE`, stays marked
    /// until the engine has closed the connection too and the barrier behind that is durable.
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

    /// A lost lane costs its client the connection, and no other client anything.
    @Override
    void onLost() {
        if (life != owner.life()) { // its engine has been left already
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
