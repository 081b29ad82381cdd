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
import java.util.concurrent.CompletableFuture;
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
        void onLeading(NodeRuntime node);

        /// Clients begin to be answered, as the node's phase says.
        void onServing(NodeRuntime node);

        /// The node has handed over: it leads no more, and follows with the engine that it has.
        void onResigned(NodeRuntime node);

        /// This life is over.
        void onRetired(NodeRuntime node);
    }

    /// Starts a new life: an engine that follows the log.
    interface LifeFactory {
        ShardNode begin(
                ShardNode.Listener listener, EventLoop loop, Map<String, String> parameters);
    }

    private static final long PAUSE_MIN_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PAUSE_MAX_NS = TimeUnit.SECONDS.toNanos(5);
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
    private final NodeSettings settings;
    private final PermittedUsers users;
    private final LivesPause livesPause = new LivesPause(new Backoff(PAUSE_MIN_NS, PAUSE_MAX_NS));

    private NodePhase phase = NodePhase.DOWN;
    private Term wonTerm = Term.NONE;
    private @Nullable EngineStamp engineNeeded;
    private boolean serving;
    private boolean resigned; // its front goes on with the engine that it has
    private boolean closed;
    private volatile @Nullable ShardNode life;
    private @Nullable Path socket;

    /// @param hostName what clients are told instead of the address, or null
    /// @param fleet the fleet's thread, which drops what it is given once it has ended
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
        this.settings =
                new NodeSettings(name, front, parameters, begun -> begun == life, clock, fleet);
        this.users = new PermittedUsers(front, fleet);
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

    NodePhase phase() {
        return phase;
    }

    /// Whether it has an engine that follows or leads.
    boolean hasEngine() {
        return switch (phase) {
            case REPLICA, PRIMARY -> true;
            case DOWN, STARTING, SILENT -> false;
        };
    }

    NodeFront front() {
        return front;
    }

    /// Whether clients are answered from the engine. False as soon as this node is made to fail,
    /// even where it still answers for a while: [FailoverSteps] takes a leader that serves for one
    /// that has yet to fail.
    boolean isServing() {
        return serving;
    }

    /// How things stand.
    NodeView view() {
        return new NodeView(
                name,
                phase,
                serving,
                users.areAdmitted() || !serving, // who answers nobody admits nobody by older rules
                settings.applied(),
                appliedOffset());
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
        phase = NodePhase.STARTING;
        long livesPauseNs = livesPause.beforeNextNs(clock.nowNs());
        long pauseMs = Math.max(atLeastMs, TimeUnit.NANOSECONDS.toMillis(livesPauseNs));
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
        livesPause.begin(clock.nowNs());
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
                                phase = NodePhase.DOWN;
                                listener.onRetired(this);
                                return;
                            }
                            var begun = lives.begin(new LoopListener(), loop, settings.begin());
                            life = begun;
                            begun.start();
                        },
                        fleet);
    }

    /// Lets engine and front take the parameters that they are to have, if they have others.
    ///
    /// @param onDone called on the fleet's thread when it has taken them, or may be asked again
    void configure(Runnable onDone) {
        var present = life;
        if (present != null && socket != null) {
            settings.change(present, onDone);
        }
    }

    /// Tells the front whom to admit.
    ///
    /// @param onAdmitted called on the fleet's thread once the engine has everybody's rules
    void permit(List<AccessRule> rules, Runnable onAdmitted) {
        users.permit(rules, onAdmitted);
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
        if (resigned && phase == NodePhase.REPLICA) {
            resigned = false;
            serving = true;
            listener.onServing(this);
            return;
        }
        resigned = false;
        var opened =
                phase == NodePhase.PRIMARY
                        ? front.servePrimary(path, present::mayReply)
                        : front.serveReplica(path);
        opened.whenCompleteAsync(
                (done, failure) -> {
                    if (life != present) {
                        return;
                    }
                    if (failure == null) {
                        serving = true;
                        listener.onServing(this);
                    } else {
                        present.crash("its front cannot reach it: " + failure.getMessage());
                    }
                },
                fleet);
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
    /// not renewed. After `silentForNs` the machine is given up as in [#crash].
    void fallSilent(long silentForNs) {
        serving = false;
        phase = NodePhase.SILENT;
        front.fallSilent();
        var present = life;
        if (present != null) {
            present.fallSilent();
        }
        fleet.schedule(
                () -> {
                    if (life == present && phase == NodePhase.SILENT) {
                        crash();
                    }
                },
                silentForNs,
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
        phase = NodePhase.DOWN;
        front.close();
        var present = life;
        life = null;
        if (present != null) {
            present.close();
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
                        phase = NodePhase.REPLICA;
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
                        phase = NodePhase.PRIMARY;
                        wonTerm = term;
                        socket = engineSocket;
                        listener.onLeading(NodeRuntime.this);
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
                        phase = NodePhase.STARTING;
                        serving = false;
                        resigned = true;
                        listener.onResigned(NodeRuntime.this);
                    });
        }

        @Override
        public void onRetired(ShardNode node) {
            front.stopServing(); // at once: what is parked must never leave
            inFleet(
                    node,
                    () -> {
                        phase = NodePhase.DOWN;
                        resigned = false;
                        serving = false;
                        if (node.wonTerm().isNewerThan(wonTerm)) {
                            wonTerm = node.wonTerm();
                        }
                        engineNeeded = node.engineNeeded();
                        life = null;
                        socket = null;
                        listener.onRetired(NodeRuntime.this);
                    });
        }

        private void inFleet(ShardNode node, Runnable action) {
            fleet.execute(() -> {
                if (life == node) {
                    action.run();
                }
            });
        }
    }
}
