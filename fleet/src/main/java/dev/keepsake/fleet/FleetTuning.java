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
/// @param statusPace how long statuses of the control plane last
/// @param createWithinNs how long a new cluster may fail to start before it is given up
/// @param front the bounds of every node's front
/// @param operatorSockets a directory for sockets over which operators reach nodes, or null for
///   none; only its owner may enter it
public record FleetTuning(
        LeaseTimings timings,
        FailoverPlan failovers,
        SnapshotPlan snapshots,
        EnginePlan engines,
        StatusPace statusPace,
        long createWithinNs,
        FrontOptions front,
        @Nullable Path operatorSockets) {
    public FleetTuning {
        checkArgument(createWithinNs > 0, "clusters that start within %d ns", createWithinNs);
    }

    /// The standard lease, a snapshot every 256 MiB of log, engines dead after 10 s, failovers that
    /// crash, at once, as often as one likes, and a minute for a new cluster that does not start.
    public static FleetTuning standard() {
        return new FleetTuning(
                LeaseTimings.standard(),
                FailoverPlan.STANDARD,
                SnapshotPlan.STANDARD,
                EnginePlan.STANDARD,
                StatusPace.INSTANT,
                TimeUnit.MINUTES.toNanos(1),
                FrontOptions.standard(),
                null);
    }

    public FleetTuning withTimings(LeaseTimings other) {
        return with(change -> change.timings = other);
    }

    public FleetTuning withFailovers(
            FailoverMode mode, long silentForNs, FailoverPace pace, int quota) {
        var other = new FailoverPlan(mode, silentForNs, pace, failovers.topologyLagNs(), quota);
        return with(change -> change.failovers = other);
    }

    public FleetTuning withTopologyLag(long lagNs) {
        return with(change -> change.failovers = failovers.withTopologyLag(lagNs));
    }

    public FleetTuning withSnapshotEvery(long bytes) {
        var other = new SnapshotPlan(bytes, snapshots.restoreFrom());
        return with(change -> change.snapshots = other);
    }

    public FleetTuning withRestoreFrom(List<Path> directories) {
        var other = new SnapshotPlan(snapshots.everyBytes(), directories);
        return with(change -> change.snapshots = other);
    }

    public FleetTuning withEngineTimeout(long timeoutNs) {
        var other =
                new EnginePlan(
                        engines.strict(), engines.exactVersions(), timeoutNs, engines.memory());
        return with(change -> change.engines = other);
    }

    public FleetTuning withEngines(boolean strict, NodeMemory memory) {
        var other = new EnginePlan(strict, engines.exactVersions(), engines.timeoutNs(), memory);
        return with(change -> change.engines = other);
    }

    public FleetTuning withExactEngineVersions(boolean exact) {
        var other = new EnginePlan(engines.strict(), exact, engines.timeoutNs(), engines.memory());
        return with(change -> change.engines = other);
    }

    public FleetTuning withStatusPace(StatusPace other) {
        return with(change -> change.statusPace = other);
    }

    public FleetTuning withCreateWithin(long otherNs) {
        return with(change -> change.createWithinNs = otherNs);
    }

    public FleetTuning withFront(FrontOptions other) {
        return with(change -> change.front = other);
    }

    public FleetTuning withOperatorSockets(@Nullable Path directory) {
        return with(change -> change.operatorSockets = directory);
    }

    private FleetTuning with(Consumer<Change> change) {
        var next = new Change(this);
        change.accept(next);
        return new FleetTuning(
                next.timings,
                next.failovers,
                next.snapshots,
                next.engines,
                next.statusPace,
                next.createWithinNs,
                next.front,
                next.operatorSockets);
    }

    /// A copy while it is changed.
    private static final class Change {
        private LeaseTimings timings;
        private FailoverPlan failovers;
        private SnapshotPlan snapshots;
        private EnginePlan engines;
        private StatusPace statusPace;
        private long createWithinNs;
        private FrontOptions front;
        private @Nullable Path operatorSockets;

        Change(FleetTuning of) {
            timings = of.timings;
            failovers = of.failovers;
            snapshots = of.snapshots;
            engines = of.engines;
            statusPace = of.statusPace;
            createWithinNs = of.createWithinNs;
            front = of.front;
            operatorSockets = of.operatorSockets;
        }
    }

    /// Whether none but sound engines are run.
    public boolean strictEngines() {
        return engines.strict();
    }

    /// Whether clusters of an engine that is not installed are refused.
    boolean exactEngineVersions() {
        return engines.exactVersions();
    }

    /// How much memory the engine of a node may use; 0 for any amount.
    long maxmemoryBytes(String nodeType) {
        return NodeType.find(nodeType)
                .map(type -> engines.memory().of(type.maxmemoryBytes()))
                .orElse(0L);
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
                timings.claimAfterNs() + failovers.pace().promotionDelayNs());
    }
}
