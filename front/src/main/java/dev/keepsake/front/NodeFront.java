package dev.keepsake.front;

import static dev.keepsake.core.Checks.checkState;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.keepsake.aws.IamTokens;
import dev.keepsake.core.Clock;
import dev.keepsake.core.SlotRange;
import dev.keepsake.engine.Transport;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.resp.CommandTable;
import dev.keepsake.resp.RespWriter;
import dev.keepsake.shard.Durability;
import dev.keepsake.shard.Publication;
import dev.keepsake.trust.NodeTls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the clients of one node speak to. Owned by the node's event loop; the public methods may be
/// called from any thread and are carried out there, in the order of the calls.
///
/// States: *loading* (connections are taken, data is not answered), *promoting* (the same, between
/// a replica's engine and the primary that it becomes), *primary* and *replica* (an engine serves).
/// A crashed front is loading, and nothing listens. Time: what is bounded by time is looked at ten
/// times a second; classes that are tested without a loop have a timer of their own. Replies of a
/// primary leave only when what they tell is durable: see [SharedLane] and [Durability].
public final class NodeFront implements AutoCloseable {
    private enum State {
        LOADING,
        PROMOTING,
        PRIMARY,
        REPLICA
    }

    private static final Logger LOG = LoggerFactory.getLogger(NodeFront.class);
    private static final int BACKLOG = 1024;
    private static final long WATCH_MS = 100;
    private static final long READMISSION_MS = 100;
    private static final long DRAIN_POLL_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final String node;
    private final EventLoop loop;
    private final Transport transport;
    private final ServedEngine engine;
    private final EngineCustoms customs = new EngineCustoms();
    private final ClusterRules clusterRules;
    private final Supplier<Topology> topology;
    private final @Nullable NodeTls tls;
    private final @Nullable IamTokens tokens;
    private final FrontOptions options;
    private final FrontAnswers answers;
    private final Durability<Parked> durability;
    private final ReplyRules replyRules = new Rules();
    private final Set<ClientConnection> clients = new HashSet<>();
    private final Outbox outbox;
    private final AccessControl access;
    private final FailedLogins failedLogins;
    private final Monitors monitors;
    private final EngineWords engineWords;
    private final ScriptRules scriptRules;
    private final LoadingAnswers loadingAnswers;
    private final RelayedPublish relayedPublish;
    private final WhileLoading whileLoading;
    private final Admission admission;
    private final Map<String, UserLanes> lanesByUser = new HashMap<>();
    private final Set<SharedLane> fullLanes = new HashSet<>();
    private final Set<SharedLane> retiring = new HashSet<>();
    private final Set<OwnLane> resuming = new HashSet<>(); // which tell what clients listen to
    private @Nullable CompletableFuture<Void> servedOnceResumed;
    private final MemoryWatch memory;
    private final Allowance.Share connections;
    private final Handshakes.Node handshakes;
    private final Allowance.Share ownLanes;
    private final SeldomLine strangers = new SeldomLine();
    private final SeldomLine beyondLimits = new SeldomLine();
    private final Clock clock;
    private boolean roomFreed;
    private ClientLimits limits = ClientLimits.STANDARD;

    private volatile State state = State.LOADING;
    private ToLongFunction<String> offsets = member -> 0;
    private final HeldPublications publications;
    private final Publishing publishing;
    private long nextClientId = 1;
    private volatile Runnable onEngineLost = () -> {};
    private final LargeReplies largeReplies;
    private int life;
    private long readsAnswered;
    private long readsHeld;
    private final Intake intake;
    private @Nullable Path engineSocket;
    private @Nullable ControlLane controlLane;
    private @Nullable LoadingEngine loadingEngine;
    private @Nullable SharedLane barrierLane;
    private @Nullable Runnable onFirstAdmission;
    private Runnable onNextAdmission = () -> {};
    private @Nullable Future<?> readmission;
    private final FullLog fullLog;
    private @Nullable Channel listener;
    private @Nullable OperatorSocket operatorSocket;
    private @Nullable Future<?> watch;

    /// @param engine what program the engines of this node are
    /// @param topology the newest picture of the cluster; read for each command
    /// @param tls what the node proves itself with, or null to speak plain TCP
    /// @param tokens checks the tokens of IAM users, or null to let none of them in
    /// @param clock tells the time that MONITOR and ACL LOG show
    /// @param room what the clients of all nodes may make the process hold
    public NodeFront(
            String node,
            EventLoop loop,
            Transport transport,
            ServedEngine engine,
            Supplier<Topology> topology,
            @Nullable NodeTls tls,
            @Nullable IamTokens tokens,
            Clock clock,
            ClientRoom room,
            FrontOptions options) {
        this.node = node;
        this.loop = loop;
        this.transport = transport;
        this.engine = engine;
        this.clusterRules = new ClusterRules(engine);
        this.failedLogins = new FailedLogins(engine);
        this.topology = topology;
        this.tls = tls;
        this.tokens = tokens;
        this.options = options;
        this.durability = new Durability<>(options.hold(), Parked::release, Parked::drop);
        this.outbox = new Outbox(durability::mayTell);
        this.memory = new MemoryWatch(room.directBytes().share(), room.heapBytes().share());
        this.largeReplies = new LargeReplies(options.maxTotalOutputBytes(), memory::isOver);
        this.fullLog = new FullLog(MILLISECONDS.toNanos(options.fullLogPatienceMs()));
        this.intake = new Intake(new LoopTimer(loop), this::letClientsLook);
        this.publications = new HeldPublications(memory);
        this.publishing = new Publishing(this, publications);
        this.scriptRules = new ScriptRules(loop, memory, room.scripts());
        this.connections = room.connections().share();
        this.handshakes = room.handshakes().node();
        this.ownLanes = room.ownLanes().share();
        this.access = new AccessControl(engine.commands(), tokens);
        this.clock = clock;
        this.monitors = new Monitors(this, clock);
        this.engineWords = new EngineWords(this);
        this.loadingAnswers = new LoadingAnswers(this, clock, new SecureRandom(), engineWords);
        this.relayedPublish = new RelayedPublish(this);
        this.whileLoading = new WhileLoading(this, relayedPublish);
        this.answers = bindAnswers();
        this.admission = new Admission(new Seen(), clusterRules);
    }

    /// Fails when the command table leaves something to the front that has no answer.
    private FrontAnswers bindAnswers() {
        var bound = new FrontAnswers();
        new FrontCommands(this).bindTo(bound);
        new ClientCommands(this).bindTo(bound);
        new AclAnswers(access, engine.isValkeySince(9, 1)).bindTo(bound);
        bound.bindAnswer("acl|log", new AclLogCommand(this));
        bound.bindAnswer("acl|dryrun", new AclDryRun(this));
        return bound.checkedAgainst(engine.commands());
    }

    /// Listens, if the node does not do so yet. Clients are told that it is loading until it
    /// serves.
    public CompletableFuture<Void> bind(InetSocketAddress address) {
        var bound = new CompletableFuture<Void>();
        loop.execute(() -> {
            if (listener != null) {
                bound.complete(null);
                return;
            }
            var binding =
                    Listeners.listen(
                            loop,
                            transport.serverChannel(),
                            address,
                            BACKLOG,
                            accepted -> adoptOnLoop(accepted, false));
            listener = binding.channel();
            if (watch == null) {
                watch =
                        loop.scheduleAtFixedRate(
                                this::watchClients, WATCH_MS, WATCH_MS, TimeUnit.MILLISECONDS);
            }
            binding.addListener(done -> {
                if (done.isSuccess()) {
                    if (operatorSocket != null && listener != null) {
                        operatorSocket.bind();
                    }
                    bound.complete(null);
                } else {
                    listener = null;
                    bound.completeExceptionally(done.cause());
                }
            });
        });
        return bound;
    }

    /// Lets operators in over a Unix socket too, which is there while the node listens. Whoever may
    /// open it may do everything that clients may, and what [OperatorCommands] has besides. To be
    /// called before [#bind].
    ///
    /// @param socket in a directory that only its owner may enter
    public void admitOperators(Path socket) {
        execute(() -> {
            operatorSocket =
                    new OperatorSocket(
                            node,
                            socket,
                            loop,
                            transport,
                            BACKLOG,
                            accepted -> adoptOnLoop(accepted, true));
            access.admitOperators();
        });
    }

    /// Where operators come from, or null when nobody does.
    @Nullable Path operatorSocket() {
        return operatorSocket == null ? null : operatorSocket.path();
    }

    /// Clients that ask, while the node loads, for what the engine's program alone decides are
    /// answered by an engine that is loading, from now on.
    public void consult(Path socket) {
        execute(() -> {
            if (state == State.LOADING) {
                stopConsulting();
                loadingEngine = new LoadingEngine(this, transport, socket);
            }
        });
    }

    private void stopConsulting() {
        var consulted = loadingEngine;
        if (consulted != null) {
            loadingEngine = null;
            consulted.close();
        }
    }

    /// The engine that is loading, or null when there is none yet.
    @Nullable LoadingEngine loadingEngine() {
        return loadingEngine;
    }

    /// Serves as the primary: replies wait until they are durable.
    ///
    /// @param mayReply whether the node leads and its lease holds; asked for each reply
    public CompletableFuture<Void> servePrimary(Path socket, BooleanSupplier mayReply) {
        return serve(State.PRIMARY, socket, mayReply);
    }

    /// Serves reads of clients that said READONLY.
    public CompletableFuture<Void> serveReplica(Path socket) {
        return serve(State.REPLICA, socket, () -> false); // nothing of it waits for a lease
    }

    private CompletableFuture<Void> serve(State role, Path socket, BooleanSupplier mayReply) {
        var serving = new CompletableFuture<Void>();
        loop.execute(() -> {
            boolean promoting = state == State.PROMOTING;
            leave(client -> client.isBetweenEngines() && !client.awaitsReplies());
            state = promoting ? State.PROMOTING : State.LOADING;
            engineSocket = socket;
            if (role == State.PRIMARY) {
                durability.prepare(mayReply);
            }
            var control = new ControlLane(this);
            controlLane = control;
            onFirstAdmission = () -> openBarrierLane(role, socket, serving);
            control.connect(loop, transport, socket)
                    .addListener(done -> {
                        if (controlLane != control) {
                            serving.completeExceptionally(
                                    new IllegalStateException(
                                            "the node stopped serving meanwhile"));
                        } else if (done.isSuccess()) {
                            customs.learnFrom(control);
                            admit(control);
                        } else {
                            serving.completeExceptionally(done.cause());
                        }
                    });
        });
        return serving;
    }

    private void openBarrierLane(State role, Path socket, CompletableFuture<Void> serving) {
        var lane = new SharedLane(this, null, 2, durability.tracker());
        barrierLane = lane;
        lane.connect(loop, transport, socket)
                .addListener(done -> {
                    if (barrierLane != lane) {
                        serving.completeExceptionally(
                                new IllegalStateException("the node stopped serving meanwhile"));
                    } else if (done.isSuccess()) {
                        state = role;
                        if (role == State.PRIMARY) {
                            durability.lead();
                        }
                        servedOnceResumed = serving;
                        List.copyOf(clients).forEach(ClientConnection::resumeSubscriptions);
                        takeCommandsOnceResumed();
                    } else {
                        serving.completeExceptionally(done.cause());
                    }
                });
    }

    /// The engine is being told what a client has listened to before. Commands wait meanwhile, so
    /// that nobody can publish here what that client would miss.
    void onResuming(OwnLane lane) {
        resuming.add(lane);
    }

    /// It has been told, or need not be any more.
    void onResumed(OwnLane lane) {
        if (resuming.remove(lane)) {
            takeCommandsOnceResumed();
        }
    }

    private void takeCommandsOnceResumed() {
        var serving = servedOnceResumed;
        if (serving != null && resuming.isEmpty()) {
            servedOnceResumed = null;
            intake.go();
            letClientsLook();
            serving.complete(null);
        }
    }

    /// Answers writes with an error, until there is no reason to any more. Reads go on.
    ///
    /// @param reason why, for people, or null
    public void refuseWrites(@Nullable String reason) {
        execute(() -> fullLog.refuse(reason, loop.ticker().nanoTime()));
    }

    /// What has waited for a log without room for as long as it may, and has changed nothing, is
    /// answered with an error. Until there is room, so is what would have to wait as well.
    private void endPatience() {
        var error = fullLog.endPatience(loop.ticker().nanoTime());
        if (error != null) {
            List.copyOf(clients).forEach(client -> client.replies().giveUpWaiting(error));
            flushClients();
        }
    }

    /// When clients are closed, from now on.
    public void limitClients(ClientLimits wanted) {
        execute(() -> limits = wanted);
    }

    /// Whether the engine deletes keys that no command names when its memory is full. That a key is
    /// gone is then told no sooner than it is durable.
    public void expectEvictions(boolean expected) {
        execute(() -> {
            if (durability.isEvicting() && !expected && durability.tracker() != null) {
                if (state != State.PRIMARY) {
                    return; // about to be one, and nothing can be parked yet: reads go on to wait
                }
                // The next barrier covers what has been deleted until now.
                var anyKey = new MarkList();
                anyKey.markAll(durability.dirtyKeys());
                parkMarks(anyKey);
            }
            durability.expectEvictions(expected);
        });
    }

    /// An operator lets the engine evict, perhaps. Nobody says when that is over.
    void onEvictionAllowed() {
        durability.allowEvictions();
    }

    /// Lets in these users and nobody else, from now on and in every engine to come. Whoever is no
    /// longer among them, or no longer enabled, is disconnected. Before the first call everybody is
    /// the user `default`, who needs no password and may do everything.
    ///
    /// @param users each name at most once
    public void permit(List<AccessUser> users) {
        permit(users, () -> {});
    }

    /// As [#permit(List)].
    ///
    /// @param onAdmitted called on the event loop once the engine has everybody's rules, or at once
    ///   while there is none; never, when another list comes first. An engine that is lost before
    ///   leaves it to the next.
    public void permit(List<AccessUser> users, Runnable onAdmitted) {
        var permitted = List.copyOf(users);
        execute(() -> {
            access.permit(permitted);
            onNextAdmission = onAdmitted;
            disconnectUnadmitted();
            if (controlLane == null) {
                access.admitWithoutEngine();
                noteAdmission();
            } else {
                admit(controlLane);
            }
        });
    }

    /// Who is let in at present, in order of the alphabet: those who are permitted, but for a user
    /// whose rules the engine has refused or does not have yet. A moment old elsewhere than on the
    /// event loop.
    public List<String> admittedUsers() {
        return access.names();
    }

    /// Tells the engine who is permitted.
    private void admit(ControlLane control) {
        endReadmission();
        access.apply(
                control,
                () -> {
                    disconnectUnadmitted();
                    endLostRights();
                    noteAdmission();
                    var first = onFirstAdmission;
                    onFirstAdmission = null;
                    if (first != null) {
                        first.run();
                    }
                },
                () -> {
                    endReadmission();
                    readmission =
                            loop.schedule(
                                    () -> admit(control), READMISSION_MS, TimeUnit.MILLISECONDS);
                });
    }

    private void endReadmission() {
        if (readmission != null) {
            readmission.cancel(false);
            readmission = null;
        }
    }

    private void noteAdmission() {
        var waiting = onNextAdmission;
        onNextAdmission = () -> {};
        waiting.run();
    }

    /// Closes those who go on being told what they have asked for once and may not ask for any
    /// more.
    private void endLostRights() {
        for (var client : List.copyOf(clients)) {
            if (client.hearsBeyondItsRights()) {
                client.disconnect();
            }
        }
    }

    private void disconnectUnadmitted() {
        for (var client : List.copyOf(clients)) {
            var user = client.session().user();
            if (user != null && !access.mayStay(user)) {
                client.disconnect();
            }
        }
        lanesByUser
                .entrySet()
                .removeIf(entry -> {
                    boolean gone = !access.mayStay(entry.getKey());
                    if (gone) {
                        entry.getValue().retire();
                    }
                    return gone;
                });
    }

    /// Stops answering from the engine: what is parked is dropped, its clients are reset without a
    /// reply.
    public void stopServing() {
        execute(this::leave);
    }

    /// Leaves a replica's engine that is about to become a primary. Who listens and does nothing
    /// else stays, and goes on listening once the engine serves again; other clients with a lane of
    /// their own are reset. Once it has completed, nothing more is sent to the engine.
    public CompletableFuture<Void> leaveEngine() {
        var left = new CompletableFuture<Void>();
        execute(() -> {
            if (state == State.REPLICA) {
                flushClients(); // what a replica says is in the log
                leave(ClientConnection::partFromEngine);
            } else {
                leave();
            }
            state = State.PROMOTING;
            left.complete(null);
        });
        return left;
    }

    /// Fails as a machine does that hangs: connections stay, new ones are taken, nothing is read or
    /// answered any more. [#crash] ends it.
    public void fallSilent() {
        execute(() -> {
            durability.fallSilent();
            intake.stop();
        });
    }

    /// Takes no more commands, and completes when those that were taken have been answered, or when
    /// the time is up. [#resume] takes commands again.
    public CompletableFuture<Void> drain(long limitNs) {
        var drained = new CompletableFuture<Void>();
        execute(() -> {
            intake.stop();
            awaitDrained(drained, limitNs / DRAIN_POLL_NS);
        });
        return drained;
    }

    private void awaitDrained(CompletableFuture<Void> drained, long pollsLeft) {
        boolean idle =
                lanesByUser.values().stream()
                                .flatMap(UserLanes::allShared)
                                .allMatch(SharedLane::isIdle)
                        && retiring.stream().allMatch(SharedLane::isIdle)
                        && durability.parkedCount() == 0
                        && clients.stream().allMatch(ClientConnection::isAnswered)
                        && outbox.isEmpty();
        if (idle || pollsLeft <= 0) {
            drained.complete(null);
        } else {
            loop.schedule(
                    () -> awaitDrained(drained, pollsLeft - 1),
                    DRAIN_POLL_NS,
                    TimeUnit.NANOSECONDS);
        }
    }

    /// Goes on as a replica after a [#drain], with the same engine: that has become one, and holds
    /// nothing but what is durable. Its clients keep what the engine knows of them: transactions,
    /// watched and tracked keys, subscriptions. Who is still owed a reply cannot be told what came
    /// of the command, and is reset; but for those who wait for data, whom the engine tells itself.
    /// Commands are taken again after [#resume].
    public void follow() {
        execute(() -> {
            if (state != State.PRIMARY) {
                return;
            }
            flushClients();
            state = State.REPLICA;
            for (var client : List.copyOf(clients)) {
                if (!client.isAnswered()
                        || client.replies().hasParked()
                        || client.replies().hasToTell()) {
                    client.reset();
                }
            }
            outbox.removeIf(ReplyQueue::isClosed);
            abandonShared();
            openBarrierLane(requireSocket());
        });
    }

    private void openBarrierLane(Path socket) {
        var lane = new SharedLane(this, null, 2, null);
        barrierLane = lane;
        lane.connect(loop, transport, socket)
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        loop.execute(lane::onLost);
                    }
                });
    }

    /// Another node leads the shard from now on. Redis takes the slots from the one that led, and
    /// so ends the subscriptions to their channels on every node but the new primary.
    public void onPrimaryChanged() {
        execute(() -> List.copyOf(clients).forEach(ClientConnection::endShardSubscriptions));
    }

    /// Takes commands again after a [#drain].
    public void resume() {
        execute(intake::go);
    }

    /// Fails as a machine does that loses its power: every client is reset, nothing listens.
    public void crash() {
        execute(() -> {
            leave();
            List.copyOf(clients).forEach(ClientConnection::reset);
            intake.go();
            closeListener();
        });
    }

    /// Everything before `offset` is durable.
    public void onDurable(long offset) {
        execute(() -> {
            durability.durable(offset);
            afterRelease();
        });
    }

    /// Carries what is published here to the subscribers of other nodes, from now on.
    public void relayVia(PublishRelay relay) {
        execute(() -> publishing.relayVia(relay));
    }

    /// Learns from now on how far the nodes of the cluster have come, in bytes of their shards'
    /// streams.
    ///
    /// @param offsets by a node's name; asked on the event loop
    public void learnOffsetsFrom(ToLongFunction<String> offsets) {
        execute(() -> this.offsets = offsets);
    }

    /// How far a node has come; of this one's own writes those count that are durable.
    long offsetOf(TopologyNode member) {
        boolean own = state == State.PRIMARY && member.name().equals(node);
        return own ? durability.durableOffset() : offsets.applyAsLong(member.name());
    }

    boolean speaksTls() {
        return tls != null;
    }

    /// Publishes on this primary, for a client of another node of its shard.
    ///
    /// @return how many subscribers of this node have heard it; fails when it is not known to have
    ///   been published
    public CompletableFuture<Long> publish(Publication publication) {
        var heard = new CompletableFuture<Long>();
        execute(() -> publishing.forAnotherNode(publication, heard));
        return heard;
    }

    /// Publishes on this primary what was published in another shard; not at all when it does not
    /// serve, or its engine or its log is so far behind that it takes no commands, or there is no
    /// room in the heap for what waits for the log.
    public void publishFromAnotherShard(Publication publication) {
        execute(() -> publishing.fromAnotherShard(publication));
    }

    /// A message was published on this node's engine, by whomever, and is durable: those who listen
    /// in other shards are to hear it too, unless it has come from there.
    public void onPublished(Publication publication) {
        execute(() -> publishing.onPublished(publication));
    }

    PublishRelay relay() {
        return publishing.relay();
    }

    @Nullable ControlLane controlLane() {
        return controlLane;
    }

    /// The lease is longer again.
    public void onLeaseRenewed() {
        execute(() -> {
            durability.releaseDurable();
            afterRelease();
        });
    }

    /// Takes over a connection that was accepted elsewhere and is registered nowhere yet.
    public void adopt(Channel accepted) {
        execute(() -> adoptOnLoop(accepted, false));
    }

    @Override
    public void close() {
        execute(() -> {
            if (watch != null) {
                watch.cancel(false);
                watch = null;
            }
            leave();
            List.copyOf(clients).forEach(ClientConnection::reset);
            scriptRules.forget();
            closeListener();
        });
    }

    private void execute(Runnable action) {
        if (loop.inEventLoop()) {
            action.run();
        } else {
            loop.execute(action);
        }
    }

    // ---- connections

    private void adoptOnLoop(Channel accepted, boolean operator) {
        var client = new ClientConnection(this, nextClientId++, operator);
        if (!operator) {
            accepted.config().setOption(ChannelOption.TCP_NODELAY, true);
            transport.keepAlive(accepted, limits.keepAliveSeconds());
        }
        accepted.config()
                .setOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(
                                options.maxOutputBytes() / 2, options.maxOutputBytes()));
        accepted.config().setAutoRead(intake.isReading());
        if (tls != null && !operator) {
            beginTls(tls, accepted, client);
        }
        accepted.pipeline().addLast(client);
        loop.register(accepted);
    }

    /// The engine of TLS is there from now on, whatever the client sends.
    private void beginTls(NodeTls tls, Channel accepted, ClientConnection client) {
        var handshake =
                handshakes.begin(() ->
                        loop.execute(() ->
                                client.closeFor(
                                        "has not finished its TLS handshake, and others"
                                                + " begin theirs")));
        var handler = tls.newHandler(accepted.alloc());
        handler.handshakeFuture().addListener(done -> handshake.end());
        accepted.closeFuture().addListener(closed -> handshake.end());
        accepted.pipeline().addLast(handler);
    }

    void onConnected(ClientConnection client) {
        clients.add(client);
        if (!connections.take(1)) {
            connections.count(1); // until it is closed
            client.refuseConnection("ERR max number of clients reached");
        } else if (clients.size() > options.maxConnections()) {
            client.refuseConnection("ERR max number of clients reached");
        }
    }

    void onDisconnected(ClientConnection client) {
        clients.remove(client);
        connections.count(-1);
        monitors.remove(client);
    }

    private void closeListener() {
        if (listener != null) {
            listener.close();
            listener = null;
        }
        if (operatorSocket != null) {
            operatorSocket.close();
        }
    }

    private void watchClients() {
        endPatience();
        endLogins();
        limitClients();
        boundOutput();
        boundMemory();
        endStall();
    }

    /// Closes those who are idle for too long, or leave too much unsent.
    private void limitClients() {
        long nowNs = loop.ticker().nanoTime();
        for (var client : List.copyOf(clients)) {
            var output = client.isSubscribed() ? limits.subscribers() : limits.clients();
            if (client.leavesTooMuch(output, nowNs)) {
                client.reset();
            } else if (limits.idleNs() > 0
                    && client.isIdle(limits.idleNs(), nowNs)
                    && !monitors.has(client)
                    && !isPaused()) {
                client.disconnect();
            }
        }
    }

    /// Closes the connections of those whose login has run out.
    private void endLogins() {
        if (tokens != null) {
            clients.stream()
                    .filter(client -> client.session().isLimited())
                    .filter(client -> tokens.isOver(client.session().endsNs()))
                    .toList()
                    .forEach(ClientConnection::disconnect);
        }
    }

    FailedLogins failedLogins() {
        return failedLogins;
    }

    Monitors monitors() {
        return monitors;
    }

    EngineWords engineWords() {
        return engineWords;
    }

    RelayedPublish relayedPublish() {
        return relayedPublish;
    }

    /// What becomes of the commands of its clients.
    Admission admission() {
        return admission;
    }

    WhileLoading whileLoading() {
        return whileLoading;
    }

    LoadingAnswers loadingAnswers() {
        return loadingAnswers;
    }

    ScriptRules scriptRules() {
        return scriptRules;
    }

    /// What a replica answers to a script call with keys of this slot. Redis in cluster mode sends
    /// the client on to the primary when the script is declared to write; an engine that is in no
    /// cluster refuses it.
    ByteBuf sentOn(ByteBuf reply, int slot) {
        var owner = topology().shardOf(slot).orElse(null);
        if (owner == null || !ScriptRules.isOfReadOnlyReplica(reply)) {
            return reply;
        }
        var moved = Unpooled.buffer();
        RespWriter.error(moved, Route.moved(slot, owner));
        return moved;
    }

    @Nullable IamTokens tokens() {
        return tokens;
    }

    /// Closes those who do not read their replies, the worst first, until what the others have left
    /// is within the bound.
    private void boundOutput() {
        long total = clients.stream().mapToLong(ClientConnection::unsentBytes).sum();
        closeWorst(total - options.maxTotalOutputBytes(), "leaves too much unread");
    }

    /// Closes those who have left most unread, until that makes so many bytes.
    private void closeWorst(long bytes, String reason) {
        if (bytes <= 0) {
            return;
        }
        long left = bytes;
        for (var worst : MemoryWatch.worstFirst(clients, ClientConnection::unsentBytes)) {
            long unsent = worst.unsentBytes();
            if (unsent == 0 || left <= 0) {
                return;
            }
            left -= unsent;
            worst.closeFor(reason);
        }
    }

    /// Logs that somebody was disconnected who does not speak what is spoken here.
    void tellOfStranger(long client, String what) {
        long times = strangers.note(loop.ticker().nanoTime());
        if (times > 0) {
            LOG.warn(
                    "node={} client={} {} and is disconnected times={}", node, client, what, times);
        }
    }

    /// Logs that somebody was disconnected who goes beyond a bound.
    void tellOfLimit(long client, String what) {
        long times = beyondLimits.note(loop.ticker().nanoTime());
        if (times > 0) {
            LOG.warn(
                    "node={} client={} is disconnected: it {} times={}", node, client, what, times);
        }
    }

    /// The time on the wall, as the engine has it too.
    long nowMs() {
        return clock.now().toEpochMilli();
    }

    /// What the clients make the process hold.
    MemoryWatch memory() {
        return memory;
    }

    /// There is more room for commands that are not complete. Who waits for it goes on once what is
    /// under way is done.
    void onRoomFreed() {
        if (!roomFreed) {
            roomFreed = true;
            loop.execute(() -> {
                roomFreed = false;
                memory.giveRoom();
            });
        }
    }

    /// So much more is on its way to clients.
    void noteGrowth(long bytes) {
        if (memory.noteGrowth(bytes)) {
            measureMemory();
        }
    }

    /// So much more is in the heap for a client.
    void noteHeapGrowth(long bytes) {
        if (memory.noteHeapGrowth(bytes)) {
            measureMemory();
        }
    }

    /// What of large replies is kept or on its way to clients.
    LargeReplies largeReplies() {
        return largeReplies;
    }

    /// What waits in the heap to be published.
    HeldPublications publications() {
        return publications;
    }

    private void measureMemory() {
        boolean wasOver = memory.isOver();
        memory.measure(List.copyOf(clients), durability.parkedBytes() + largeReplies.keptBytes());
        if (wasOver != memory.isOver()) {
            boundParked();
        }
    }

    /// Closes those who hold too much, or keep others from having room.
    private void boundMemory() {
        measureMemory();
        if (intake.isReading() && !isPaused()) {
            memory.endWaiting(List.copyOf(clients));
        }
        memory.giveRoom();
        largeReplies.readOnIfRoom();
    }

    /// Bytes of large replies wait for the log, or, when negative, no longer.
    void countKept(long bytes) {
        largeReplies.countKept(bytes);
        if (bytes > 0) {
            noteGrowth(bytes);
        }
    }

    /// Closes those who have left most of large replies, when lanes are stopped for nothing else.
    private void endStall() {
        closeWorst(largeReplies.stalledBytes(), "does not read, and others wait behind it");
    }

    /// Sends what has gathered for clients in this turn.
    void flushClients() {
        outbox.flush();
    }

    // ---- lanes

    private void leave() {
        leave(client -> false);
    }

    /// @param stays whether a client stays although the engine may keep something of it
    private void leave(Predicate<ClientConnection> stays) {
        checkState(loop.inEventLoop(), "called on %s", Thread.currentThread().getName());
        life++;
        stopConsulting();
        endResumption();
        state = State.LOADING;
        durability.fallSilent();
        for (var client : List.copyOf(clients)) {
            boolean loses =
                    client.awaitsReplies()
                            || client.replies().hasToTell()
                            || client.isBetweenEngines();
            if (loses && !stays.test(client)) {
                client.reset();
            }
        }
        outbox.removeIf(replies -> replies.hasToTell() && replies.isClosed());
        abandonShared();
        if (controlLane != null) {
            controlLane.close();
            controlLane = null;
            publications.onEngineLeft();
            endReadmission();
            onFirstAdmission = null;
        }
        publishing.onEngineLeft();
        access.admitWithoutEngine();
        engineSocket = null;
    }

    /// Who is not told of yet will not be. Their clients have lanes of the engine that is left.
    private void endResumption() {
        var serving = servedOnceResumed;
        servedOnceResumed = null;
        resuming.clear();
        if (serving != null) {
            serving.complete(null); // as if it had been left a moment later
            loop.execute(this::letClientsLook);
        }
    }

    /// Gives up what clients share, and all that is parked.
    private void abandonShared() {
        lanesByUser.values().forEach(UserLanes::abandon);
        lanesByUser.clear();
        retiring.forEach(SharedLane::abandon);
        retiring.clear();
        if (barrierLane != null) {
            barrierLane.abandon();
            barrierLane = null;
        }
        durability.end();
        fullLog.refuse(null, 0);
        publications.expectNothing();
        fullLanes.clear();
        largeReplies.forgetLanes();
        intake.full(false);
    }

    /// The engine closed a shared lane: what was under way there is unknown. Whoever gave this
    /// front its engine is told, for it has none now.
    void onLaneLost() {
        leave();
        onEngineLost.run();
    }

    /// Says what to do when the connection to the engine breaks; called on the event loop.
    public void whenEngineIsLost(Runnable action) {
        onEngineLost = action;
    }

    /// The lane that the clients of a user share who speak one version of RESP.
    SharedLane sharedLane(String user, int protocol) {
        var lanes = lanesOf(user);
        var present = lanes.shared(protocol);
        if (present != null && !(present.isStuck() && retiring.isEmpty())) {
            return present;
        }
        if (present != null) {
            present.retire();
        }
        var lane =
                new SharedLane(this, AccessControl.inEngine(user), protocol, durability.tracker());
        lanes.share(protocol, lane);
        connect(lane);
        return lane;
    }

    /// A lane that cannot connect is lost, like one that is closed by the engine.
    private ChannelFuture connect(LaneChannel lane) {
        var connecting = lane.connect(loop, transport, requireSocket());
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                loop.execute(lane::onLost); // it may be told of elsewhere
            }
        });
        return connecting;
    }

    /// A lane for one client of a user.
    OwnLane takeOwnLane(String user, int protocol) {
        var idle = lanesOf(user).takeIdle(protocol);
        if (idle != null) {
            return idle;
        }
        var lane = new OwnLane(this, user, protocol);
        connectCounted(lane);
        lane.greet();
        return lane;
    }

    /// Whether one more client may have a lane for itself.
    boolean hasOwnLane(String user, int protocol) {
        return !ownLanes.isOver() || lanesOf(user).hasIdle(protocol);
    }

    private void connectCounted(LaneChannel lane) {
        ownLanes.count(1);
        connect(lane).channel().closeFuture().addListener(closed -> ownLanes.count(-1));
    }

    /// Hears for one client what has changed of the keys that it tracks for another connection.
    NewsLane openNewsLane(ClientConnection tracker) {
        var lane = new NewsLane(this, tracker);
        connectCounted(lane);
        lane.greet();
        return lane;
    }

    /// The client with this id, or null when there is none.
    @Nullable ClientConnection client(long id) {
        for (var client : clients) {
            if (client.id() == id) {
                return client;
            }
        }
        return null;
    }

    void giveBackOwnLane(OwnLane lane) {
        lane.lendTo(null);
        boolean kept =
                lane.isConnected()
                        // An engine that was busy has not said it, and nobody could be unblocked.
                        && lane.idInEngine() != 0
                        && !lane.isUsedUp()
                        && isServing()
                        && access.mayStay(lane.user())
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

    /// A lane has nothing to do any more, but the engine still owes something on it.
    void onRetiring(SharedLane lane) {
        retiring.add(lane);
    }

    /// It has closed.
    void onRetired(SharedLane lane) {
        retiring.remove(lane);
        fullLanes.remove(lane);
    }

    private Path requireSocket() {
        var socket = engineSocket;
        if (socket == null) {
            throw new IllegalStateException("node %s has no engine".formatted(node));
        }
        return socket;
    }

    // ---- replies

    void parkLate(Parked parked) {
        if (durability.tracker() == null) {
            parked.drop();
        } else {
            requireBarrierLane().parkLate(parked);
            boundParked();
        }
    }

    private SharedLane requireBarrierLane() {
        var lane = barrierLane;
        if (lane == null) {
            throw new IllegalStateException("node %s has no engine".formatted(node));
        }
        return lane;
    }

    /// Parks the place of a reply that its client does not want.
    void parkUnwanted(ReplySink client, Patience patience) {
        if (durability.tracker() == null) {
            client.reset(); // as it would be if it wanted it
        } else {
            requireBarrierLane().parkUnwantedLate(client, patience);
            boundParked();
        }
    }

    void parkMarks(MarkList marks) {
        parkLate(new Parked.Marks(durability.dirtyKeys(), marks));
    }

    private void afterRelease() {
        if (durability.tracker() != null) {
            boundParked();
            flushClients();
        }
    }

    /// A read of one key has been answered by the engine.
    void countRead(boolean held) {
        readsAnswered++;
        readsHeld += held ? 1 : 0;
    }

    /// How many reads of named keys the engine has answered since the front was made.
    long readsAnswered() {
        return readsAnswered;
    }

    /// How many of them had to wait until what they tell was durable.
    long readsHeld() {
        return readsHeld;
    }

    /// The engine is behind with what a shared lane has been sent, or no longer is.
    void onLaneFull(SharedLane lane, boolean full) {
        if (full) {
            fullLanes.add(lane);
        } else {
            fullLanes.remove(lane);
        }
        boundParked();
    }

    /// Stops reading commands when too much waits for the engine or its replies for the log, and
    /// goes on when half is gone.
    void boundParked() {
        int parked = durability.parkedCount();
        long parkedBytes = durability.parkedBytes();
        if (!fullLanes.isEmpty()
                || parked > options.maxParkedReplies()
                || parkedBytes > options.maxParkedBytes()
                || (parkedBytes > 0 && memory.isOver())) {
            intake.full(true);
        } else if (parked <= options.maxParkedReplies() / 2
                && parkedBytes <= options.maxParkedBytes() / 2) {
            intake.full(false);
        }
    }

    /// Lets clients see again whether their commands may be read and carried out.
    void letClientsLook() {
        List.copyOf(clients).forEach(ClientConnection::onReadingChanged);
    }

    /// Whether commands are read, and carried out.
    Intake intake() {
        return intake;
    }

    /// What is answered while the log has no room.
    FullLog fullLog() {
        return fullLog;
    }

    /// Whether nothing that clients have sent is carried out.
    boolean isPaused() {
        return intake.isPaused() || servedOnceResumed != null;
    }

    /// Counts the engines that this front has served; each has its own.
    int life() {
        return life;
    }

    // ---- what its parts need

    /// Whether data is answered. Exact on the event loop, a moment old elsewhere.
    public boolean isServing() {
        return state == State.PRIMARY || state == State.REPLICA;
    }

    /// Whether it does not serve yet, and is not about to be promoted either.
    boolean isLoading() {
        return state == State.LOADING;
    }

    boolean isPrimary() {
        return state == State.PRIMARY;
    }

    String node() {
        return node;
    }

    EventLoop loop() {
        return loop;
    }

    ByteBufAllocator allocator() {
        return PooledByteBufAllocator.DEFAULT;
    }

    CommandTable table() {
        return engine.commands();
    }

    /// The slots of the node's shard.
    SlotRange slots() {
        return topology().shardOfNode(node).orElseThrow().slots();
    }

    ServedEngine engine() {
        return engine;
    }

    ClusterRules clusterRules() {
        return clusterRules;
    }

    EngineCustoms customs() {
        return customs;
    }

    Topology topology() {
        return topology.get();
    }

    AccessControl access() {
        return access;
    }

    FrontOptions options() {
        return options;
    }

    /// What the front answers itself.
    FrontAnswers answers() {
        return answers;
    }

    /// What may be sent, and what waits for the log.
    Durability<Parked> durability() {
        return durability;
    }

    /// The same, for the replies to one client.
    ReplyRules replyRules() {
        return replyRules;
    }

    Set<ClientConnection> clients() {
        return clients;
    }

    private final class Rules implements ReplyRules {
        @Override
        public ByteBufAllocator allocator() {
            return NodeFront.this.allocator();
        }

        @Override
        public Durability<Parked> durability() {
            return durability;
        }

        @Override
        public @Nullable String whyGivenUp() {
            return fullLog.whyGivenUp();
        }

        @Override
        public void parkLate(Parked parked) {
            NodeFront.this.parkLate(parked);
        }

        @Override
        public void parkUnwanted(ReplySink client, Patience patience) {
            NodeFront.this.parkUnwanted(client, patience);
        }

        @Override
        public void countLarge(long bytes) {
            largeReplies.count(bytes);
        }

        @Override
        public void noteGrowth(long bytes) {
            NodeFront.this.noteGrowth(bytes);
        }

        @Override
        public void touch(ReplyQueue replies) {
            outbox.add(replies);
        }
    }

    /// What decides about commands.
    private final class Seen implements Admission.Node {
        @Override
        public String name() {
            return node;
        }

        @Override
        public boolean isServing() {
            return NodeFront.this.isServing();
        }

        @Override
        public boolean isPrimary() {
            return NodeFront.this.isPrimary();
        }

        @Override
        public Topology topology() {
            return NodeFront.this.topology();
        }

        @Override
        public long maxTransactionBytes() {
            return options.maxTransactionBytes();
        }

        @Override
        public boolean isEngineBehind() {
            return controlLane != null && controlLane.isFull();
        }

        @Override
        public @Nullable String writeRefusal() {
            return fullLog.refusal();
        }

        @Override
        public boolean areWritesPaused() {
            return intake.areWritesPaused();
        }

        @Override
        public boolean asksEngine(CommandSpec spec) {
            return answers.of(spec) instanceof EngineAsked;
        }

        @Override
        public boolean isRefused(String user, CommandSpec spec) {
            return access.isRefused(user, spec.name());
        }

        @Override
        public @Nullable String refusal(String user, CommandSpec spec) {
            return access.refusal(user, spec, Refusals.LOADING);
        }
    }

    private record LoopTimer(EventLoop loop) implements Intake.Timer {
        @Override
        public long nowNs() {
            return loop.ticker().nanoTime();
        }

        @Override
        public Future<?> after(long delayNs, Runnable action) {
            return loop.schedule(action, delayNs, TimeUnit.NANOSECONDS);
        }
    }
}
