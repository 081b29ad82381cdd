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

/// Settings that hold for all clusters of a server.
///
/// @param timings the timings of the leases
/// @param statusPace how long statuses of the control plane last at least
/// @param createWithinNs how long a new cluster may fail to start before its creation fails, in
///   nanoseconds
/// @param front the bounds of every node's front
/// @param operatorSockets the directory for the sockets of operators, or null for none; only its
///   owner may have access
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
        checkArgument(
                createWithinNs > 0,
                "a time of %d ns to create clusters; expected at least 1",
                createWithinNs);
    }

    /// The standard lease, a snapshot every 256 MiB of log, 10 s for an engine's answer, failovers
    /// that crash the primary without delays or quota, and one minute for a new cluster that does
    /// not start.
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

    /// A mutable copy.
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

    /// Whether only sound engines are run.
    public boolean strictEngines() {
        return engines.strict();
    }

    /// Whether requests for an engine that is not installed are refused.
    boolean exactEngineVersions() {
        return engines.exactVersions();
    }

    /// How much memory the engine of a node may use, in bytes; 0 for no limit.
    long maxmemoryBytes(String nodeType) {
        return NodeType.find(nodeType)
                .map(type -> engines.memory().of(type.maxmemoryBytes()))
                .orElse(0L);
    }

    /// How much data the nodes of a cluster can hold together, in bytes; [Long#MAX_VALUE] when
    /// there is no known limit.
    long capacityBytes(ClusterSpec cluster) {
        long nodeBytes = maxmemoryBytes(cluster.nodeType());
        return nodeBytes == 0 ? Long.MAX_VALUE : nodeBytes * cluster.shards().size();
    }

    /// The lease timings under the failover pace: replicas do not claim by themselves before they
    /// may be promoted.
    LeaseTimings pacedTimings() {
        return new LeaseTimings(
                timings.renewEveryNs(),
                timings.leaseNs(),
                timings.claimAfterNs() + failovers.pace().promotionDelayNs());
    }
}
