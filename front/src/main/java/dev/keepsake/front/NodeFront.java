package dev.keepsake.front;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.keepsake.aws.IamTokens;
import dev.keepsake.core.Clock;
import dev.keepsake.engine.Transport;
import dev.keepsake.resp.CommandSpec;
import dev.keepsake.shard.Durability;
import dev.keepsake.shard.Publication;
import dev.keepsake.trust.NodeTls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// The front of one node: the listener that its clients connect to. Owned by the node's event loop;
/// the public methods may be called from any thread and are carried out there, in the order of the
/// calls.
///
/// It creates the parts of a front, and takes them from one role to another: see [ThisNode.Role]. A
/// crashed front is loading and does not listen. Bounds of time are checked ten times a second;
/// classes that are tested without a loop have a timer of their own. A primary sends a reply only
/// when everything that it depends on is durable: see [SharedLane] and [Durability].
public final class NodeFront implements AutoCloseable {
    private static final int BACKLOG = 1024;
    private static final long WATCH_MS = 100;
    private static final long DRAIN_POLL_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final ByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

    private final EventLoop loop;
    private final Transport transport;
    private final @Nullable NodeTls tls;
    private final @Nullable IamTokens tokens;
    private final FrontOptions options;
    private final Clock clock;
    private final ThisNode self;
    private final Durability<Parked> durability;
    private final Outbox outbox;
    private final LargeReplies largeReplies;
    private final FullLog fullLog;
    private final Intake intake;
    private final Clients clients;
    private final AccessControl access;
    private final FailedLogins failedLogins;
    private final ReadCounts reads = new ReadCounts();
    private final EngineCustoms customs = new EngineCustoms();
    private final EngineSide engineSide;
    private final UsersInEngine usersInEngine;
    private final HeldPublications publications;
    private final Publishing publishing;
    private final ScriptRules scriptRules;
    private final Handshakes.Node handshakes;
    private final FrontParts parts;

    private @Nullable LoadingEngine loadingEngine;
    private @Nullable Channel listener;
    private @Nullable OperatorSocket operatorSocket;
    private @Nullable Future<?> watch;
    private volatile Runnable onEngineLost = () -> {};
    private volatile FrontCounts counts = FrontCounts.NONE;

    /// @param engine the program of this node's engines
    /// @param topology the newest topology of the cluster; read for each command
    /// @param tls the node's certificate and key, or null to speak plain TCP
    /// @param tokens checks the tokens of IAM users, or null to admit no such user
    /// @param clock the time that MONITOR and ACL LOG show
    /// @param room what the clients of all nodes may use
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
        this.loop = loop;
        this.transport = transport;
        this.tls = tls;
        this.tokens = tokens;
        this.options = options;
        this.clock = clock;
        this.durability = new Durability<>(options.hold(), Parked::release, Parked::drop);
        this.self = new ThisNode(node, engine, topology, durability, tls != null);
        this.outbox = new Outbox(durability::mayTell);
        this.fullLog = new FullLog(MILLISECONDS.toNanos(options.fullLogPatienceMs()));
        this.intake = new Intake(new LoopTimer(loop), this::letClientsLook);
        this.access = new AccessControl(engine.commands(), tokens);
        this.failedLogins = new FailedLogins(engine);
        this.handshakes = room.handshakes().node();
        var memory = new MemoryWatch(room.directBytes().share(), room.heapBytes().share());
        this.largeReplies =
                new LargeReplies(options.maxTotalOutputBytes(), memory::isOver, this::noteGrowth);
        this.scriptRules = new ScriptRules(loop, memory, room.scripts());
        var monitors = new Monitors(ALLOCATOR, clock);
        this.clients =
                new Clients(
                        loop,
                        options,
                        room.connections().share(),
                        durability,
                        memory,
                        outbox,
                        largeReplies,
                        monitors,
                        new AroundClients());
        var words = new EngineWords(self, clients, reads, options.maxConnections());
        this.engineSide =
                new EngineSide(
                        node,
                        loop,
                        (lane, socket) -> lane.connect(loop, transport, socket),
                        ALLOCATOR,
                        durability,
                        largeReplies,
                        new EngineSide.Bounds(options, intake, memory, room.ownLanes().share()),
                        reads,
                        words,
                        new BecauseOfEngine());
        this.usersInEngine = new UsersInEngine(loop, access, this::disconnectWhoLostRights);
        this.publications = new HeldPublications(memory);
        this.publishing = new Publishing(self, engineSide, fullLog, intake, publications);
        var relayedPublish =
                new RelayedPublish(self, loop, access, engineSide, publishing, publications);
        var loadingAnswers =
                new LoadingAnswers(
                        self, clients, options.maxConnections(), clock, new SecureRandom(), words);
        var whileLoading =
                new WhileLoading(
                        access,
                        ALLOCATOR,
                        loadingAnswers,
                        () -> loadingEngine,
                        words,
                        relayedPublish);
        var clusterRules = new ClusterRules(engine);
        var answers = bindAnswers(clusterRules, monitors);
        this.parts =
                new FrontParts(
                        self,
                        loop,
                        ALLOCATOR,
                        options,
                        access,
                        durability,
                        new Rules(),
                        engineSide,
                        clients,
                        intake,
                        fullLog,
                        monitors,
                        customs,
                        words,
                        scriptRules,
                        new Admission(new Seen(), clusterRules),
                        answers,
                        whileLoading,
                        relayedPublish,
                        new Disconnections(node, loop.ticker()));
    }

    /// The parts of this node that its clients use.
    FrontParts parts() {
        return parts;
    }

    /// Whether the answer to one of the front's commands is made by asking the engine.
    boolean asksEngine(CommandSpec spec) {
        return parts.answers().of(spec) instanceof EngineAsked;
    }

    /// Fails when the front has to answer a row of the command table and has no answer for it.
    private FrontAnswers bindAnswers(ClusterRules clusterRules, Monitors monitors) {
        var bound = new FrontAnswers();
        var engine = self.engine();
        new FrontCommands(
                        self,
                        clusterRules,
                        access,
                        tokens,
                        failedLogins,
                        monitors,
                        customs,
                        engineSide,
                        clock,
                        loop.ticker())
                .bindTo(bound);
        new ClientCommands(engine, access, clients, intake, engineSide).bindTo(bound);
        new AclAnswers(access, engine.isValkeySince(9, 1)).bindTo(bound);
        bound.bindAnswer("acl|log", new AclLogCommand(failedLogins, engineSide, clock));
        bound.bindAnswer("acl|dryrun", new AclDryRun(engine.commands(), access, engineSide));
        return bound.checkedAgainst(engine.commands());
    }

    /// Listens, if the node does not do so yet. Until the node serves, clients get the answer that
    /// it is loading.
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
                            accepted -> adoptOnLoop(accepted, null));
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

    /// Admits operators over a Unix socket, which exists while the node listens. A process that may
    /// open the socket may do everything that clients may, and what [OperatorCommands] lists. To be
    /// called before [#bind].
    ///
    /// @param socket in a directory that only its owner may enter
    public void admitOperators(Path socket) {
        execute(() -> {
            operatorSocket =
                    new OperatorSocket(
                            self.name(),
                            socket,
                            loop,
                            transport,
                            BACKLOG,
                            accepted -> adoptOnLoop(accepted, socket));
            access.admitOperators();
        });
    }

    /// Uses an engine that is loading, from now on, for those questions of clients that depend on
    /// the engine's program alone.
    public void consult(Path socket) {
        execute(() -> {
            if (self.isLoading()) {
                stopConsulting();
                loadingEngine =
                        new LoadingEngine(loop, transport, socket, ALLOCATOR, clients::flush);
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

    /// Serves as the primary: replies wait until they are durable.
    ///
    /// @param mayReply whether the node leads and its lease holds; checked for each reply
    public CompletableFuture<Void> servePrimary(Path socket, BooleanSupplier mayReply) {
        return serve(ThisNode.Role.PRIMARY, socket, mayReply);
    }

    /// Serves reads of clients that said READONLY.
    public CompletableFuture<Void> serveReplica(Path socket) {
        return serve(ThisNode.Role.REPLICA, socket, () -> false); // replicas have no lease
    }

    private CompletableFuture<Void> serve(
            ThisNode.Role role, Path socket, BooleanSupplier mayReply) {
        var serving = new CompletableFuture<Void>();
        loop.execute(() -> {
            boolean promoting = self.role() == ThisNode.Role.PROMOTING;
            leave(client -> client.isBetweenEngines() && !client.awaitsReplies());
            self.become(promoting ? ThisNode.Role.PROMOTING : ThisNode.Role.LOADING);
            if (role == ThisNode.Role.PRIMARY) {
                durability.prepare(mayReply);
            }
            engineSide.open(
                    socket,
                    control -> {
                        customs.learnFrom(control);
                        usersInEngine.begin(control, () -> serveClients(role, serving));
                    },
                    serving::completeExceptionally);
        });
        return serving;
    }

    private void serveClients(ThisNode.Role role, CompletableFuture<Void> serving) {
        engineSide.serve(
                () -> {
                    self.become(role);
                    if (role == ThisNode.Role.PRIMARY) {
                        durability.lead();
                    }
                    engineSide.resumption().start(serving);
                    clients.forEach(Clients.Member::resumeSubscriptions);
                    engineSide.resumption().finishIfOver();
                },
                serving::completeExceptionally);
    }

    /// Answers writes with an error, until the reason is null again. Reads continue.
    ///
    /// @param reason why, for people, or null
    public void refuseWrites(@Nullable String reason) {
        execute(() -> fullLog.refuse(reason, loop.ticker().nanoTime()));
    }

    /// Sets when clients are closed, from now on.
    public void limitClients(ClientLimits wanted) {
        execute(() -> clients.limit(wanted));
    }

    /// Sets whether the engine deletes keys that no command names when its memory is full. If it
    /// does, clients learn that a key is gone only when its deletion is durable.
    public void expectEvictions(boolean expected) {
        execute(() -> {
            if (durability.isEvicting() && !expected && durability.tracker() != null) {
                if (!self.isPrimary()) {
                    return; // being promoted, nothing can be parked yet: reads still wait
                }
                // The next barrier covers what has been deleted until now.
                var anyKey = new MarkList();
                anyKey.markAll(durability.dirtyKeys());
                engineSide.parkMarks(anyKey);
            }
            durability.expectEvictions(expected);
        });
    }

    /// Admits these users and no others, from now on and in every engine to come. A client whose
    /// user is no longer among them, or no longer enabled, is disconnected. Before the first call,
    /// every client has the user `default`, without a password and with all rights.
    ///
    /// @param users each name at most once
    public void permit(List<AccessUser> users) {
        permit(users, () -> {});
    }

    /// As [#permit(List)].
    ///
    /// @param onAdmitted called on the event loop once the engine has the rules of all users, or at
    ///   once while there is no engine; never, when another list comes first. When the engine is
    ///   lost before, the next engine gets the list
    public void permit(List<AccessUser> users, Runnable onAdmitted) {
        var permitted = List.copyOf(users);
        execute(() -> {
            access.permit(permitted);
            disconnectUnadmitted();
            usersInEngine.permit(engineSide.controlLane(), onAdmitted);
        });
    }

    /// The names of the admitted users, in alphabetical order: the permitted users, except those
    /// whose rules the engine has refused or does not have yet. The list may be a moment old
    /// outside the event loop.
    public List<String> admittedUsers() {
        return access.names();
    }

    private void disconnectWhoLostRights() {
        disconnectUnadmitted();
        // These clients still receive what their users may not ask for any more.
        clients.disconnect(Clients.Member::hearsBeyondItsRights);
    }

    private void disconnectUnadmitted() {
        clients.disconnect(client -> {
            var user = client.session().user();
            return user != null && !access.mayStay(user);
        });
        engineSide.retireLanesOf(user -> !access.mayStay(user));
    }

    /// Leaves the engine: all that is parked is dropped, and the clients concerned are reset
    /// without a reply.
    public void stopServing() {
        execute(this::leave);
    }

    /// Leaves a replica's engine that is about to become a primary. Clients that only have
    /// subscriptions stay connected, and their subscriptions continue once the engine serves again.
    /// Other clients with a lane of their own are reset. When the future completes, nothing more is
    /// sent to the engine.
    public CompletableFuture<Void> leaveEngine() {
        var left = new CompletableFuture<Void>();
        execute(() -> {
            if (self.role() == ThisNode.Role.REPLICA) {
                clients.flush(); // replies of a replica are in the log
                leave(Clients.Member::partFromEngine);
            } else {
                leave();
            }
            self.become(ThisNode.Role.PROMOTING);
            left.complete(null);
        });
        return left;
    }

    /// Fails like a machine that hangs: connections stay open, new ones are accepted, but nothing
    /// is read or answered any more. [#crash] ends this state.
    public void fallSilent() {
        execute(() -> {
            durability.fallSilent();
            intake.stop();
        });
    }

    /// Accepts no more commands, and completes when all accepted commands have been answered, or
    /// when the time is up. [#resume] accepts commands again.
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
                engineSide.isIdle()
                        && durability.parkedCount() == 0
                        && clients.allMatch(Clients.Member::isAnswered)
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

    /// Continues as a replica after a [#drain], with the same engine, which has become a replica
    /// and contains only what is durable. The clients keep what the engine knows about them:
    /// transactions, watched and tracked keys, subscriptions. A client that is still owed a reply
    /// is reset, because the outcome of its command is unknown. Clients that wait for data are the
    /// exception: the engine answers them itself. [#resume] accepts commands again.
    public void follow() {
        execute(() -> {
            if (!self.isPrimary()) {
                return;
            }
            clients.flush();
            self.become(ThisNode.Role.REPLICA);
            clients.reset(client ->
                    !client.isAnswered()
                            || client.replies().hasParked()
                            || client.replies().hasToTell());
            outbox.removeIf(ReplyQueue::isClosed);
            abandonShared();
            engineSide.serveAgain();
        });
    }

    /// Another node leads the shard from now on. Redis then takes the slots away from the former
    /// primary, and so ends the subscriptions to their channels on every node except the new
    /// primary.
    public void onPrimaryChanged() {
        execute(() -> clients.forEach(Clients.Member::endShardSubscriptions));
    }

    /// Accepts commands again after a [#drain].
    public void resume() {
        execute(intake::go);
    }

    /// Fails like a machine that loses power: every client is reset, and the node does not listen.
    public void crash() {
        execute(() -> {
            leave();
            clients.forEach(Clients.Member::reset);
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

    /// Sends what is published here to the subscribers of other nodes, from now on.
    public void relayVia(PublishRelay relay) {
        execute(() -> publishing.relayVia(relay));
    }

    /// Sets the source of the offsets that the cluster's nodes have reached, in bytes of their
    /// shards' streams.
    ///
    /// @param offsets by a node's name; called on the event loop
    public void learnOffsetsFrom(ToLongFunction<String> offsets) {
        execute(() -> self.learnOffsetsFrom(offsets));
    }

    /// Publishes on this primary, for a client of another node of its shard.
    ///
    /// @return how many subscribers of this node got the message; fails when it is unknown whether
    ///   it was published
    public CompletableFuture<Long> publish(Publication publication) {
        var heard = new CompletableFuture<Long>();
        execute(() -> publishing.forAnotherNode(publication, heard));
        return heard;
    }

    /// Publishes on this primary a message that was published in another shard. The message is
    /// dropped when the node does not serve, when its engine or its log is so far behind that it
    /// accepts no commands, and when there is no room in the heap for what waits for the log.
    public void publishFromAnotherShard(Publication publication) {
        execute(() -> publishing.fromAnotherShard(publication));
    }

    /// A message was published on this node's engine and is durable. It is sent to the other
    /// shards, unless it has come from one of them.
    public void onPublished(Publication publication) {
        execute(() -> publishing.onPublished(publication));
    }

    /// The lease has been renewed.
    public void onLeaseRenewed() {
        execute(() -> {
            durability.releaseDurable();
            afterRelease();
        });
    }

    /// Takes over a connection that was accepted elsewhere and is not registered with a loop yet.
    public void adopt(Channel accepted) {
        execute(() -> adoptOnLoop(accepted, null));
    }

    @Override
    public void close() {
        execute(() -> {
            if (watch != null) {
                watch.cancel(false);
                watch = null;
            }
            leave();
            clients.end();
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

    /// @param operators the operators' socket, if the connection came over it
    private void adoptOnLoop(Channel accepted, @Nullable Path operators) {
        var client = new ClientConnection(parts, clients.newId(), operators);
        if (operators == null) {
            accepted.config().setOption(ChannelOption.TCP_NODELAY, true);
            transport.keepAlive(accepted, clients.limits().keepAliveSeconds());
        }
        accepted.config()
                .setOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(
                                options.maxOutputBytes() / 2, options.maxOutputBytes()));
        accepted.config().setAutoRead(intake.isReading());
        if (tls != null && operators == null) {
            beginTls(tls, accepted, client);
        }
        accepted.pipeline().addLast(client);
        loop.register(accepted);
    }

    /// Adds a TLS engine to the connection, which takes memory from now on, whatever the client
    /// sends.
    private void beginTls(NodeTls tls, Channel accepted, ClientConnection client) {
        var handshake =
                handshakes.begin(() ->
                        loop.execute(() ->
                                client.closeFor(
                                        "has not finished its TLS handshake, and other"
                                                + " clients begin theirs")));
        var handler = tls.newHandler(accepted.alloc());
        handler.handshakeFuture().addListener(done -> handshake.end());
        accepted.closeFuture().addListener(closed -> handshake.end());
        accepted.pipeline().addLast(handler);
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

    /// Keeps the clients within their bounds. The event loop calls it regularly while the node
    /// listens.
    void watchClients() {
        endPatience();
        endLogins();
        clients.watch();
        counts = new FrontCounts(clients.all().size(), clients.commands());
    }

    /// What it has counted. On another thread than the event loop up to 100 ms old.
    public FrontCounts counts() {
        return counts;
    }

    /// Answers replies that have waited long enough for a log without room with an error, if their
    /// commands have changed nothing. Until there is room, replies that would have to wait are
    /// answered with the error at once.
    private void endPatience() {
        var error = fullLog.endPatience(loop.ticker().nanoTime());
        if (error != null) {
            clients.giveUpWaiting(error);
        }
    }

    /// Closes the connections whose logins have expired.
    private void endLogins() {
        if (tokens != null) {
            clients.disconnect(client -> {
                var session = client.session();
                return session.isLimited() && tokens.isOver(session.endsNs());
            });
        }
    }

    /// Lets clients check again whether their commands may be read and carried out.
    private void letClientsLook() {
        clients.look();
    }

    private void noteGrowth(long bytes) {
        clients.noteGrowth(bytes);
    }

    // ---- leaving the engine

    private void leave() {
        leave(client -> false);
    }

    /// @param stays whether a client stays although the engine may keep state for it
    private void leave(Predicate<Clients.Member> stays) {
        engineSide.endLife();
        stopConsulting();
        if (engineSide.resumption().abandon()) {
            loop.execute(this::letClientsLook);
        }
        self.become(ThisNode.Role.LOADING);
        durability.fallSilent();
        clients.reset(client -> {
            boolean loses =
                    client.awaitsReplies()
                            || client.replies().hasToTell()
                            || client.isBetweenEngines();
            return loses && !stays.test(client);
        });
        outbox.removeIf(replies -> replies.hasToTell() && replies.isClosed());
        abandonShared();
        if (engineSide.leave()) {
            publications.onEngineLeft();
            usersInEngine.onEngineLeft();
        }
        publishing.onEngineLeft();
        access.admitWithoutEngine();
    }

    /// Closes the lanes that clients share, and drops all that is parked.
    private void abandonShared() {
        engineSide.abandonShared();
        fullLog.refuse(null, 0);
        publications.expectNothing();
        engineSide.forgetBounds();
    }

    /// Sets what to do when the connection to the engine breaks; called on the event loop.
    public void whenEngineIsLost(Runnable action) {
        onEngineLost = action;
    }

    private void afterRelease() {
        if (durability.tracker() != null) {
            engineSide.bound();
            clients.flush();
        }
    }

    /// Whether commands on data are answered. Exact on the event loop, a moment old elsewhere.
    public boolean isServing() {
        return self.isServing();
    }

    // ---- what the node provides to its parts

    /// The node's decisions about the replies to its clients.
    private final class Rules implements ReplyQueue.Rules {
        @Override
        public ByteBufAllocator allocator() {
            return ALLOCATOR;
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
            engineSide.parkLate(parked);
        }

        @Override
        public void parkUnwanted(ReplySink client, Patience patience) {
            engineSide.parkUnwanted(client, patience);
        }

        @Override
        public void countLarge(long bytes) {
            largeReplies.count(bytes);
        }

        @Override
        public void noteGrowth(long bytes) {
            clients.noteGrowth(bytes);
        }

        @Override
        public void touch(ReplyQueue replies) {
            outbox.add(replies);
        }
    }

    /// What the engine causes in the node.
    private final class BecauseOfEngine implements EngineSide.Node {
        @Override
        public void flushClients() {
            outbox.flush();
        }

        @Override
        public void letClientsLook() {
            clients.look();
        }

        @Override
        public void noteHeapGrowth(long bytes) {
            clients.noteHeapGrowth(bytes);
        }

        @Override
        public void onRefusal() {
            failedLogins.noteRefusal(clock.now().toEpochMilli());
        }

        /// The owner of this front has to provide another engine.
        @Override
        public void onEngineLost() {
            leave();
            onEngineLost.run();
        }
    }

    /// The node, for all its clients.
    private final class AroundClients implements Clients.Node {
        @Override
        public boolean takesCommands() {
            return intake.isReading() && !isPaused();
        }

        @Override
        public boolean isPaused() {
            return engineSide.isPaused();
        }

        @Override
        public void onMemoryOver() {
            engineSide.bound();
        }
    }

    /// The node, for the decision about commands.
    private final class Seen implements Admission.Node {
        @Override
        public String name() {
            return self.name();
        }

        @Override
        public boolean isServing() {
            return self.isServing();
        }

        @Override
        public boolean isPrimary() {
            return self.isPrimary();
        }

        @Override
        public Topology topology() {
            return self.topology();
        }

        @Override
        public long maxTransactionBytes() {
            return options.maxTransactionBytes();
        }

        @Override
        public boolean isEngineBehind() {
            return engineSide.isBehind();
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
            return NodeFront.this.asksEngine(spec);
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
