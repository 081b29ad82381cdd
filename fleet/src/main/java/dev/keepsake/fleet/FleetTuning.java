package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.FailoverMode;
import dev.keepsake.control.NodeType;
import dev.keepsake.control.StatusPace;
import dev.keepsake.front.FrontOptions;
import dev.keepsake.shard.LeaseTimings;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What may be chosen for all clusters of a server.
///
/// @param timings the leases
/// @param snapshotEveryBytes how much log is written between two snapshots of a shard, at least; a
///   shard whose snapshot is larger waits for as much log
/// @param engineTimeoutNs how long an engine may leave a question unanswered before it counts as
///   dead
/// @param failoverMode how FailoverShard lets a primary fail, unless its cluster says otherwise
/// @param silenceNs how long a primary that fell silent stays so before it is replaced
/// @param pace how quickly a FailoverShard goes on
/// @param topologyLagNs how long the other nodes of a cluster take to learn of a new primary,
///   unless the cluster says otherwise
/// @param failoverQuota how many failovers may be called for in 24 hours; 0 for any number
/// @param statusPace how long statuses of the control plane last
/// @param strictEngines whether clusters of an engine that is not installed are refused
/// @param memory how much memory nodes have
/// @param front the bounds of every node's front
/// @param createWithinNs how long a new cluster may fail to start before it is given up
/// @param operatorSockets a directory for sockets over which operators reach nodes, or null for
///   none; only its owner may enter it
/// @param restoreFrom the directories out of which callers may fill clusters with files
public record FleetTuning(
        LeaseTimings timings,
        long snapshotEveryBytes,
        long engineTimeoutNs,
        FailoverMode failoverMode,
        long silenceNs,
        FailoverPace pace,
        long topologyLagNs,
        int failoverQuota,
        StatusPace statusPace,
        boolean strictEngines,
        NodeMemory memory,
        FrontOptions front,
        long createWithinNs,
        @Nullable Path operatorSockets,
        List<Path> restoreFrom) {
    public FleetTuning {
        checkArgument(
                snapshotEveryBytes > 0, "a snapshot every %d bytes of log", snapshotEveryBytes);
        checkArgument(engineTimeoutNs > 0, "an engine timeout of %d ns", engineTimeoutNs);
        checkArgument(silenceNs > 0, "a silence of %d ns", silenceNs);
        checkArgument(topologyLagNs >= 0, "a topology that is %d ns late", topologyLagNs);
        checkArgument(failoverQuota >= 0, "a quota of %d failovers", failoverQuota);
        checkArgument(createWithinNs > 0, "clusters that start within %d ns", createWithinNs);
        restoreFrom = List.copyOf(restoreFrom);
    }

    /// The standard lease, a snapshot every 256 MiB of log, engines dead after 10 s, failovers that
    /// crash, at once, as often as one likes, and a minute for a new cluster that does not start.
    public static FleetTuning standard() {
        return new FleetTuning(
                LeaseTimings.standard(),
                256L << 20,
                TimeUnit.SECONDS.toNanos(10),
                FailoverMode.CRASH,
                TimeUnit.SECONDS.toNanos(5),
                FailoverPace.INSTANT,
                0,
                0,
                StatusPace.INSTANT,
                false,
                NodeMemory.asAws(),
                FrontOptions.standard(),
                TimeUnit.MINUTES.toNanos(1),
                null,
                List.of());
    }

    public FleetTuning withTimings(LeaseTimings other) {
        return with(parts -> parts.timings = other);
    }

    public FleetTuning withSnapshotEvery(long bytes) {
        return with(parts -> parts.snapshotEveryBytes = bytes);
    }

    public FleetTuning withEngineTimeout(long timeoutNs) {
        return with(parts -> parts.engineTimeoutNs = timeoutNs);
    }

    public FleetTuning withFailovers(
            FailoverMode mode, long silence, FailoverPace otherPace, int quota) {
        return with(parts -> {
            parts.failoverMode = mode;
            parts.silenceNs = silence;
            parts.pace = otherPace;
            parts.failoverQuota = quota;
        });
    }

    public FleetTuning withTopologyLag(long lagNs) {
        return with(parts -> parts.topologyLagNs = lagNs);
    }

    public FleetTuning withStatusPace(StatusPace other) {
        return with(parts -> parts.statusPace = other);
    }

    public FleetTuning withEngines(boolean strict, NodeMemory otherMemory) {
        return with(parts -> {
            parts.strictEngines = strict;
            parts.memory = otherMemory;
        });
    }

    public FleetTuning withFront(FrontOptions other) {
        return with(parts -> parts.front = other);
    }

    public FleetTuning withCreateWithin(long otherNs) {
        return with(parts -> parts.createWithinNs = otherNs);
    }

    public FleetTuning withOperatorSockets(@Nullable Path directory) {
        return with(parts -> parts.operatorSockets = directory);
    }

    public FleetTuning withRestoreFrom(List<Path> directories) {
        return with(parts -> parts.restoreFrom = directories);
    }

    private FleetTuning with(Consumer<Parts> change) {
        var parts = new Parts(this);
        change.accept(parts);
        return parts.together();
    }

    /// What a tuning consists of, while some of it is exchanged.
    private static final class Parts {
        private LeaseTimings timings;
        private long snapshotEveryBytes;
        private long engineTimeoutNs;
        private FailoverMode failoverMode;
        private long silenceNs;
        private FailoverPace pace;
        private long topologyLagNs;
        private int failoverQuota;
        private StatusPace statusPace;
        private boolean strictEngines;
        private NodeMemory memory;
        private FrontOptions front;
        private long createWithinNs;
        private @Nullable Path operatorSockets;
        private List<Path> restoreFrom;

        Parts(FleetTuning whole) {
            timings = whole.timings;
            snapshotEveryBytes = whole.snapshotEveryBytes;
            engineTimeoutNs = whole.engineTimeoutNs;
            failoverMode = whole.failoverMode;
            silenceNs = whole.silenceNs;
            pace = whole.pace;
            topologyLagNs = whole.topologyLagNs;
            failoverQuota = whole.failoverQuota;
            statusPace = whole.statusPace;
            strictEngines = whole.strictEngines;
            memory = whole.memory;
            front = whole.front;
            createWithinNs = whole.createWithinNs;
            operatorSockets = whole.operatorSockets;
            restoreFrom = whole.restoreFrom;
        }

        FleetTuning together() {
            return new FleetTuning(
                    timings,
                    snapshotEveryBytes,
                    engineTimeoutNs,
                    failoverMode,
                    silenceNs,
                    pace,
                    topologyLagNs,
                    failoverQuota,
                    statusPace,
                    strictEngines,
                    memory,
                    front,
                    createWithinNs,
                    operatorSockets,
                    restoreFrom);
        }
    }

    /// How much memory the engine of a node may use; 0 for any amount.
    long maxmemoryBytes(String nodeType) {
        return NodeType.find(nodeType).map(type -> memory.of(type.maxmemoryBytes())).orElse(0L);
    }

    /// How much the nodes of a cluster hold together; any amount when no bound is known.
    long capacityBytes(ClusterSpec cluster) {
        long nodeBytes = maxmemoryBytes(cluster.nodeType());
        return nodeBytes == 0 ? Long.MAX_VALUE : nodeBytes * cluster.shards().size();
    }

    /// How long replicas wait before they claim by themselves: not before they may be promoted.
    LeaseTimings pacedTimings() {
        return new LeaseTimings(
                timings.renewEveryNs(),
                timings.leaseNs(),
                timings.silenceNs() + pace.promotionDelayNs());
    }
}
