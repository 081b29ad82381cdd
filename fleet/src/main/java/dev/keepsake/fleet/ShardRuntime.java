package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkState;

import dev.keepsake.control.FailoverMode;
import dev.keepsake.control.LiveState;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.shard.Snapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running shard: carries out the decisions of its [Election], and restarts nodes that fail.
/// Owned by the fleet's thread.
///
/// A retired node is started again. It starts at once when no client waits for a new primary.
/// Otherwise it starts a moment after there is a new primary, so that the starting engine does not
/// compete with the promotion and with the clients that come back.
///
/// Decision 15 (docs/decisions) says why.
final class ShardRuntime implements NodeRuntime.Listener, AutoCloseable {
    /// Receives what happens in the shard, on the fleet's thread.
    interface Listener {
        /// Roles or health have changed: publish a new topology. Returns once the fronts can see
        /// it.
        void onTopologyChanged();

        /// One more node answers its clients.
        void onServing();

        /// A node has failed and will be started again.
        void onNodeFailed(NodeRuntime failed);
    }

    // The clients of a new primary connect again, with TLS, which is the main part of an outage. An
    // engine that started meanwhile doubled the outage on two processors.
    private static final long CLIENTS_COME_BACK_MS = 250;

    private static final Logger LOG = LoggerFactory.getLogger(ShardRuntime.class);

    private final String name;
    private final TransactionLog log;
    private final Consumer<TransactionLog> closing;
    private final ShardSnapshots snapshots;
    private final Election election;
    private final FailoverPlan plan;
    private final ShardHistory history;
    private final ScheduledExecutorService fleet;
    private final Listener listener;
    private volatile List<NodeRuntime> nodes = List.of();
    private @Nullable NodeRuntime failing; // the primary that a FailoverShard makes fail
    private volatile boolean closed;

    /// @param closing closes the log, and does not block
    ShardRuntime(
            String name,
            OtherProcess other,
            TransactionLog log,
            Consumer<TransactionLog> closing,
            ShardSnapshots snapshots,
            FailoverPlan plan,
            ShardHistory history,
            ScheduledExecutorService fleet,
            Listener listener) {
        this.name = name;
        this.log = log;
        this.closing = closing;
        this.snapshots = snapshots;
        this.election = new Election(other);
        this.plan = plan;
        this.history = history;
        this.fleet = fleet;
        this.listener = listener;
    }

    String name() {
        return name;
    }

    /// The present state of the shard.
    ShardView view() {
        return new ShardView(
                name,
                election.leader(),
                election.lastLeader(),
                nodes.stream().map(NodeRuntime::view).toList());
    }

    /// The present values of the shard and of its log, for people.
    LiveState.Shard live() {
        var tail = log.tail();
        return new LiveState.Shard(
                name,
                election.leader(),
                tail.term().number(),
                log.firstOffset(),
                tail.endOffset(),
                snapshots.store().newest().map(Snapshot::offset).orElse(LiveState.UNKNOWN),
                nodes.stream().map(NodeRuntime::live).toList());
    }

    private void topologyChanged() {
        history.note(view());
        listener.onTopologyChanged();
    }

    /// The nodes of the shard. Any thread.
    List<NodeRuntime> nodes() {
        return nodes;
    }

    TransactionLog log() {
        return log;
    }

    ShardSnapshots snapshots() {
        return snapshots;
    }

    /// Whether the node that led before is starting, and will lead again. Any thread.
    boolean isLeaderComing() {
        return election.isLeaderComing(log.tail().term());
    }

    /// Whether the shard has been closed. Any thread.
    boolean isClosed() {
        return closed;
    }

    /// Takes an internal snapshot. On a virtual thread; blocks.
    void takeSnapshot() throws IOException {
        snapshots.take(this::neededIndex);
    }

    private long neededIndex(long offset) {
        return nodes.stream()
                .mapToLong(node -> node.neededIndex(offset))
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /// The node that leads, if one does.
    Optional<NodeRuntime> leader() {
        return node(election.leader());
    }

    /// The node that leads or led last, which a topology names as the primary.
    @Nullable String lastLeader() {
        return election.lastLeader();
    }

    Optional<NodeRuntime> node(@Nullable String node) {
        return nodes.stream().filter(candidate -> candidate.name().equals(node)).findFirst();
    }

    /// Starts every node of a shard that has not run yet in this process.
    void start(List<NodeRuntime> members) {
        nodes = List.copyOf(members);
        String logged = log.tail().leader();
        var newest = log.tail().term();
        election.begin(node(logged).isPresent() ? logged : nodes.getFirst().name(), newest);
        if (!election.isOver(newest)) {
            LOG.info("shard={} waits until the lease of another process has run out", name);
        }
        nodes.forEach(NodeRuntime::startAgain);
        history.note(view());
    }

    /// Adds a node to a shard that runs. It starts as a replica.
    void add(NodeRuntime node) {
        var more = new ArrayList<>(nodes);
        more.add(node);
        nodes = List.copyOf(more);
        node.startAgain();
        history.note(view());
    }

    /// Ends a replica for good.
    void remove(NodeRuntime node) {
        checkState(!node.name().equals(election.lastLeader()), "%s leads", node.name());
        var left = new ArrayList<>(nodes);
        left.remove(node);
        nodes = List.copyOf(left);
        if (failing == node) {
            failing = null;
        }
        election.onRemoved(node.name());
        node.close();
        topologyChanged();
        elect();
    }

    /// Makes the primary fail. The new primary is reported like any other.
    void failLeader(FailoverMode mode) {
        var primary = leader().orElse(null);
        if (primary == null) {
            return;
        }
        failing = primary;
        long promotionDelayNs = plan.pace().promotionDelayNs();
        if (promotionDelayNs > 0) {
            election.pause();
            fleet.schedule(
                    () -> {
                        election.resume();
                        elect();
                    },
                    promotionDelayNs,
                    TimeUnit.NANOSECONDS);
        }
        switch (mode) {
            case CRASH -> primary.crash();
            case SILENT -> primary.fallSilent(plan.silentForNs());
            case HANDOVER -> primary.handOver();
        }
        history.note(view());
    }

    @Override
    public void onReplicaReady(NodeRuntime node) {
        topologyChanged();
        long paceNs = node == failing ? plan.pace().recoveryDelayNs() : 0;
        if (paceNs == 0) {
            node.serve();
        } else {
            fleet.schedule(node::serve, paceNs, TimeUnit.NANOSECONDS);
        }
        elect();
    }

    @Override
    public void onResigned(NodeRuntime node) {
        if (closed) {
            return;
        }
        election.onResigned(node.name(), node.wonTerm());
        topologyChanged();
        elect();
    }

    @Override
    public void onLeading(NodeRuntime node) {
        var won = node.wonTerm();
        election.onLeading(node.name(), won);
        LOG.info("shard={} primary={} term={}", name, node.name(), won.number());
        topologyChanged(); // first: the new primary must not redirect its clients
        node.serve();
        var handedOver = failing;
        if (handedOver != null && handedOver.phase() != NodePhase.SILENT) {
            handedOver.resume();
            if (handedOver.phase() != NodePhase.DOWN) {
                failing = null; // it follows with the same engine
            }
        }
    }

    @Override
    public void onServing(NodeRuntime node) {
        topologyChanged();
        listener.onServing();
        if (node.name().equals(election.leader())) {
            restartFailed(CLIENTS_COME_BACK_MS);
        }
    }

    @Override
    public void onRetired(NodeRuntime node) {
        if (closed) {
            return;
        }
        election.onRetired(node.name(), node.wonTerm());
        topologyChanged();
        listener.onNodeFailed(node);
        elect();
        if (election.leader() != null || !hasCandidates()) {
            restartFailed(0);
        }
    }

    @Override
    public void close() {
        closed = true;
        history.end();
        snapshots.close();
        nodes.forEach(NodeRuntime::close);
        closing.accept(log);
    }

    private boolean hasCandidates() {
        return nodes.stream().anyMatch(node -> node.phase() == NodePhase.REPLICA);
    }

    private void restartFailed(long atLeastMs) {
        for (var node : nodes) {
            if (node.phase() == NodePhase.DOWN) {
                long pauseMs = atLeastMs;
                if (node == failing) {
                    failing = null;
                    long paceNs = plan.pace().recoveryDelayNs();
                    pauseMs = Math.max(pauseMs, TimeUnit.NANOSECONDS.toMillis(paceNs));
                }
                node.startAgain(pauseMs);
            }
        }
        history.note(view());
    }

    private void elect() {
        var handedOver = failing;
        election.next(view().nodes(), log.tail(), handedOver == null ? null : handedOver.name())
                .ifPresent(
                        chosen -> node(chosen.node()).ifPresent(node -> node.claim(chosen.over())));
    }
}
