package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkState;

import dev.keepsake.control.FailoverMode;
import dev.keepsake.core.Term;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.shard.Snapshot;
import dev.keepsake.shard.SnapshotStore;
import dev.keepsake.shard.Snapshotter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One shard as it runs: sees to it that somebody leads, and that a node which fails comes back.
/// Owned by the fleet's thread.
///
/// Who leads is decided by the log. This class only says who should try: the last leader when the
/// shard starts, so that a restart keeps the roles however long that node takes, and otherwise the
/// replica that has come furthest. Were it ever wrong, the claim would be refused.
///
/// Nobody is told to claim while somebody may lead whom this process does not know: another process
/// may still be telling its clients of keys that a new primary then changes. The nodes stand by
/// themselves in that case, when its lease is over.
///
/// A node that retires is started again: at once when nobody waits for a new primary, and else a
/// moment after there is one, so that neither the promotion nor the clients that come back compete
/// with a starting engine.
final class ShardRuntime implements NodeRuntime.Listener, AutoCloseable {
    /// What the shard tells its cluster, on the fleet's thread.
    interface Listener {
        /// Roles or health have changed: publish a new topology. Returns once fronts can see it.
        void onTopologyChanged();

        /// One more node answers its clients.
        void onServing();

        /// A node has failed and will be started again.
        void onNodeFailed(NodeRuntime failed);
    }

    // Clients of a new primary connect anew, TLS and all, and that is what is left of an outage. An
    // engine that starts meanwhile doubled it on two processors.
    private static final long CLIENTS_COME_BACK_MS = 250;

    private static final int SNAPSHOTS_BEHIND_MAX = 4;
    private static final long SNAPSHOT_PAUSE_MIN_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long SNAPSHOT_PAUSE_MAX_NS = TimeUnit.MINUTES.toNanos(5);
    private static final Logger LOG = LoggerFactory.getLogger(ShardRuntime.class);

    private final String name;
    private final OtherProcess other;
    private final TransactionLog log;
    private final SnapshotStore snapshots;
    private final Snapshotter snapshotter;
    private final FleetTuning tuning;
    private final ScheduledExecutorService fleet;
    private final Listener listener;
    private final Backoff snapshotBackoff =
            new Backoff(SNAPSHOT_PAUSE_MIN_NS, SNAPSHOT_PAUSE_MAX_NS);
    private volatile List<NodeRuntime> nodes = List.of();
    private @Nullable NodeRuntime leader;
    private @Nullable String lastLeader;
    private volatile @Nullable String preferred;
    private @Nullable NodeRuntime failing;
    private @Nullable NodeRuntime candidate; // told to claim, and neither leads nor has failed yet
    private boolean promotionDue = true;
    private volatile Term termOver = Term.NONE; // the newest that no other process holds
    private volatile boolean closed;

    ShardRuntime(
            String name,
            OtherProcess other,
            TransactionLog log,
            SnapshotStore snapshots,
            Snapshotter snapshotter,
            FleetTuning tuning,
            ScheduledExecutorService fleet,
            Listener listener) {
        this.name = name;
        this.other = other;
        this.log = log;
        this.snapshots = snapshots;
        this.snapshotter = snapshotter;
        this.tuning = tuning;
        this.fleet = fleet;
        this.listener = listener;
    }

    String name() {
        return name;
    }

    List<NodeRuntime> nodes() {
        return nodes;
    }

    TransactionLog log() {
        return log;
    }

    SnapshotStore snapshots() {
        return snapshots;
    }

    /// Whether the node that led before is starting, and will lead again. Any thread.
    boolean isLeaderComing() {
        // A newer term than at the start comes to light when a predecessor had taken it just before
        // it died. Nobody is told to claim behind that one.
        return preferred != null && isOver(log.tail().term());
    }

    boolean isClosed() {
        return closed;
    }

    /// By how much the log since the newest snapshot is longer than it should get.
    long overdueBytes(long snapshotEveryBytes) {
        return snapshotter.staleBytes() - wantedBytes(snapshotEveryBytes);
    }

    /// How much log a snapshot is followed by before the next one is taken.
    private long wantedBytes(long snapshotEveryBytes) {
        long newestBytes = snapshots.newest().map(Snapshot::fileBytes).orElse(0L);
        return Math.max(snapshotEveryBytes, newestBytes);
    }

    /// When to try a snapshot that is overdue.
    Backoff snapshotBackoff() {
        return snapshotBackoff;
    }

    /// Takes a snapshot and gives up the log before it, but for what a node has yet to read. One
    /// that is several snapshots behind, such as a replica that a script keeps busy, is not waited
    /// for: it finds its place gone and begins anew. On a virtual thread; blocks.
    void takeSnapshot(long snapshotEveryBytes) throws IOException {
        var snapshot = snapshotter.take();
        long keptFrom = snapshot.offset() - SNAPSHOTS_BEHIND_MAX * wantedBytes(snapshotEveryBytes);
        long needed =
                nodes.stream()
                        .mapToLong(node -> node.neededIndex(keptFrom))
                        .min()
                        .orElse(Long.MAX_VALUE);
        log.trim(log.tail().term(), Math.min(needed, snapshot.nextIndex()));
    }

    /// The node that leads, if one does.
    Optional<NodeRuntime> leader() {
        return Optional.ofNullable(leader);
    }

    /// The node that leads or led last: what a topology names as the primary.
    @Nullable String lastLeader() {
        return lastLeader;
    }

    Optional<NodeRuntime> node(String node) {
        return nodes.stream().filter(candidate -> candidate.name().equals(node)).findFirst();
    }

    /// Whether there is a node that could take over: one that answers, and does not lead.
    boolean hasSuccessor() {
        return nodes.stream().anyMatch(node -> node != leader && node.isServing());
    }

    /// Whether every node answers, one of them as the primary.
    boolean isServing() {
        return leader != null && nodes.stream().allMatch(NodeRuntime::isServing);
    }

    /// Starts every node of a shard that has not run yet in this process.
    void start(List<NodeRuntime> members) {
        nodes = List.copyOf(members);
        String logged = log.tail().leader();
        lastLeader = node(logged).isPresent() ? logged : nodes.getFirst().name();
        switch (other) {
            case NONE, ENDED -> {
                preferred = lastLeader;
                termOver = log.tail().term();
            }
            case MAY_LEAD ->
                    LOG.info("shard={} waits until the lease of another process is over", name);
        }
        for (var node : nodes) {
            node.whenServing(() -> onServing(node));
            node.startAgain();
        }
    }

    /// Adds a node to a shard that runs. It starts as a replica.
    void add(NodeRuntime node) {
        var more = new ArrayList<>(nodes);
        more.add(node);
        nodes = List.copyOf(more);
        node.whenServing(() -> onServing(node));
        node.startAgain();
    }

    /// Ends a replica for good.
    void remove(NodeRuntime node) {
        checkState(node != leader && !node.name().equals(lastLeader), "%s leads", node.name());
        var left = new ArrayList<>(nodes);
        left.remove(node);
        nodes = List.copyOf(left);
        if (failing == node) {
            failing = null;
        }
        if (candidate == node) {
            candidate = null;
        }
        node.close();
        listener.onTopologyChanged();
        elect();
    }

    /// Lets the primary fail. Whoever replaces it is reported as any new primary is.
    void failLeader(FailoverMode mode) {
        var primary = leader;
        if (primary == null) {
            return;
        }
        failing = primary;
        long promotionDelayNs = tuning.pace().promotionDelayNs();
        if (promotionDelayNs > 0) {
            promotionDue = false;
            fleet.schedule(
                    () -> {
                        promotionDue = true;
                        elect();
                    },
                    promotionDelayNs,
                    TimeUnit.NANOSECONDS);
        }
        switch (mode) {
            case CRASH -> primary.crash();
            case SILENT -> primary.fallSilent(tuning.silenceNs());
            case HANDOVER -> primary.handOver();
        }
    }

    @Override
    public void onReplicaReady(NodeRuntime node) {
        listener.onTopologyChanged();
        long paceNs = node == failing ? tuning.pace().recoveryDelayNs() : 0;
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
        if (leader == node) {
            leader = null;
        }
        noteWon(node);
        listener.onTopologyChanged();
        elect();
    }

    @Override
    public void onLeading(NodeRuntime node, Term term) {
        preferred = null;
        candidate = null;
        leader = node;
        noteWon(node);
        lastLeader = node.name();
        LOG.info("shard={} primary={} term={}", name, node.name(), term.number());
        listener.onTopologyChanged(); // first, or the new primary would send its clients elsewhere
        node.serve();
        var handedOver = failing;
        if (handedOver != null && handedOver.phase() != NodeRuntime.Phase.SILENT) {
            handedOver.resume();
            if (handedOver.phase() != NodeRuntime.Phase.DOWN) {
                failing = null; // it follows with the engine that it has
            }
        }
    }

    @Override
    public void onRetired(NodeRuntime node, String reason) {
        if (closed) {
            return;
        }
        if (leader == node) {
            leader = null;
        }
        if (candidate == node) {
            candidate = null;
        }
        noteWon(node);
        if (node.name().equals(preferred)) {
            preferred = null;
        }
        listener.onTopologyChanged();
        listener.onNodeFailed(node);
        elect();
        if (leader != null || candidates().isEmpty()) {
            restartFailed(0);
        }
    }

    @Override
    public void close() {
        closed = true;
        snapshotter.close();
        nodes.forEach(NodeRuntime::close);
        log.close();
    }

    private void onServing(NodeRuntime node) {
        listener.onTopologyChanged();
        listener.onServing();
        if (node == leader) {
            restartFailed(CLIENTS_COME_BACK_MS);
        }
    }

    private void restartFailed(long atLeastMs) {
        for (var node : nodes) {
            if (node.phase() == NodeRuntime.Phase.DOWN) {
                long pauseMs = atLeastMs;
                if (node == failing) {
                    failing = null;
                    long paceNs = tuning.pace().recoveryDelayNs();
                    pauseMs = Math.max(pauseMs, TimeUnit.NANOSECONDS.toMillis(paceNs));
                }
                node.startAgain(pauseMs);
            }
        }
    }

    private List<NodeRuntime> candidates() {
        return nodes.stream().filter(node -> node.phase() == NodeRuntime.Phase.REPLICA).toList();
    }

    private void elect() {
        var newest = log.tail().term();
        if (leader != null || candidate != null || !promotionDue || !isOver(newest)) {
            return;
        }
        var wanted = preferred;
        if (wanted != null && node(wanted).orElseThrow().phase() == NodeRuntime.Phase.STARTING) {
            return; // it will be ready, or retire, and either brings us back here
        }
        var able = candidates();
        able.stream()
                .filter(node -> wanted == null || node.name().equals(wanted))
                .filter(node -> node != failing || able.size() == 1) // it has handed over
                .max(Comparator.comparingLong(NodeRuntime::appliedOffset))
                .ifPresent(node -> nominate(node, newest));
    }

    private boolean isOver(Term term) {
        return other == OtherProcess.NONE || !term.isNewerThan(termOver);
    }

    /// Whatever a node of this process has won is over when that node has retired.
    private void noteWon(NodeRuntime node) {
        if (node.wonTerm().isNewerThan(termOver)) {
            termOver = node.wonTerm();
        }
    }

    /// One at a time: a second one could win right after the first, and end its term for nothing.
    /// Should the nominee hang, the others stand by themselves once it has been silent for long.
    private void nominate(NodeRuntime node, Term over) {
        candidate = node;
        node.claim(over);
    }
}
