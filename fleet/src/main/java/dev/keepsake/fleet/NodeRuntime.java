package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.core.Clock;
import dev.keepsake.core.Term;
import dev.keepsake.engine.EngineStamp;
import dev.keepsake.front.NodeFront;
import dev.keepsake.front.TopologyNode;
import dev.keepsake.shard.Publication;
import dev.keepsake.shard.ShardNode;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One node as it runs: the front that its clients know, and the present life of its engine. Owned
/// by the fleet's thread, which calls every method; what the node's event loop reports is passed on
/// there.
///
/// The front stays when a life ends; a crash closes its listener too, and the next life opens it
/// again on the same address.
final class NodeRuntime {
    /// What the node tells its shard, on the fleet's thread.
    interface Listener {
        /// The engine has caught up; `serve` it as a replica.
        void onReplicaReady(NodeRuntime node);

        /// The node leads; once the topology says so, `serve` it as the primary.
        void onLeading(NodeRuntime node, Term term);

        /// The node has handed over: it leads no more, and follows with the engine that it has.
        void onResigned(NodeRuntime node);

        /// This life is over.
        void onRetired(NodeRuntime node, String reason);
    }

    /// Starts a new life: an engine that follows the log.
    interface LifeFactory {
        ShardNode begin(
                ShardNode.Listener listener, EventLoop loop, Map<String, String> parameters);
    }

    enum Phase {
        /// No engine: not started, crashed, or ended.
        DOWN,
        /// An engine is starting or catching up.
        STARTING,
        /// Follows the log closely.
        REPLICA,
        /// Leads.
        PRIMARY,
        /// Led, and answers nobody any more, though its sockets are open.
        SILENT
    }

    private static final long LONG_LIFE_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long PAUSE_MIN_MS = 100;
    private static final long PAUSE_MAX_MS = 5_000;
    private static final long DRAIN_MAX_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final Logger LOG = LoggerFactory.getLogger(NodeRuntime.class);

    private final String name;
    private final String id;
    private final InetSocketAddress address;
    private final @Nullable String hostName;
    private final EventLoop loop;
    private final NodeFront front;
    private final LifeFactory lives;
    private final ScheduledExecutorService fleet;
    private final Clock clock;
    private final Listener listener;
    private final Supplier<Map<String, String>> parameters;

    private Map<String, String> applied = Map.of();
    private int permitted; // how often
    private boolean admitted;
    private boolean configuring;
    private final GrowingPause refusals = new GrowingPause(PAUSE_MIN_MS, PAUSE_MAX_MS);
    private Phase phase = Phase.DOWN;
    private Term wonTerm = Term.NONE;
    private @Nullable EngineStamp engineNeeded;
    private boolean serving;
    private boolean resigned; // its front goes on with the engine that it has
    private boolean closed;
    private long begunNs;
    private final GrowingPause shortLives = new GrowingPause(PAUSE_MIN_MS, PAUSE_MAX_MS);
    private volatile @Nullable ShardNode life;
    private @Nullable Path socket;
    private Runnable onServing = () -> {};

    /// @param hostName what clients are told instead of the address, or null
    NodeRuntime(
            String name,
            String id,
            InetSocketAddress address,
            @Nullable String hostName,
            EventLoop loop,
            NodeFront front,
            LifeFactory lives,
            ScheduledExecutorService fleet,
            Clock clock,
            Listener listener,
            Supplier<Map<String, String>> parameters) {
        this.name = name;
        this.id = id;
        this.address = address;
        this.hostName = hostName;
        this.loop = loop;
        this.front = front;
        this.lives = lives;
        this.fleet = fleet;
        this.clock = clock;
        this.listener = listener;
        this.parameters = parameters;
        front.whenEngineIsLost(this::onEngineLost);
    }

    /// On the event loop.
    private void onEngineLost() {
        var present = life;
        if (present != null) {
            present.crash("the engine closed a connection of the front");
        }
    }

    String name() {
        return name;
    }

    Phase phase() {
        return phase;
    }

    NodeFront front() {
        return front;
    }

    /// Whether clients are answered from the engine.
    boolean isServing() {
        return serving;
    }

    /// How far the engine had come when it was last asked, in bytes of the stream. Any thread.
    long appliedOffset() {
        var present = life;
        return present == null ? -1 : present.appliedOffset();
    }

    /// The first log entry that it has yet to read, unless it lacks what is before `offset`. Any
    /// thread.
    long neededIndex(long offset) {
        var present = life;
        return present == null ? Long.MAX_VALUE : present.neededIndex(offset);
    }

    TopologyNode describe(boolean primary) {
        var role = primary ? TopologyNode.Role.PRIMARY : TopologyNode.Role.REPLICA;
        var health =
                switch (phase) {
                    case DOWN -> TopologyNode.Health.FAILED;
                    // Nobody can know before another node leads.
                    case SILENT ->
                            primary ? TopologyNode.Health.ONLINE : TopologyNode.Health.FAILED;
                    case STARTING -> TopologyNode.Health.LOADING;
                    case REPLICA, PRIMARY ->
                            serving ? TopologyNode.Health.ONLINE : TopologyNode.Health.LOADING;
                };
        return new TopologyNode(
                name, id, address.getHostString(), hostName, address.getPort(), role, health);
    }

    /// Begins a life: opens the listener, which tells clients that the node is loading, and
    /// launches an engine. Lives that ended soon after their beginning are followed by the next
    /// only after a pause.
    void startAgain() {
        startAgain(0);
    }

    /// As [#startAgain()], but not before some time has passed.
    void startAgain(long atLeastMs) {
        phase = Phase.STARTING;
        long pauseMs = Math.max(atLeastMs, pauseMs());
        if (pauseMs == 0) {
            begin();
        } else {
            LOG.info("node={} starts again pause_ms={}", name, pauseMs);
            fleet.schedule(this::begin, pauseMs, TimeUnit.MILLISECONDS);
        }
    }

    private void begin() {
        if (closed) {
            return;
        }
        begunNs = clock.nowNs();
        front.bind(address)
                .whenCompleteAsync(
                        (done, failure) -> {
                            if (closed) {
                                return;
                            }
                            if (failure != null) {
                                LOG.error(
                                        "node={} cannot listen address={} reason={}",
                                        name,
                                        address,
                                        failure.getMessage());
                                phase = Phase.DOWN;
                                listener.onRetired(this, "it cannot listen");
                                return;
                            }
                            applied = parameters.get();
                            front.limitClients(NodeParameters.ofFront(applied));
                            front.expectEvictions(NodeParameters.evict(applied));
                            var begun =
                                    lives.begin(
                                            new LoopListener(),
                                            loop,
                                            NodeParameters.ofEngine(applied));
                            life = begun;
                            begun.start();
                        },
                        fleet);
    }

    /// The parameters that this life runs with: its engine and the front.
    Map<String, String> appliedParameters() {
        return applied;
    }

    /// Lets engine and front take the parameters that they are to have, if they have others. An
    /// engine that refuses them is asked again after a pause, which is longer each time.
    ///
    /// @param onDone called on the fleet's thread when it has taken them, or may be asked again
    void configure(Runnable onDone) {
        var present = life;
        var wanted = parameters.get();
        if (present == null || socket == null || configuring || wanted.equals(applied)) {
            return;
        }
        front.limitClients(NodeParameters.ofFront(wanted));
        if (NodeParameters.evict(wanted)) {
            front.expectEvictions(true); // before the engine begins, and until it has ended
        }
        var changes = new TreeMap<>(NodeParameters.ofEngine(wanted));
        changes.entrySet().removeAll(applied.entrySet());
        configuring = true;
        var taken =
                changes.isEmpty()
                        ? CompletableFuture.<Void>completedFuture(null)
                        : present.configure(changes);
        taken.whenCompleteAsync(
                (done, failure) -> {
                    if (failure == null) {
                        configuring = false;
                        refusals.forget();
                        if (life == present) {
                            applied = wanted;
                            if (NodeParameters.changeEviction(changes)) {
                                front.expectEvictions(NodeParameters.evict(wanted));
                            }
                        }
                        onDone.run();
                        return;
                    }
                    long pauseMs = refusals.nextMs();
                    LOG.warn(
                            "node={} did not take its parameters, it is asked again pause_ms={}"
                                    + " reason={}",
                            name,
                            pauseMs,
                            failure.getMessage());
                    fleet.schedule(
                            () -> {
                                configuring = false;
                                onDone.run();
                            },
                            pauseMs,
                            TimeUnit.MILLISECONDS);
                },
                fleet);
    }

    /// How long to wait before the next life: nothing after a long one, and else more each time.
    private long pauseMs() {
        if (begunNs == 0 || clock.nowNs() - begunNs >= LONG_LIFE_NS) {
            shortLives.forget();
            return 0;
        }
        return shortLives.nextMs();
    }

    /// Tells the front whom to let in.
    ///
    /// @param onAdmitted called on the fleet's thread once the engine has everybody's rules
    void permit(List<AccessRule> rules, Runnable onAdmitted) {
        permitted++;
        int mine = permitted;
        admitted = false;
        front.permit(
                ClusterRuntime.usersOf(rules),
                () ->
                        inFleet(() -> {
                            if (mine == permitted) {
                                admitted = true;
                                onAdmitted.run();
                            }
                        }));
    }

    /// Whether clients are admitted by the newest rules. A node that answers nobody admits nobody
    /// by older ones.
    boolean isAdmittingAsPermitted() {
        return admitted || !serving;
    }

    /// @param over the newest term that is known to be over
    void claim(Term over) {
        var present = life;
        if (present != null) {
            present.claim(over);
        }
    }

    /// The engine without which the last life could not follow the log, if that is how it ended.
    @Nullable EngineStamp engineNeeded() {
        return engineNeeded;
    }

    /// The newest term that this node is known to have won.
    Term wonTerm() {
        return wonTerm;
    }

    /// Answers clients from the engine, as `phase` says.
    void serve() {
        var present = life;
        var path = socket;
        if (present == null || path == null) {
            return;
        }
        if (resigned && phase == Phase.REPLICA) {
            resigned = false;
            serving = true;
            onServing.run();
            return;
        }
        resigned = false;
        var opened =
                phase == Phase.PRIMARY
                        ? front.servePrimary(path, present::mayReply)
                        : front.serveReplica(path);
        opened.whenCompleteAsync(
                (done, failure) -> {
                    if (life != present) {
                        return;
                    }
                    if (failure == null) {
                        serving = true;
                        onServing.run();
                    } else {
                        present.crash("its front cannot reach it: " + failure.getMessage());
                    }
                },
                fleet);
    }

    /// What to do each time clients begin to be answered.
    void whenServing(Runnable action) {
        onServing = action;
    }

    /// The failure that FailoverShard asks for: sockets are reset, the engine is killed.
    void crash() {
        serving = false;
        front.crash();
        var present = life;
        if (present != null) {
            present.crash("crashed on request");
        }
    }

    /// The failure of a machine that hangs: sockets stay open, nothing is answered, the lease is
    /// not renewed. After `silenceNs` the machine is given up as in [#crash].
    void fallSilent(long silenceNs) {
        serving = false;
        phase = Phase.SILENT;
        front.fallSilent();
        var present = life;
        if (present != null) {
            present.fallSilent();
        }
        fleet.schedule(
                () -> {
                    if (life == present && phase == Phase.SILENT) {
                        crash();
                    }
                },
                silenceNs,
                TimeUnit.NANOSECONDS);
    }

    /// A planned change: answers what was taken, then gives the leadership up and goes on as a
    /// replica. Clients stay connected and wait until [#resume].
    void handOver() {
        serving = false;
        var present = life;
        front.drain(DRAIN_MAX_NS)
                .whenCompleteAsync(
                        (done, failure) -> {
                            if (present != null && life == present) {
                                present.handOver();
                            }
                        },
                        fleet);
    }

    /// Takes commands again after a [#handOver]: to tell clients who leads now.
    void resume() {
        front.resume();
    }

    /// Ends the life and the front.
    void close() {
        closed = true;
        serving = false;
        phase = Phase.DOWN;
        front.close();
        var present = life;
        life = null;
        if (present != null) {
            present.close();
        }
    }

    private void inFleet(Runnable action) {
        try {
            fleet.execute(action);
        } catch (RejectedExecutionException e) {
            LOG.debug("node={} reports to a fleet that has ended", name);
        }
    }

    /// Passes on what a life reports from its event loop, unless a newer life has begun meanwhile.
    /// What concerns replies is done at once, on the loop.
    private final class LoopListener implements ShardNode.Listener {
        @Override
        public void onLoading(ShardNode node, Path engineSocket) {
            front.consult(engineSocket);
        }

        @Override
        public void onReplicaReady(ShardNode node, Path engineSocket) {
            inFleet(
                    node,
                    () -> {
                        phase = Phase.REPLICA;
                        socket = engineSocket;
                        listener.onReplicaReady(NodeRuntime.this);
                    });
        }

        @Override
        public CompletableFuture<Void> onPromoting(ShardNode node) {
            return front.leaveEngine();
        }

        @Override
        public void onPrimary(ShardNode node, Term term, Path engineSocket) {
            inFleet(
                    node,
                    () -> {
                        phase = Phase.PRIMARY;
                        wonTerm = term;
                        socket = engineSocket;
                        listener.onLeading(NodeRuntime.this, term);
                    });
        }

        @Override
        public void onDurable(ShardNode node, long offset) {
            front.onDurable(offset);
        }

        @Override
        public void onPublished(ShardNode node, Publication publication) {
            front.onPublished(publication);
        }

        @Override
        public void onLogFull(ShardNode node, @Nullable String reason) {
            front.refuseWrites(reason);
        }

        @Override
        public void onLeaseRenewed(ShardNode node) {
            front.onLeaseRenewed();
        }

        @Override
        public void onResigned(ShardNode node) {
            front.follow(); // at once: nobody else leads before
            inFleet(
                    node,
                    () -> {
                        phase = Phase.STARTING;
                        serving = false;
                        resigned = true;
                        listener.onResigned(NodeRuntime.this);
                    });
        }

        @Override
        public void onRetired(ShardNode node, String reason) {
            front.stopServing(); // at once: what is parked must never leave
            inFleet(
                    node,
                    () -> {
                        phase = Phase.DOWN;
                        resigned = false;
                        serving = false;
                        if (node.wonTerm().isNewerThan(wonTerm)) {
                            wonTerm = node.wonTerm();
                        }
                        engineNeeded = node.engineNeeded();
                        life = null;
                        socket = null;
                        listener.onRetired(NodeRuntime.this, reason);
                    });
        }

        private void inFleet(ShardNode node, Runnable action) {
            NodeRuntime.this.inFleet(() -> {
                if (life == node) {
                    action.run();
                }
            });
        }
    }
}
