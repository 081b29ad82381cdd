package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkState;

import dev.keepsake.shard.Durability;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// All connections of one node to its engine. Owned by the node's event loop.
///
/// | lane | for |
/// | --- | --- |
/// | the control lane | the front's own questions to the engine |
/// | the barrier lane | replies that wait for the log and have not arrived over a shared lane |
/// | a user's shared lanes | the stateless commands of the user's clients |
/// | a user's own lanes | one client each, as long as the engine keeps state for it |
/// | a client's news lane | invalidation messages that it has redirected to another client |
///
/// First an engine is opened. It serves once the barrier lane is connected. Finally the node leaves
/// it.
final class EngineSide implements SharedLane.Owner, OwnLane.Owner, ControlLane.Owner, LatePlaces {
    /// What the engine causes in the node.
    interface Node {
        /// Sends the replies that are gathered for clients.
        void flushClients();

        /// Lets clients check again whether their commands may be read and carried out.
        void letClientsLook();

        /// So many more bytes of heap are used for a client, who may be closed for it.
        void noteHeapGrowth(long bytes);

        /// The engine has refused a command for lack of rights.
        void onRefusal();

        /// The engine has closed a lane that clients share.
        void onEngineLost();
    }

    /// Connects lanes to an engine.
    interface Connector {
        /// Connects a lane, on the event loop.
        ChannelFuture connect(LaneChannel lane, Path socket);
    }

    /// The bounds of what the engine is asked at once.
    ///
    /// @param intake stopped while too much waits
    /// @param memory the memory that clients use
    /// @param ownLanes how many clients may have a lane of their own
    record Bounds(
            FrontOptions options, Intake intake, MemoryWatch memory, Allowance.Share ownLanes) {}

    private final String name;
    private final EventLoop loop;
    private final Connector connector;
    private final Durability<Parked> durability;
    private final Bounds bounds;
    private final LargeReply.Room large;
    private final ReadCounts reads;
    private final ReplyWords words;
    private final Node node;
    private final Resumption resumption = new Resumption(this::takeCommands);
    private final Map<String, UserLanes> lanesByUser = new HashMap<>();
    private final Set<SharedLane> fullLanes = new HashSet<>();
    private final Set<SharedLane> retiring = new HashSet<>();

    private int life;
    private @Nullable Path socket;
    private @Nullable ControlLane controlLane;
    private @Nullable SharedLane barrierLane;

    /// @param name the node's name
    /// @param reads counts which reads had to wait
    /// @param words puts the node's words into the engine's replies
    EngineSide(
            String name,
            EventLoop loop,
            Connector connector,
            ByteBufAllocator allocator,
            Durability<Parked> durability,
            LargeReplies largeReplies,
            Bounds bounds,
            ReadCounts reads,
            ReplyWords words,
            Node node) {
        this.name = name;
        this.loop = loop;
        this.connector = connector;
        this.durability = durability;
        this.bounds = bounds;
        this.large = new LargeReply.Room(allocator, largeReplies, this);
        this.reads = reads;
        this.words = words;
        this.node = node;
    }

    // ---- the engine

    /// Opens the control lane of another engine.
    ///
    /// @param onOpen gets the lane once it is connected
    /// @param onFailed gets the reason why the lane cannot be connected, or that the node has left
    ///   the engine meanwhile
    void open(Path newSocket, Consumer<ControlLane> onOpen, Consumer<Throwable> onFailed) {
        socket = newSocket;
        var control = new ControlLane(large.allocator(), this);
        controlLane = control;
        connector
                .connect(control, newSocket)
                .addListener(done -> {
                    if (controlLane != control) {
                        onFailed.accept(leftMeanwhile());
                    } else if (done.isSuccess()) {
                        onOpen.accept(control);
                    } else {
                        onFailed.accept(done.cause());
                    }
                });
    }

    /// Opens the barrier lane of the same engine, which serves from then on.
    ///
    /// @param onOpen called once the lane is connected
    /// @param onFailed gets the reason why the lane cannot be connected, or that the node has left
    ///   the engine meanwhile
    void serve(Runnable onOpen, Consumer<Throwable> onFailed) {
        var lane = newSharedLane(null, 2);
        barrierLane = lane;
        connector
                .connect(lane, requireSocket())
                .addListener(done -> {
                    if (barrierLane != lane) {
                        onFailed.accept(leftMeanwhile());
                    } else if (done.isSuccess()) {
                        onOpen.run();
                    } else {
                        onFailed.accept(done.cause());
                    }
                });
    }

    private static Exception leftMeanwhile() {
        return new IllegalStateException("the node stopped serving meanwhile");
    }

    /// Continues with the same engine after [#abandonShared].
    void serveAgain() {
        var lane = newSharedLane(null, 2);
        barrierLane = lane;
        connect(lane);
    }

    /// The number of the present life: how many engines there have been.
    @Override
    public int life() {
        return life;
    }

    /// The node is about to leave the engine: lanes that are lost from now on belong to an earlier
    /// life.
    void endLife() {
        checkState(loop.inEventLoop(), "called on %s", Thread.currentThread().getName());
        life++;
    }

    /// Closes the lanes that clients share, and drops all that is parked.
    void abandonShared() {
        lanesByUser.values().forEach(UserLanes::abandon);
        lanesByUser.clear();
        retiring.forEach(SharedLane::abandon);
        retiring.clear();
        if (barrierLane != null) {
            barrierLane.abandon();
            barrierLane = null;
        }
        durability.end();
    }

    /// The load of an abandoned engine bounds nothing any more.
    void forgetBounds() {
        fullLanes.clear();
        large.counted().forgetLanes();
        bounds.intake().full(false);
    }

    /// Leaves the engine: nothing more is sent to it.
    ///
    /// @return whether there was one
    boolean leave() {
        var control = controlLane;
        controlLane = null;
        socket = null;
        if (control != null) {
            control.close();
        }
        return control != null;
    }

    /// The lane over which the front asks its engine for its own purposes, or null while there is
    /// no engine.
    @Nullable ControlLane controlLane() {
        return controlLane;
    }

    /// Whether the engine has not taken yet what the control lane has sent it for clients.
    boolean isBehind() {
        return controlLane != null && controlLane.isFull();
    }

    /// Whether no commands that have been read are carried out.
    boolean isPaused() {
        return bounds.intake().isPaused() || resumption.isOn();
    }

    /// Waits until the engine has been sent the subscriptions of clients.
    Resumption resumption() {
        return resumption;
    }

    // ---- lanes of users

    /// The lane that all clients of a user with one version of RESP share.
    SharedLane sharedLane(String user, int protocol) {
        var lanes = lanesOf(user);
        var present = lanes.shared(protocol);
        if (present != null && !(present.isStuck() && retiring.isEmpty())) {
            return present;
        }
        if (present != null) {
            present.retire();
        }
        var lane = newSharedLane(Namesakes.inEngine(user), protocol);
        lanes.share(protocol, lane);
        connect(lane);
        return lane;
    }

    private SharedLane newSharedLane(@Nullable String userInEngine, int protocol) {
        return new SharedLane(loop, large, durability, reads, words, this, userInEngine, protocol);
    }

    /// Connects a lane. A lane that cannot be connected counts as lost, like one that the engine
    /// closes.
    private ChannelFuture connect(LaneChannel lane) {
        var connecting = connector.connect(lane, requireSocket());
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                loop.execute(lane::onLost); // the failure may be reported on another thread
            }
        });
        return connecting;
    }

    private Path requireSocket() {
        var present = socket;
        if (present == null) {
            throw withoutEngine();
        }
        return present;
    }

    private IllegalStateException withoutEngine() {
        return new IllegalStateException("node %s has no engine".formatted(name));
    }

    /// A lane for one client of a user.
    OwnLane takeOwnLane(String user, int protocol) {
        var idle = lanesOf(user).takeIdle(protocol);
        if (idle != null) {
            return idle;
        }
        var lane = new OwnLane(loop, large, durability, this, user, protocol);
        connectCounted(lane);
        lane.greet();
        return lane;
    }

    /// Whether one more client may have a lane of its own.
    boolean hasOwnLane(String user, int protocol) {
        return !bounds.ownLanes().isOver() || lanesOf(user).hasIdle(protocol);
    }

    private void connectCounted(LaneChannel lane) {
        bounds.ownLanes().count(1);
        connect(lane).channel().closeFuture().addListener(closed -> bounds.ownLanes().count(-1));
    }

    /// Takes a client's own lane back.
    ///
    /// @param mayBeKept whether other clients of its user may come
    void giveBackOwnLane(OwnLane lane, boolean mayBeKept) {
        lane.lendTo(null);
        boolean kept =
                lane.isConnected()
                        // An engine that was busy has not sent the number, without which no client
                        // could be unblocked.
                        && lane.idInEngine() != 0
                        && !lane.isUsedUp()
                        && mayBeKept
                        && lanesOf(lane.user()).giveBack(lane);
        if (kept) {
            lane.tidy();
        } else {
            lane.close();
        }
    }

    private UserLanes lanesOf(String user) {
        return lanesByUser.computeIfAbsent(user, missing -> new UserLanes());
    }

    /// Closes the lanes of users, each as soon as the engine owes nothing on it.
    void retireLanesOf(Predicate<String> users) {
        lanesByUser
                .entrySet()
                .removeIf(entry -> {
                    boolean gone = users.test(entry.getKey());
                    if (gone) {
                        entry.getValue().retire();
                    }
                    return gone;
                });
    }

    /// Opens a lane for the invalidation messages of one client that tracks keys for another
    /// connection.
    NewsLane openNewsLane(NewsLane.Tracker tracker) {
        var lane = new NewsLane(loop, large.allocator(), tracker, node::flushClients);
        connectCounted(lane);
        lane.greet();
        return lane;
    }

    /// Whether the engine owes nothing on the lanes that clients share, and has taken all that was
    /// sent.
    boolean isIdle() {
        return lanesByUser.values().stream()
                        .flatMap(UserLanes::allShared)
                        .allMatch(SharedLane::isIdle)
                && retiring.stream().allMatch(SharedLane::isIdle);
    }

    @Override
    public void onRetiring(SharedLane lane) {
        retiring.add(lane);
    }

    @Override
    public void onRetired(SharedLane lane) {
        retiring.remove(lane);
        fullLanes.remove(lane);
    }

    // ---- what waits for the log

    @Override
    public void parkLate(Parked parked) {
        if (durability.tracker() == null) {
            parked.drop();
        } else {
            requireBarrierLane().parkLate(parked);
            bound();
        }
    }

    @Override
    public void parkUnwanted(ReplySink client, Patience patience) {
        if (durability.tracker() == null) {
            client.reset(); // as it would be if it wanted the reply
        } else {
            requireBarrierLane().parkUnwantedLate(client, patience);
            bound();
        }
    }

    @Override
    public void parkMarks(MarkList marks) {
        parkLate(new Parked.Marks(durability.dirtyKeys(), marks));
    }

    private SharedLane requireBarrierLane() {
        var lane = barrierLane;
        if (lane == null) {
            throw withoutEngine();
        }
        return lane;
    }

    /// Stops reading commands when too much waits for the engine, or too many replies wait for the
    /// log. Continues when half of that is gone.
    void bound() {
        int parked = durability.parkedCount();
        long parkedBytes = durability.parkedBytes();
        int maxParked = bounds.options().maxParkedReplies();
        long maxBytes = bounds.options().maxParkedBytes();
        if (!fullLanes.isEmpty()
                || parked > maxParked
                || parkedBytes > maxBytes
                || (parkedBytes > 0 && bounds.memory().isOver())) {
            bounds.intake().full(true);
        } else if (parked <= maxParked / 2 && parkedBytes <= maxBytes / 2) {
            bounds.intake().full(false);
        }
    }

    // ---- reports of lanes

    @Override
    public void onRepliesRead() {
        node.flushClients();
    }

    @Override
    public void onRefusal() {
        node.onRefusal();
    }

    @Override
    public void onLost() {
        node.onEngineLost();
    }

    @Override
    public void onFull(SharedLane lane, boolean full) {
        if (full) {
            fullLanes.add(lane);
        } else {
            fullLanes.remove(lane);
        }
        bound();
    }

    @Override
    public void onBarrier() {
        bound();
    }

    @Override
    public void onControlLaneFree() {
        node.letClientsLook(); // those whose questions had to wait
    }

    private void takeCommands() {
        bounds.intake().go();
        node.letClientsLook();
    }

    @Override
    public void onResuming(OwnLane lane) {
        resumption.begin(lane);
    }

    @Override
    public void onResumed(OwnLane lane) {
        resumption.end(lane);
    }

    @Override
    public void noteHeapGrowth(long bytes) {
        node.noteHeapGrowth(bytes);
    }
}
