package dev.keepsake.fleet;

import java.util.concurrent.Executor;

/// Passes events of the shards of one cluster to the parts that handle them. On the fleet's thread.
final class ShardReports implements ShardRuntime.Listener {
    private final ClusterRuntime runtime;
    private final Reports reports;
    private final ClusterTroubles troubles;
    private final ClusterEnd end;
    private final Executor fleet;
    private final Runnable onEnded;

    /// @param fleet runs its tasks on the fleet's thread, and drops them once that has ended
    /// @param onEnded called when the cluster has ended, and may be started again
    ShardReports(
            ClusterRuntime runtime,
            Reports reports,
            ClusterTroubles troubles,
            ClusterEnd end,
            Executor fleet,
            Runnable onEnded) {
        this.runtime = runtime;
        this.reports = reports;
        this.troubles = troubles;
        this.end = end;
        this.fleet = fleet;
        this.onEnded = onEnded;
    }

    @Override
    public void onTopologyChanged() {
        runtime.topology().publish();
    }

    @Override
    public void onServing() {
        troubles.recovered(runtime.spec().id());
        runtime.progressed();
    }

    @Override
    public void onNodeFailed(NodeRuntime failed) {
        var id = runtime.spec().id();
        reports.report((plane, now) -> plane.nodeRecovering(id, failed.name(), now));
        var needed = failed.engineNeeded();
        fleet.execute(() -> { // after the shard has handled the event
            if (needed == null) {
                end.failWhenNew(id);
            } else if (end.endFor(runtime, needed)) {
                onEnded.run();
            }
        });
    }
}
