package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.control.LiveState;
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

/// One running node: its front, to which clients connect, and the present life of its engine. Owned
/// by the fleet's thread, which calls every method. Reports from the node's event loop are passed
/// to that thread.
///
/// The front remains when a life ends. A crash closes the front's listener, too; the next life
/// opens it again on the same address.
final class NodeRuntime {
    /// Receives what happens to the node, on the fleet's thread.
    interface Listener {
        /// The engine has caught up. Call `serve` to answer clients as a replica.
        void onReplicaReady(NodeRuntime node);

        /// The node leads. Publish the topology, then call `serve` to answer clients as the
        /// primary.
        void onLeading(NodeRuntime node);

        /// The node begins to answer clients, in the role of its phase.
        void onServing(NodeRuntime node);

        /// The node has handed over: it no longer leads, and follows with the same engine.
        void onResigned(NodeRuntime node);

        /// The life is over.
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
    private boolean resigned; // its front continues with the same engine
    private boolean closed;
    private volatile @Nullable ShardNode life;
    private @Nullable Path socket;

    /// @param hostName the host name that clients get instead of the address, or null
    /// @param fleet runs its tasks on the fleet's thread, and drops them once that has ended
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

    /// Reacts to the loss of the connection to the engine, on the event loop.
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

    /// Whether the node has an engine that follows or leads.
    boolean hasEngine() {
        return switch (phase) {
            case REPLICA, PRIMARY -> true;
            case DOWN, STARTING, SILENT -> false;
        };
    }

    NodeFront front() {
        return front;
    }

    /// Whether the engine answers clients. False as soon as this node is made to fail, even while
    /// it still answers: [FailoverSteps] takes a leader that serves for one that still has to fail.
    boolean isServing() {
        return serving;
    }

    /// The present state of the node.
    NodeView view() {
        return new NodeView(
                name,
                phase,
                serving,
                users.areAdmitted() || !serving, // without answers no older rules apply
                settings.applied(),
                appliedOffset());
    }

    /// The present values of the node, for people.
    LiveState.Node live() {
        var counts = front.counts();
        return new LiveState.Node(
                name,
                ShardHistory.phaseOf(phase),
                serving,
                appliedOffset(),
                counts.clients(),
                counts.commands());
    }

    /// The engine's applied offset when it was last asked, in bytes of the stream. Any thread.
    long appliedOffset() {
        var present = life;
        return present == null ? -1 : present.appliedOffset();
    }

    /// The first log entry that the node still has to read, unless it lacks data before `offset`.
    /// Any thread.
    long neededIndex(long offset) {
        var present = life;
        return present == null ? Long.MAX_VALUE : present.neededIndex(offset);
    }

    TopologyNode describe(boolean primary) {
        var role = primary ? TopologyNode.Role.PRIMARY : TopologyNode.Role.REPLICA;
        var health =
                switch (phase) {
                    case DOWN -> TopologyNode.Health.FAILED;
                    // The other nodes cannot know of the silence before another node leads.
                    case SILENT ->
                            primary ? TopologyNode.Health.ONLINE : TopologyNode.Health.FAILED;
                    case STARTING -> TopologyNode.Health.LOADING;
                    case REPLICA, PRIMARY ->
                            serving ? TopologyNode.Health.ONLINE : TopologyNode.Health.LOADING;
                };
        return new TopologyNode(
                name, id, address.getHostString(), hostName, address.getPort(), role, health);
    }

    /// Begins a life: opens the listener, which answers that the node is loading, and launches an
    /// engine. After short lives there is a pause before.
    void startAgain() {
        startAgain(0);
    }

    /// Does the same as [#startAgain()], but not before `atLeastMs` milliseconds have passed.
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

    /// Makes engine and front apply their parameters, if these have changed.
    ///
    /// @param onDone called on the fleet's thread when they have been applied, or may be tried
    ///   again
    void configure(Runnable onDone) {
        var present = life;
        if (present != null && socket != null) {
            settings.change(present, onDone);
        }
    }

    /// Gives the front the users to accept.
    ///
    /// @param onAdmitted called on the fleet's thread once the engine has the rules of all users
    void permit(List<AccessRule> rules, Runnable onAdmitted) {
        users.permit(rules, onAdmitted);
    }

    /// Asks the node to claim.
    ///
    /// @param over the newest term that is certainly over
    void claim(Term over) {
        var present = life;
        if (present != null) {
            present.claim(over);
        }
    }

    /// The engine that wrote the log, if the last life ended because its engine could not continue
    /// from the log; else null.
    @Nullable EngineStamp engineNeeded() {
        return engineNeeded;
    }

    /// The newest term that this node is known to have won.
    Term wonTerm() {
        return wonTerm;
    }

    /// Starts to answer clients from the engine, in the role of the phase.
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

    /// Makes the node fail as FailoverShard requests: sockets are reset, the engine is killed.
    void crash() {
        serving = false;
        front.crash();
        var present = life;
        if (present != null) {
            present.crash("crashed on request");
        }
    }

    /// Makes the node fail like a machine that hangs: sockets stay open, no command is answered,
    /// the lease is not renewed. After `silentForNs` it ends as in [#crash].
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

    /// Hands over, as a planned change: the node answers all accepted commands, gives up the
    /// leadership, and continues as a replica. Clients stay connected and wait until [#resume].
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

    /// Accepts commands again after a [#handOver], to redirect clients to the new primary.
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

    /// Passes on the reports of a life from its event loop, unless a newer life has begun. Reports
    /// that concern replies take effect at once, on the loop.
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
            front.follow(); // at once: no other node leads before this
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
            front.stopServing(); // at once: parked replies must never be sent
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
