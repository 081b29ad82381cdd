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

/// What the clients of one node speak to. Owned by the node's event loop; the public methods may be
/// called from any thread and are carried out there, in the order of the calls.
///
/// It puts the parts of a front together, and takes them from one role to another: see
/// [ThisNode.Role]. A crashed front is loading, and nothing listens. Time: what is bounded by time
/// is looked at ten times a second; classes that are tested without a loop have a timer of their
/// own. Replies of a primary leave only when what they tell is durable: see [SharedLane] and
/// [Durability].
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
                        new Admission(new Seen(answers), clusterRules),
                        answers,
                        whileLoading,
                        relayedPublish,
                        new Disconnections(node, loop.ticker()));
    }

    /// The parts that clients use. For tests.
    FrontParts parts() {
        return parts;
    }

    /// Fails when the command table leaves something to the front that has no answer.
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

    /// Lets operators in over a Unix socket too, which is there while the node listens. Whoever may
    /// open it may do everything that clients may, and what [OperatorCommands] has besides. To be
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

    /// Clients that ask, while the node loads, for what the engine's program alone decides are
    /// answered by an engine that is loading, from now on.
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
    /// @param mayReply whether the node leads and its lease holds; asked for each reply
    public CompletableFuture<Void> servePrimary(Path socket, BooleanSupplier mayReply) {
        return serve(ThisNode.Role.PRIMARY, socket, mayReply);
    }

    /// Serves reads of clients that said READONLY.
    public CompletableFuture<Void> serveReplica(Path socket) {
        return serve(ThisNode.Role.REPLICA, socket, () -> false); // nothing of it waits for a lease
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

    /// Answers writes with an error, until there is no reason to any more. Reads go on.
    ///
    /// @param reason why, for people, or null
    public void refuseWrites(@Nullable String reason) {
        execute(() -> fullLog.refuse(reason, loop.ticker().nanoTime()));
    }

    /// When clients are closed, from now on.
    public void limitClients(ClientLimits wanted) {
        execute(() -> clients.limit(wanted));
    }

    /// Whether the engine deletes keys that no command names when its memory is full. That a key is
    /// gone is then told no sooner than it is durable.
    public void expectEvictions(boolean expected) {
        execute(() -> {
            if (durability.isEvicting() && !expected && durability.tracker() != null) {
                if (!self.isPrimary()) {
                    return; // about to be one, and nothing can be parked yet: reads go on to wait
                }
                // The next barrier covers what has been deleted until now.
                var anyKey = new MarkList();
                anyKey.markAll(durability.dirtyKeys());
                engineSide.parkMarks(anyKey);
            }
            durability.expectEvictions(expected);
        });
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
            disconnectUnadmitted();
            usersInEngine.permit(engineSide.controlLane(), onAdmitted);
        });
    }

    /// Who is let in at present, in order of the alphabet: those who are permitted, but for a user
    /// whose rules the engine has refused or does not have yet. A moment old elsewhere than on the
    /// event loop.
    public List<String> admittedUsers() {
        return access.names();
    }

    private void disconnectWhoLostRights() {
        disconnectUnadmitted();
        // Those who go on being told what they have asked for once and may not ask for any more.
        clients.disconnect(Clients.Member::hearsBeyondItsRights);
    }

    private void disconnectUnadmitted() {
        clients.disconnect(client -> {
            var user = client.session().user();
            return user != null && !access.mayStay(user);
        });
        engineSide.retireLanesOf(user -> !access.mayStay(user));
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
            if (self.role() == ThisNode.Role.REPLICA) {
                clients.flush(); // what a replica says is in the log
                leave(Clients.Member::partFromEngine);
            } else {
                leave();
            }
            self.become(ThisNode.Role.PROMOTING);
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

    /// Goes on as a replica after a [#drain], with the same engine: that has become one, and holds
    /// nothing but what is durable. Its clients keep what the engine knows of them: transactions,
    /// watched and tracked keys, subscriptions. Who is still owed a reply cannot be told what came
    /// of the command, and is reset; but for those who wait for data, whom the engine tells itself.
    /// Commands are taken again after [#resume].
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

    /// Another node leads the shard from now on. Redis takes the slots from the one that led, and
    /// so ends the subscriptions to their channels on every node but the new primary.
    public void onPrimaryChanged() {
        execute(() -> clients.forEach(Clients.Member::endShardSubscriptions));
    }

    /// Takes commands again after a [#drain].
    public void resume() {
        execute(intake::go);
    }

    /// Fails as a machine does that loses its power: every client is reset, nothing listens.
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

    /// Carries what is published here to the subscribers of other nodes, from now on.
    public void relayVia(PublishRelay relay) {
        execute(() -> publishing.relayVia(relay));
    }

    /// Learns from now on how far the nodes of the cluster have come, in bytes of their shards'
    /// streams.
    ///
    /// @param offsets by a node's name; asked on the event loop
    public void learnOffsetsFrom(ToLongFunction<String> offsets) {
        execute(() -> self.learnOffsetsFrom(offsets));
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

    /// The lease is longer again.
    public void onLeaseRenewed() {
        execute(() -> {
            durability.releaseDurable();
            afterRelease();
        });
    }

    /// Takes over a connection that was accepted elsewhere and is registered nowhere yet.
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
            clients.forEach(Clients.Member::reset);
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

    /// @param operators the socket over which it has come, if that is theirs
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
        clients.watch();
    }

    /// What has waited for a log without room for as long as it may, and has changed nothing, is
    /// answered with an error. Until there is room, so is what would have to wait as well.
    private void endPatience() {
        var error = fullLog.endPatience(loop.ticker().nanoTime());
        if (error != null) {
            clients.giveUpWaiting(error);
        }
    }

    /// Closes the connections of those whose login has run out.
    private void endLogins() {
        if (tokens != null) {
            clients.disconnect(client -> {
                var session = client.session();
                return session.isLimited() && tokens.isOver(session.endsNs());
            });
        }
    }

    /// Lets clients see again whether their commands may be read and carried out.
    private void letClientsLook() {
        clients.look();
    }

    private void noteGrowth(long bytes) {
        clients.noteGrowth(bytes);
    }

    // ---- the engine is left

    private void leave() {
        leave(client -> false);
    }

    /// @param stays whether a client stays although the engine may keep something of it
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

    /// Gives up what clients share, and all that is parked.
    private void abandonShared() {
        engineSide.abandonShared();
        fullLog.refuse(null, 0);
        publications.expectNothing();
        engineSide.forgetBounds();
    }

    /// Says what to do when the connection to the engine breaks; called on the event loop.
    public void whenEngineIsLost(Runnable action) {
        onEngineLost = action;
    }

    private void afterRelease() {
        if (durability.tracker() != null) {
            engineSide.bound();
            clients.flush();
        }
    }

    /// Whether data is answered. Exact on the event loop, a moment old elsewhere.
    public boolean isServing() {
        return self.isServing();
    }

    // ---- what its parts are told

    /// What the node decides about the replies to its clients.
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

    /// What happens because of the engine.
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

        /// Whoever gave this front its engine is told, for it has none now.
        @Override
        public void onEngineLost() {
            leave();
            onEngineLost.run();
        }
    }

    /// What matters to all clients together.
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

    /// What decides about commands.
    private final class Seen implements Admission.Node {
        private final FrontAnswers answers;

        Seen(FrontAnswers answers) {
            this.answers = answers;
        }

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
