package dev.keepsake.front;

import dev.keepsake.resp.CommandFramer;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.ProtocolException;
import dev.keepsake.resp.RespValue;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.resp.Trait;
import dev.keepsake.shard.DirtyKeys;
import dev.keepsake.shard.Durability;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client of a node: takes its commands, sends them to the lane or the class that answers them,
/// and gives the client its replies in order. Owned by the node's event loop.
///
/// Two rules keep the order. First, when a command is answered by another party (the front, another
/// lane) than the command before it, all earlier commands have been replied to: the input waits
/// until then. Second, once a reply is parked, every later reply queues behind it, whichever lanes
/// they came over: the barriers of two lanes may be answered in another order than their commands
/// were given.
///
/// A command that is longer than [#GATHERED_BYTES] is not gathered: see [LargeIntake].
final class ClientConnection extends ChannelInboundHandlerAdapter
        implements Clients.Member, OwnLane.Borrower {
    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
    private static final int WAITING_MAX_BYTES = 1 << 20;

    /// Longer commands are passed on to the client's own lane while they arrive.
    private static final int GATHERED_BYTES = 1 << 20;

    /// A client that has not finished a command for so long may be closed when others wait for
    /// memory.
    private static final long STUCK_AFTER_NS = TimeUnit.SECONDS.toNanos(1);

    private static final byte TLS_HANDSHAKE = 0x16;
    private static final byte TLS_VERSION = 3;
    private static final String TOO_MANY_CLIENTS = "max number of clients reached";

    /// Why a command that has arrived is not processed yet.
    private enum Held {
        NOT,
        /// It waits for something that has to finish first.
        WAITS,
        /// CLIENT PAUSE holds it back, or the node carries out no commands at present.
        PAUSED
    }

    private final FrontParts node;
    private final ThisNode self;
    private final EngineSide engine;
    private final Durability<Parked> durability;
    private final CommandFramer framer;
    private final Command framed; // the command that the framer has found last
    private final long id;
    private final @Nullable Path operators;
    private final Session session = new Session();
    private final ClientFacts facts = new ClientFacts();
    private final ClientSocket socket;
    private final ReplyQueue replies;
    private final InputRoom room;
    private final Admission.Client seen = new Seen();

    private @Nullable ByteBuf input;
    private @Nullable SharedLane shared; // of what is in flight, unless that is on the own lane
    private final OwnLaneUse<OwnLane> own = new OwnLaneUse<>(new InLane(), new Lanes());
    private final LargeIntake large;
    private final OwnLaneCommands sent;
    private int inFlight;
    private boolean asking; // for an answer that comes neither at once nor over a lane of clients
    private boolean processing;
    private @Nullable String malformed;
    private final ClientTracking tracking;
    private Held held = Held.NOT;
    private final ClientScript script; // of the next command

    /// @param operators the operators' socket, if the connection came over it; the client is then
    ///   the operators' user at first
    ClientConnection(FrontParts node, long id, @Nullable Path operators) {
        this.node = node;
        this.self = node.self();
        this.engine = node.engine();
        this.durability = node.durability();
        this.id = id;
        this.operators = operators;
        this.framer = new CommandFramer(node.options().limits(), GATHERED_BYTES);
        this.framed = new Command(self.table(), framer.frame());
        this.socket =
                new ClientSocket(
                        node.loop(), node.allocator(), facts, operators, new AroundSocket());
        this.replies = new ReplyQueue(node.replyRules(), socket);
        this.script = new ClientScript(node.scripts());
        this.large =
                new LargeIntake(
                        node.options().limits(),
                        self.table(),
                        node.allocator(),
                        node.options().maxTransactionBytes(),
                        new LargeOnes());
        this.sent = new OwnLaneCommands(new AroundLane(), large, node.allocator());
        this.room = new InputRoom(node.clients().memory(), this, node.clients()::onRoomFreed);
        this.tracking =
                new ClientTracking(new AroundTracking(), node.allocator(), node.clients()::find);
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Session session() {
        return session;
    }

    /// The replies that it is owed.
    @Override
    public ReplyQueue replies() {
        return replies;
    }

    @Override
    public @Nullable String newcomer() {
        return operators == null ? node.access().newcomer() : AccessControl.OPERATOR;
    }

    @Override
    public boolean isClosed() {
        return socket.isClosed();
    }

    /// Whether the client still receives what its user may not ask for any more: the commands of
    /// all clients, or which keys change.
    @Override
    public boolean hearsBeyondItsRights() {
        var user = session.user();
        var rules = tracking.state().rulesOfBroadcast();
        if (user == null) {
            return false;
        }
        return (rules != null && !rules.equals(node.access().rulesOf(user)))
                || (node.monitors().has(this) && node.access().isRefused(user, "monitor"));
    }

    /// Whether a command of this client may have been executed whose reply it has not got.
    @Override
    public boolean awaitsReplies() {
        return inFlight > 0 || replies.hasParked() || own.isOn();
    }

    @Override
    public boolean isBetweenEngines() {
        return own.isBetweenEngines();
    }

    @Override
    public boolean partFromEngine() {
        return own.part();
    }

    /// All replies of the lane's engine have been passed on.
    @Override
    public void onParted(OwnLane lane) {
        if (own.onParted(lane)) {
            process();
        }
    }

    @Override
    public Watches watches() {
        return sent.watches();
    }

    private boolean isInTransaction() {
        return sent.transaction() != null;
    }

    @Override
    public boolean isAwaiting() {
        return inFlight > 0;
    }

    @Override
    public boolean isAnswered() {
        var lane = own.lane();
        return inFlight == 0 || (lane != null && lane.isBlockedNow());
    }

    // ---- the connection

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        socket.attach(context.channel());
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        session.user(newcomer());
        facts.onConnected(node.loop().ticker().nanoTime());
        node.clients().onConnected(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        socket.onClosed();
        node.clients().onDisconnected(this);
        leaveOwnLane();
        large.end();
        script.end();
        if (input != null) {
            input.release();
            input = null;
        }
        countInput();
        node.clients().memory().forget(this);
        replies.discard();
    }

    /// Counts the room that the incomplete command needs, and asks for more if it needs more than
    /// before. What has arrived already is counted in any case.
    private void countInput() {
        var in = input;
        long there = (in == null ? 0 : in.capacity()) + large.heldBytes();
        long needed = in == null ? there : Math.max(there, framer.neededBytes());
        if (!room.isRight(needed)) {
            room.update(there, needed, node.loop().ticker().nanoTime());
        }
    }

    @Override
    public void onRoom() {
        countInput();
        readAsAllowed();
    }

    @Override
    public long inputBytes() {
        return socket.isClosing() ? 0 : room.bytes();
    }

    @Override
    public long stuckBytes() {
        boolean goesOn =
                held != Held.NOT
                        || room.isStarved()
                        || socket.isClosing()
                        || !room.isHeldFor(STUCK_AFTER_NS, node.loop().ticker().nanoTime());
        return goesOn ? 0 : room.bytes();
    }

    @Override
    public long otherBytes() {
        if (socket.isClosing()) {
            return 0; // the connection is being closed
        }
        var lane = own.lane();
        return unsentBytes()
                + replies.output().capacityBytes()
                + (lane == null ? 0 : lane.unsentBytes());
    }

    @Override
    public long heapBytes() {
        if (socket.isClosing()) {
            return 0;
        }
        return session.heapBytes() + sent.heapBytes() + script.heapBytes() + own.heapBytes();
    }

    @Override
    public boolean isSpared() {
        return session.spared();
    }

    @Override
    public void closeFor(String reason) {
        node.disconnections().ofLimit(id, reason);
        reset();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof DecoderException) {
            node.disconnections().ofStranger(id, "has a TLS failure: " + whyNotTls(cause));
        } else if (!(cause instanceof IOException)) { // an IOException is a client that has gone
            LOG.warn("node={} client={} is disconnected", self.name(), id, cause);
        }
        context.close();
    }

    /// Returns only the kind of the failure: its message may contain what the client has sent, and
    /// a client that has forgotten TLS may have sent a password.
    private static String whyNotTls(Throwable failure) {
        var innermost = failure;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        return innermost instanceof NotSslRecordException
                ? "not an SSL/TLS record"
                : innermost.getClass().getSimpleName();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (!context.channel().isWritable()) {
            reset(); // its unread replies have reached the bound
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        var bytes = (ByteBuf) message;
        if (socket.isClosing() || replies.isEnding() || malformed != null) {
            long longest = node.options().limits().maxBulkBytes();
            socket.discard(bytes, longest + LargeIntake.KEPT_MAX_BYTES);
            return;
        }
        facts.onReceived(bytes.readableBytes(), node.loop().ticker().nanoTime());
        gather(context, bytes);
        process();
    }

    private void gather(ChannelHandlerContext context, ByteBuf bytes) {
        var in = input;
        if (in == null) {
            input = bytes;
            return;
        }
        try {
            if (in.maxFastWritableBytes() < bytes.readableBytes()) {
                var larger =
                        context.alloc().buffer(roomFor(in.readableBytes() + bytes.readableBytes()));
                larger.writeBytes(in);
                in.release();
                in = larger;
                input = larger;
            }
            in.writeBytes(bytes);
        } finally {
            bytes.release(); // also when there is no memory for more
        }
    }

    /// The size of a buffer for so many bytes of input: that of the command that they belong to,
    /// but no more than twice what is needed now.
    private int roomFor(int bytes) {
        long needed = framer.neededBytes();
        return (int) (needed > bytes ? Math.min(needed, 2L * bytes) : bytes + bytes / 2);
    }

    @Override
    public void reset() {
        socket.reset();
    }

    @Override
    public String address() {
        return socket.address();
    }

    @Override
    public String localAddress() {
        return socket.localAddress();
    }

    @Override
    public String type() {
        return isSubscribed() ? "pubsub" : "normal";
    }

    @Override
    public boolean isSubscribed() {
        return own.isListening();
    }

    @Override
    public boolean isHeldByPause() {
        return held == Held.PAUSED;
    }

    /// Whether the client has neither sent nor received anything for so long, and does not wait for
    /// anything either.
    @Override
    public boolean isIdle(long idleNs, long nowNs) {
        return facts.isSilent(idleNs, nowNs)
                && inFlight == 0
                && !replies.hasParked()
                && held == Held.NOT
                && !isSubscribed();
    }

    @Override
    public boolean leavesTooMuch(ClientLimits.Output limit, long nowNs) {
        return facts.leavesTooMuch(limit, socket.unsentBytes(), nowNs);
    }

    /// Its line in CLIENT LIST: what the front knows, in the engine's fields and order.
    @Override
    public String describe() {
        return node.customs().clientFields().stream()
                .map(this::shownField)
                .filter(shown -> !shown.isEmpty())
                .collect(Collectors.joining(" "));
    }

    /// @return empty for a field about which nothing is known
    private String shownField(String field) {
        var value = value(field);
        return value == null ? "" : field + "=" + value;
    }

    /// Replies that wait for the log count as unsent. There is no fixed buffer for replies,
    /// arguments are not copied, and no thread is used for input and output alone, so `rbs`, `rbp`,
    /// `argv-mem` and `io-thread` are 0.
    private @Nullable Object value(String field) {
        long nowNs = node.loop().ticker().nanoTime();
        var user = session.user();
        var open = sent.transaction();
        var in = input;
        long used = in == null ? 0 : in.readableBytes();
        long free = in == null ? 0 : in.writableBytes();
        return switch (field) {
            case "id" -> id;
            case "addr" -> address();
            case "laddr" -> localAddress();
            case "fd" -> socket.fileDescriptor();
            case "name" -> session.name();
            case "flags" -> flags();
            case "capa" -> session.redirected() ? "r" : "";
            case "db", "argv-mem", "rbs", "rbp", "io-thread" -> 0;
            case "sub" -> own.subscriptions("subscribe");
            case "psub" -> own.subscriptions("psubscribe");
            case "ssub" -> own.subscriptions("ssubscribe");
            case "multi" -> open == null ? -1 : open.count();
            case "watch" -> watches().count();
            case "qbuf" -> used;
            case "qbuf-free" -> free;
            case "multi-mem" -> sent.queuedBytes();
            case "obl" -> replies.output().bytes();
            case "oll" -> replies.parkedCount() + socket.unsentPieces();
            case "omem" -> unsentAndWaitingBytes();
            case "tot-mem" ->
                    used
                            + free
                            + sent.queuedBytes()
                            + replies.output().bytes()
                            + unsentAndWaitingBytes();
            case "events" -> events();
            case "user" -> user == null ? AccessUser.DEFAULT_NAME : user;
            case "redir" -> redirection();
            case "resp" -> session.protocol();
            case "lib-name" -> session.libraryName();
            case "lib-ver" -> session.libraryVersion();
            default -> facts.value(field, nowNs);
        };
    }

    /// Whether a field of its line has this value.
    @Override
    public boolean shows(String field, String value) {
        return value.equals(String.valueOf(value(field)));
    }

    /// Whether a field of its line that counts seconds has come so far.
    @Override
    public boolean isSince(String field, long seconds) {
        return value(field) instanceof Long shown && shown >= seconds;
    }

    /// Whether its line has this flag.
    @Override
    public boolean hasFlag(int flag) {
        return flags().indexOf(flag) >= 0;
    }

    private long unsentAndWaitingBytes() {
        return unsentBytes() + replies.parkedBytes();
    }

    /// In Redis's letters and order.
    private String flags() {
        var flags = new StringBuilder();
        flags.append(node.monitors().has(this) ? "O" : "");
        flags.append(isSubscribed() ? "P" : "").append(isInTransaction() ? "x" : "");
        var lane = own.lane();
        flags.append(lane != null && lane.isBlocked() ? "b" : "").append(tracking.state().flags());
        flags.append(socket.isClosing() ? "c" : "");
        flags.append(session.readOnly() ? "r" : "").append(session.spared() ? "e" : "");
        flags.append(session.touchesNothing() ? "T" : "");
        return flags.isEmpty() ? "N" : flags.toString();
    }

    private String events() {
        return (socket.isReading() ? "r" : "") + (unsentBytes() > 0 ? "w" : "");
    }

    @Override
    public long redirection() {
        return tracking.state().redirection();
    }

    /// Closes the connection of a user who is no longer admitted.
    @Override
    public void disconnect() {
        socket.disconnect();
    }

    @Override
    public long unsentBytes() {
        return socket.unsentBytes();
    }

    @Override
    public void refuseConnection(String error) {
        var answer = node.allocator().buffer(64);
        RespWriter.error(answer, error);
        replies.deliver(answer);
        answer.release();
        replies.end();
    }

    @Override
    public void onReadingChanged() {
        process(); // commands that had been read before
        readAsAllowed();
    }

    /// Reads commands, or leaves them in the socket, as the bounds of the node and of this client
    /// allow.
    private void readAsAllowed() {
        var in = input;
        boolean full =
                (held != Held.NOT || engine.isPaused())
                        && in != null
                        && in.readableBytes() > WAITING_MAX_BYTES;
        socket.read(node.intake().isReading() && !full && !own.isFull() && !room.isStarved());
    }

    /// The engine has not taken all that was sent over this client's own lane, or has taken it by
    /// now.
    @Override
    public void onLaneFull(boolean full) {
        own.full(full);
        readAsAllowed();
    }

    // ---- commands

    /// Processes commands until there is none, or one has to wait.
    private void process() {
        if (processing) {
            return; // called by an answer that was given meanwhile; the loop below continues
        }
        processing = true;
        try {
            held = Held.NOT;
            while (takesCommands() && input != null && processNext(input)) {
                // each turn of the loop consumes one command
            }
        } catch (ProtocolException e) {
            malformed = String.valueOf(e.getMessage());
            socket.lingerAtEnd(session.user() != null);
        } finally {
            processing = false;
        }
        if (malformed != null && inFlight <= neverReplied() && takesAnswers()) {
            giveUpLarge();
            fail(malformed);
        }
        var in = input;
        if (in != null && !in.isReadable()) {
            in.release();
            // A large command may have arrived completely and be waiting: it continues without more
            // input.
            input = large.isDue() ? Unpooled.EMPTY_BUFFER : null;
        }
        countInput();
        readAsAllowed();
        node.clients().flush();
    }

    /// How many of the commands that are under way get no reply. A large command whose end is
    /// malformed gets none, because the engine never gets its rest. It is the last command.
    private int neverReplied() {
        return malformed != null && large.isAccepted() ? 1 : 0;
    }

    private void giveUpLarge() {
        if (neverReplied() > 0) {
            inFlight = 0;
            leaveOwnLane();
            large.end();
        }
    }

    private boolean takesCommands() {
        return takesAnswers() && malformed == null;
    }

    private boolean takesAnswers() {
        return !socket.isClosing() && !replies.isEnding();
    }

    /// @return false when there is no complete command, or it has to wait
    private boolean processNext(ByteBuf in) throws ProtocolException {
        boolean goesOn = in.isReadable() || large.isDue();
        if (!goesOn || engine.isPaused()) {
            held = goesOn ? Held.PAUSED : Held.NOT;
            return false;
        }
        if (large.isOn()) {
            return switch (large.process(in)) {
                case GOES_ON -> true;
                case NEEDS_MORE -> false;
                case WAITS -> {
                    waits();
                    yield false;
                }
            };
        }
        framer.authenticated(session.user() != null);
        return switch (framer.parse(in)) {
            case INCOMPLETE -> {
                large.checkGathered(framer);
                yield isTls(in) && disconnectTls();
            }
            case LARGE -> {
                var command = framed.at(in, in.readerIndex());
                large.begin(command, framer, in, session.user());
                yield true;
            }
            case EMPTY -> skip(in);
            case COMMAND -> done(handle(framed.at(in, in.readerIndex())), in);
            case INLINE ->
                    isTls(in) ? disconnectTls() : done(handleInline(framer.inlineArguments()), in);
        };
    }

    /// Whether this is the beginning of TLS: a handshake record of version 3. The record may
    /// contain a line that would be executed, like a request of a web browser.
    private static boolean isTls(ByteBuf in) {
        int at = in.readerIndex();
        return in.getByte(at) == TLS_HANDSHAKE
                && in.readableBytes() > 1
                && in.getByte(at + 1) == TLS_VERSION;
    }

    private boolean disconnectTls() {
        disconnectStranger("speaks TLS to a node without TLS");
        return false;
    }

    private void disconnectStranger(String what) {
        node.disconnections().ofStranger(id, what);
        reset();
    }

    private boolean done(Taken taken, ByteBuf in) {
        if (taken == Taken.WAITS) {
            waits();
            return false;
        }
        return skip(in);
    }

    private void waits() {
        if (held == Held.NOT) {
            held = Held.WAITS; // else the reason is known already
        }
    }

    private boolean skip(ByteBuf in) {
        if (input != null) { // else the command has closed its own connection
            in.skipBytes(framer.lengthBytes());
        }
        return true;
    }

    private Taken handleInline(List<byte[]> arguments) throws ProtocolException {
        var command = node.allocator().buffer();
        try {
            RespWriter.command(command, arguments.toArray(new byte[0][]));
            var inlineFramer = new CommandFramer(node.options().limits());
            inlineFramer.parse(command);
            return handle(new Command(self.table(), inlineFramer.frame()).at(command, 0));
        } finally {
            command.release();
        }
    }

    private Taken handle(Command command) {
        var taken = take(command);
        if (taken != Taken.WAITS) {
            script.end();
        }
        boolean decided = large.isDecided();
        if (taken == Taken.DONE
                && decided
                && !node.monitors().isEmpty()
                && Monitors.shows(command)) {
            node.monitors().show(this, command);
        }
        return taken;
    }

    private Taken take(Command command) {
        var verdict = node.admission().decide(command, seen);
        if (!verdict.countsAsGiven()) {
            return follow(verdict, command);
        }
        facts.onCommand(command.name());
        var taken = follow(verdict, command);
        if (taken == Taken.WAITS) {
            facts.onPutOff();
        } else {
            node.clients().countCommand();
        }
        return taken;
    }

    private Taken follow(Verdict verdict, Command command) {
        return switch (verdict) {
            case Verdict.Act act -> follow(act, command);
            case Verdict.Wait wait -> {
                if (wait == Verdict.Wait.FOR_PAUSE) {
                    held = Held.PAUSED;
                }
                yield Taken.WAITS;
            }
            case Verdict.Disconnect(String what) -> {
                disconnectStranger(what);
                yield Taken.DONE;
            }
            case Verdict.Deny(String error) -> refuse(error);
            case Verdict.Refuse(String error) -> refuse(error);
            case Verdict.Redirect(String error) -> refuseElsewhere(error, command);
            case Verdict.QueueError(String error) -> queueError(command, error);
        };
    }

    private Taken follow(Verdict.Act act, Command command) {
        return switch (act) {
            case SHARED_LANE -> submitShared(command);
            case OWN_LANE -> submitOwn(command);
            case READ_SCRIPT -> {
                readScript(command);
                yield follow(node.admission().afterScript(command, seen), command);
            }
            case ANSWER -> answerInFront(command);
            case QUEUE_ANSWER -> queueInFront(command);
            case ASK_ENGINE -> askEngine(command);
            case TRACK -> submitTracking(command);
            case WHILE_LOADING -> node.whileLoading().take(this, command);
            case RELAY -> node.relayedPublish().onReplica(this, command);
            case PASS_ON -> passOn();
            case SKIP -> {
                large.skip();
                yield Taken.DONE;
            }
            case BEGIN_UNSERVED -> {
                sent.begin();
                yield answerOk();
            }
            case ABORT_UNSERVED -> {
                sent.end();
                yield refuse(Transaction.EXEC_ABORT);
            }
            case DISCARD_UNSERVED -> {
                sent.end();
                yield answerOk();
            }
        };
    }

    /// Has the command's script read.
    private void readScript(Command command) {
        boolean inline = command != framed && !large.isOn();
        if (inline) {
            var copy = Unpooled.copiedBuffer(command.bytes());
            long kept = script.readCopy(command, copy, this::process);
            node.clients().noteHeapGrowth(kept); // which may close this client
        } else {
            script.read(command, this::commandUnderWay, this::process);
        }
    }

    /// The command that waits to be processed, from its first byte on, or null when the client has
    /// gone.
    private @Nullable ByteBuf commandUnderWay() {
        if (isClosed()) {
            return null;
        }
        return large.isOn() ? large.sketch() : input;
    }

    /// Redirects a client to another node, unless its user may not give the command at all. That
    /// check comes first in Redis, and a user must not learn where a key is that the user may not
    /// use.
    private Taken refuseElsewhere(String elsewhere, Command command) {
        String user = user();
        var control = engine.controlLane();
        if (control == null || command.isSketch() || !node.access().isRestricted(user)) {
            return refuse(elsewhere);
        }
        if (inFlight > 0 || control.isFull()) {
            return Taken.WAITS;
        }
        sent.fail();
        beginAsking();
        control.ask(
                reply ->
                        answerLater(
                                Patience.LIMITED,
                                out ->
                                        RespWriter.error(
                                                out,
                                                reply instanceof RespValue.Bulk why
                                                        ? AccessControl.refusalOf(why.utf8(), user)
                                                        : elsewhere)),
                AccessControl.dryRun(user, command.arguments().all()));
        return Taken.REFUSED;
    }

    /// Passes on a large command whose keys have not all arrived; it is decided when they have.
    private Taken passOn() {
        var lane = own.take();
        if (lane == null) {
            return Taken.WAITS;
        }
        large.passTo(lane::send);
        return Taken.DONE;
    }

    @Override
    public void answerFrom(RespValue ofEngine, Patience patience, Consumer<ByteBuf> answer) {
        answerLater(
                patience,
                out -> {
                    if (ofEngine instanceof RespValue.ErrorReply(String error)) {
                        RespWriter.error(out, error);
                    } else {
                        answer.accept(out);
                    }
                });
    }

    @Override
    public void beginAsking() {
        inFlight++;
        asking = true;
    }

    @Override
    public void answerLater(Patience patience, Consumer<ByteBuf> answer) {
        if (isClosed()) {
            return;
        }
        var out = node.allocator().buffer(64);
        answer.accept(out);
        replies.answerLate(out, patience);
        out.release();
        replies.onReplied();
        node.clients().flush();
    }

    /// Asks the engine for the answer to one of the front's commands.
    private Taken askEngine(Command command) {
        var arguments = command.arguments();
        if (!(node.answers().of(command.spec()) instanceof EngineAsked answer)) {
            throw new IllegalStateException(
                    "no question to the engine is bound to " + command.name());
        }
        switch (answer.question(this, arguments)) {
            case EngineAsked.Question.Refused(String error) -> {
                return refuse(error);
            }
            case EngineAsked.Question.Known(FrontAnswer.Writer known) -> {
                var out = node.allocator().buffer(256);
                known.write(this, arguments, out);
                answerAndRelease(out);
            }
            case EngineAsked.Question.Asked(Runnable ask) -> {
                beginAsking();
                ask.run();
            }
        }
        return Taken.DONE;
    }

    /// Asks the engine to track keys.
    private Taken submitTracking(Command command) {
        var arguments = command.arguments();
        var request = tracking.prepare(arguments);
        if (request == null) {
            return Taken.WAITS;
        }
        if (own.isOutOfLanes()) {
            fail(TOO_MANY_CLIENTS);
            return Taken.DONE;
        }
        var lane = own.take();
        if (lane == null) {
            return Taken.WAITS;
        }
        inFlight++;
        tracking.submit(request, arguments, lane);
        return Taken.DONE;
    }

    @Override
    public void hear(ByteBuf push) {
        tracking.hear(push);
    }

    @Override
    public Taken rememberSubscriptions(Command command) {
        var kept = own.remember(command.lengthBytes());
        if (kept == null) {
            return refuse(Refusals.LOADING);
        }
        var answer = node.allocator().buffer(128);
        kept.change(command.name(), command.arguments(), session.protocol(), answer);
        answerAndRelease(answer);
        return Taken.DONE;
    }

    /// The node serves: its engine is sent the client's subscriptions. The client does not see the
    /// confirmations, only the messages from then on.
    @Override
    public void resumeSubscriptions() {
        var kept = own.recall();
        if (kept == null || isClosed()) {
            return;
        }
        var lane = own.take();
        if (lane == null) {
            reset(); // another command is under way: it would receive no messages
            return;
        }
        inFlight++;
        lane.resume(kept);
    }

    @Override
    public Taken answerOk() {
        var answer = node.allocator().buffer(8);
        RespWriter.simpleString(answer, "OK");
        answerAndRelease(answer);
        return Taken.DONE;
    }

    private Taken submitShared(Command command) {
        var spec = command.spec();
        var lane = engine.sharedLane(user(), session.protocol());
        if (inFlight > 0 && lane != shared) {
            return Taken.WAITS;
        }
        shared = lane;
        if (self.isPrimary()) {
            lane.marks().markWrites(command, durability.dirtyKeys());
        }
        inFlight++;
        if (sent.mayBeSentOn(command)) {
            lane.submitScript(replies, command);
            return Taken.DONE;
        }
        // A read that keeps its result marks its keys itself, and so always waits.
        boolean byKeys = spec.effect() == CommandSpec.Effect.READ && !spec.is(Trait.KEEPS_RESULT);
        long hash = byKeys ? command.onlyKeyHash() : 0;
        var hashes = byKeys ? command.keyHashes() : null;
        lane.submit(replies, command, hash, hashes);
        return Taken.DONE;
    }

    /// The user of the client.
    @Override
    public String user() {
        var user = session.user();
        if (user == null) {
            throw new IllegalStateException("client %d has not logged in".formatted(id));
        }
        return user;
    }

    /// The engine's number of the client's own lane, or 0.
    @Override
    public long idInEngine() {
        var lane = own.lane();
        return lane == null ? 0 : lane.idInEngine();
    }

    private Taken submitOwn(Command command) {
        if (large.isSkipped()) {
            return refuse(Refusals.LOADING); // the node serves since it was skipped
        }
        if (own.isOutOfLanes()) {
            fail(TOO_MANY_CLIENTS); // what follows a failed MULTI must not be executed
            return Taken.DONE;
        }
        var lane = own.take();
        if (lane == null || (isAwaiting() && sent.mustBeAlone(command))) {
            return Taken.WAITS;
        }
        inFlight++;
        sent.submit(command, lane);
        return Taken.DONE;
    }

    /// The front's change of the engine's reply, or null when the reply is passed on as it is.
    private @Nullable UnaryOperator<ByteBuf> changeOf(CommandSpec spec) {
        int protocol = session.protocol();
        if (spec.is(Trait.TRACKING) && spec.name().equals("client|trackinginfo")) {
            return reply -> tracking.state().describedBy(reply, protocol);
        }
        if (spec.is(Trait.SHOWS_SETTINGS)) {
            return OperatorCommands::withoutSecrets;
        }
        var kind = ExpectedReplies.Kind.inWordsOfTheNode(spec);
        return kind == null ? null : reply -> node.words().ofTheNode(kind, reply, protocol);
    }

    private FrontAnswer.Known known(Command command) {
        if (!(node.answers().of(command.spec()) instanceof FrontAnswer.Known known)) {
            throw new IllegalStateException("%s is answered by asking".formatted(command.name()));
        }
        return known;
    }

    private Taken answerInFront(Command command) {
        var known = known(command);
        var arguments = command.arguments();
        var answer = node.allocator().buffer();
        boolean stays;
        long heldBefore = session.heapBytes();
        try {
            stays = known.write(this, arguments, answer);
        } catch (RuntimeException e) {
            answer.release();
            throw e;
        }
        tellOwnLane();
        answerAndRelease(answer);
        node.clients().noteHeapGrowth(Math.max(0, session.heapBytes() - heldBefore));
        if (!stays) {
            replies.end();
        }
        return Taken.DONE;
    }

    /// Ends everything that the client has begun on this connection.
    @Override
    public void forget() {
        replies.unmute();
        leaveOwnLane();
        sent.forget();
    }

    /// Passes what the client has chosen for its connection to its own lane.
    private void tellOwnLane() {
        var lane = own.lane();
        var user = session.user();
        if (lane == null) {
            return;
        }
        lane.speak(session.protocol());
        if (user != null) {
            lane.become(user);
        }
        lane.touchNothing(session.touchesNothing());
    }

    /// Gives a command of the front its place in a transaction: the engine queues another command
    /// for it, and the front answers when that is executed.
    private Taken queueInFront(Command command) {
        var known = known(command);
        var arguments = command.arguments();
        inFlight++;
        sent.queueAnswer(
                command.spec(),
                command.copyBytes(),
                out -> {
                    known.write(this, arguments, out);
                    tellOwnLane();
                },
                lane());
        return Taken.DONE;
    }

    /// Queues a command of the engine that fails when EXEC executes it, and not before.
    private Taken queueError(Command command, String error) {
        inFlight++;
        sent.queueError(command, error, lane());
        return Taken.DONE;
    }

    private OwnLane lane() {
        var lane = own.lane();
        if (lane == null) {
            throw new IllegalStateException("client %d has no lane".formatted(id));
        }
        return lane;
    }

    private void leaveOwnLane() {
        tracking.end();
        own.leave();
    }

    // ---- replies

    @Override
    public Taken refuse(String error) {
        if (inFlight > 0) {
            return Taken.WAITS;
        }
        sent.fail();
        var lane = own.lane();
        if (large.isPassing() && isInTransaction() && lane != null) {
            inFlight++;
            sent.queueRefused(error, lane);
            return Taken.REFUSED;
        }
        var answer = node.allocator().buffer(128);
        RespWriter.error(answer, error);
        answerAndRelease(answer);
        return Taken.REFUSED;
    }

    private void fail(String error) {
        var answer = node.allocator().buffer(128);
        RespWriter.error(answer, "ERR " + error);
        answerAndRelease(answer);
        replies.end();
    }

    private void answerAndRelease(ByteBuf answer) {
        replies.answer(answer);
        answer.release();
    }

    /// Closes the connection behind a last reply, as the engine has closed its lane.
    @Override
    public void closeBehindReplies() {
        if (!isClosed()) {
            replies.end();
        }
    }

    /// The client, for the use of its own lane.
    private final class InLane implements OwnLaneUse.Client {
        @Override
        public boolean isAwaiting() {
            return inFlight > 0;
        }

        @Override
        public boolean isOwedReplies() {
            return replies.hasParked();
        }

        @Override
        public boolean isClosed() {
            return ClientConnection.this.isClosed();
        }

        @Override
        public boolean isEnding() {
            return replies.isEnding();
        }

        @Override
        public boolean isInTransaction() {
            return ClientConnection.this.isInTransaction();
        }

        @Override
        public boolean isWatching() {
            return watches().isOn();
        }

        @Override
        public boolean isTracking() {
            return tracking.state().isOn();
        }

        @Override
        public boolean isSendingLarge() {
            return large.isOn();
        }

        @Override
        public boolean touchesNothing() {
            return session.touchesNothing();
        }

        @Override
        public int protocol() {
            return session.protocol();
        }
    }

    /// The client, for its tracking.
    private final class AroundTracking implements ClientTracking.Surroundings {
        @Override
        public Session session() {
            return session;
        }

        @Override
        public NewsLane openNewsLane(NewsLane.Tracker tracker) {
            return engine.openNewsLane(tracker);
        }

        @Override
        public String aclRules() {
            return node.access().rulesOf(user());
        }

        @Override
        public boolean isSubscribed() {
            return ClientConnection.this.isSubscribed();
        }

        @Override
        public void show(ByteBuf line) {
            replies.show(line);
        }

        @Override
        public void onNewsLaneReady() {
            process(); // the command that waits for the news lane
            node.clients().flush();
        }

        @Override
        public void onNewsLost() {
            if (own.isOn()) {
                reset();
            } else {
                process(); // the command that has waited for the news lane
            }
        }
    }

    /// The client and its node, for the commands that are sent over its own lane.
    private final class AroundLane implements OwnLaneCommands.Surroundings {
        @Override
        public boolean isPrimary() {
            return self.isPrimary();
        }

        @Override
        public DirtyKeys dirtyKeys() {
            return durability.dirtyKeys();
        }

        @Override
        public Topology topology() {
            return self.topology();
        }

        @Override
        public @Nullable String writeRefusal() {
            return node.fullLog().refusal();
        }

        @Override
        public void onEvictionAllowed() {
            durability.allowEvictions();
        }

        @Override
        public void noteHeapGrowth(long bytes) {
            node.clients().noteHeapGrowth(bytes);
        }

        @Override
        public Session session() {
            return session;
        }

        @Override
        public @Nullable UnaryOperator<ByteBuf> changeOf(CommandSpec spec) {
            return ClientConnection.this.changeOf(spec);
        }

        @Override
        public OwnLaneCommands.@Nullable Instead instead(Command command) {
            var slowLog =
                    command.is(Trait.SLOW_LOG)
                            ? SlowLog.of(node.words(), command.spec(), command.arguments())
                            : null;
            return slowLog == null
                    ? null
                    : new OwnLaneCommands.Instead(slowLog.question(), slowLog::shown);
        }

        @Override
        public ByteBuf sentOn(ByteBuf reply, int slot) {
            return node.words().sentOn(reply, slot);
        }
    }

    /// The lanes of its user.
    private final class Lanes implements OwnLaneUse.Lanes<OwnLane> {
        @Override
        public boolean hasOne() {
            return engine.hasOwnLane(user(), session.protocol());
        }

        @Override
        public OwnLane take() {
            var lane = engine.takeOwnLane(user(), session.protocol());
            lane.lendTo(ClientConnection.this);
            return lane;
        }

        @Override
        public void giveBack(OwnLane lane) {
            boolean mayBeKept = self.isServing() && node.access().mayStay(lane.user());
            engine.giveBackOwnLane(lane, mayBeKept);
        }
    }

    /// The client, for its large commands.
    private final class LargeOnes implements LargeIntake.Client {
        @Override
        public Taken take(Command command) {
            return handle(command);
        }

        @Override
        public @Nullable Transaction transaction() {
            return sent.transaction();
        }

        @Override
        public void onLaneSpoilt() {
            if (watches().isOn() || tracking.state().isOn() || own.isSubscribedAtAll()) {
                reset(); // what the engine remembers of this client would be lost with the lane
            } else {
                leaveOwnLane();
            }
        }
    }

    /// The client, for the decision about its commands.
    private final class Seen implements Admission.Client {
        @Override
        public boolean isPromisedAnswer() {
            return asking;
        }

        @Override
        public boolean isAwaiting() {
            return inFlight > 0;
        }

        @Override
        public boolean isLaneChanging() {
            return own.isChanging();
        }

        @Override
        public boolean hasOwnLane() {
            return own.isOn();
        }

        @Override
        public @Nullable String user() {
            return session.user();
        }

        @Override
        public boolean onlyListens() {
            return own.onlyListens();
        }

        @Override
        public boolean readsFromReplicas() {
            return session.readOnly();
        }

        @Override
        public boolean touchesNothing() {
            return session.touchesNothing();
        }

        @Override
        public @Nullable Transaction transaction() {
            return sent.transaction();
        }

        @Override
        public @Nullable String refusalOfLarge() {
            return large.refusal();
        }

        @Override
        public @Nullable ScriptReading script() {
            return script.reading();
        }
    }

    /// The client, for its socket.
    private final class AroundSocket implements ClientSocket.Client {
        @Override
        public void onReplied() {
            ClientConnection.this.onReplied();
        }

        @Override
        public void flushReplies() {
            replies.flush();
        }

        @Override
        public void forgetInput() {
            if (input != null) {
                input.release();
                input = null;
            }
            large.end();
            script.end();
            countInput();
        }
    }

    private void onReplied() {
        inFlight--;
        asking = false; // while an answer is asked for, nothing else is under way
        endShardSubscriptionsIfFree();
        if (inFlight <= neverReplied() && (input != null || malformed != null)) {
            process();
        }
    }

    /// The engine closed the own lane: the outcome of what was under way there is unknown.
    @Override
    public void onLaneLost() {
        own.onLost();
        if (!socket.isClosing()) { // else a last reply is being sent
            reset();
        }
    }

    /// Another node leads the shard: as soon as nothing is under way, the client's subscriptions to
    /// the shard's channels end, and the client is told so.
    @Override
    public void endShardSubscriptions() {
        own.endShardSubscriptions();
        endShardSubscriptionsIfFree();
    }

    private void endShardSubscriptionsIfFree() {
        if (own.endShardSubscriptionsIfFree()) {
            inFlight++;
        }
    }

    /// Gives the own lane back when the engine keeps no more state for this client.
    @Override
    public void onLaneMayBeQuiet() {
        if (own.giveBackIfQuiet()) {
            process();
        }
    }
}
