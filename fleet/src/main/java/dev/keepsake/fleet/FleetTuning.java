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
        return new FleetTuning(
                other,
                failovers,
                snapshots,
                engines,
                statusPace,
                createWithinNs,
                front,
                operatorSockets);
    }

    public FleetTuning withFailovers(
            FailoverMode mode, long silenceNs, FailoverPace pace, int quota) {
        return with(new FailoverPlan(mode, silenceNs, pace, failovers.topologyLagNs(), quota));
    }

    public FleetTuning withTopologyLag(long lagNs) {
        return with(failovers.withTopologyLag(lagNs));
    }

    private FleetTuning with(FailoverPlan other) {
        return new FleetTuning(
                timings,
                other,
                snapshots,
                engines,
                statusPace,
                createWithinNs,
                front,
                operatorSockets);
    }

    public FleetTuning withSnapshotEvery(long bytes) {
        return with(new SnapshotPlan(bytes, snapshots.restoreFrom()));
    }

    public FleetTuning withRestoreFrom(List<Path> directories) {
        return with(new SnapshotPlan(snapshots.everyBytes(), directories));
    }

    private FleetTuning with(SnapshotPlan other) {
        return new FleetTuning(
                timings,
                failovers,
                other,
                engines,
                statusPace,
                createWithinNs,
                front,
                operatorSockets);
    }

    public FleetTuning withEngineTimeout(long timeoutNs) {
        return with(new EnginePlan(engines.strict(), timeoutNs, engines.memory()));
    }

    public FleetTuning withEngines(boolean strict, NodeMemory memory) {
        return with(new EnginePlan(strict, engines.timeoutNs(), memory));
    }

    private FleetTuning with(EnginePlan other) {
        return new FleetTuning(
                timings,
                failovers,
                snapshots,
                other,
                statusPace,
                createWithinNs,
                front,
                operatorSockets);
    }

    public FleetTuning withStatusPace(StatusPace other) {
        return new FleetTuning(
                timings,
                failovers,
                snapshots,
                engines,
                other,
                createWithinNs,
                front,
                operatorSockets);
    }

    public FleetTuning withCreateWithin(long otherNs) {
        return new FleetTuning(
                timings,
                failovers,
                snapshots,
                engines,
                statusPace,
                otherNs,
                front,
                operatorSockets);
    }

    public FleetTuning withFront(FrontOptions other) {
        return new FleetTuning(
                timings,
                failovers,
                snapshots,
                engines,
                statusPace,
                createWithinNs,
                other,
                operatorSockets);
    }

    public FleetTuning withOperatorSockets(@Nullable Path directory) {
        return new FleetTuning(
                timings,
                failovers,
                snapshots,
                engines,
                statusPace,
                createWithinNs,
                front,
                directory);
    }

    /// Whether clusters of an engine that is not installed are refused.
    public boolean strictEngines() {
        return engines.strict();
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
                timings.silenceNs() + failovers.pace().promotionDelayNs());
    }
}
