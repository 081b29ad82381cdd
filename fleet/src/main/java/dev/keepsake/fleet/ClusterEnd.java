package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.engine.EngineStamp;
import java.io.IOException;

/// Ends clusters on this machine: those that are deleted, new ones that cannot be started, and
/// those whose engine cannot continue. Owned by the fleet's thread.
final class ClusterEnd {
    private final ControlJournal control;
    private final Reports reports;
    private final RunningClusters running;
    private final ClusterEngines engines;
    private final Machine machine;
    private final ClusterDirectories directories;
    private final LogClosings closings;
    private final Fillings fillings;
    private final PortAssignment ports;
    private final ClusterTroubles troubles;
    private final long createWithinNs;

    /// @param createWithinNs how long a new cluster may fail to start before its creation fails, in
    ///   nanoseconds
    ClusterEnd(
            ControlJournal control,
            Reports reports,
            RunningClusters running,
            ClusterEngines engines,
            Machine machine,
            ClusterDirectories directories,
            LogClosings closings,
            Fillings fillings,
            PortAssignment ports,
            ClusterTroubles troubles,
            long createWithinNs) {
        this.control = control;
        this.reports = reports;
        this.running = running;
        this.engines = engines;
        this.machine = machine;
        this.directories = directories;
        this.closings = closings;
        this.fillings = fillings;
        this.ports = ports;
        this.troubles = troubles;
        this.createWithinNs = createWithinNs;
    }

    /// Deletes everything of a cluster, and records that when it is done. Until then the cluster
    /// keeps its name. May be called again.
    void remove(ClusterState cluster) throws IOException {
        var id = cluster.spec().id();
        var runtime = running.remove(id);
        if (runtime != null) {
            runtime.closeAndFreePort();
        }
        if (!closings.delete(id, () -> delete(cluster.spec()))) {
            return; // its end is reported
        }
        fillings.forget(id);
        troubles.forget(id);
        engines.forget(id);
        control.decide(plane -> plane.clusterRemoved(id, machine.clock().now()));
        var endpoints = cluster.endpoints();
        if (endpoints != null && control.read(state -> state.cluster(id)).isEmpty()) {
            ports.giveBack(endpoints);
        }
    }

    /// Ends every engine of a closed cluster, including those that are being launched, and deletes
    /// all its files and logs. Blocks, so it runs beside the fleet's thread.
    ///
    /// @throws IOException when not all could be deleted; the call may be repeated
    private void delete(ClusterSpec cluster) throws IOException {
        machine.launcher().killBelow(directories.of(cluster.id()));
        for (var shard : cluster.shards()) {
            machine.logs().delete(directories.logOf(cluster.id(), shard));
        }
        SnapshotFiles.Trees.delete(directories.of(cluster.id()));
    }

    /// Fails a new cluster that could not be started for some time. Other clusters are tried again
    /// without end, because they hold data.
    void failWhenNew(ClusterId id) {
        var cluster = control.read(state -> state.cluster(id)).orElse(null);
        if (cluster == null || cluster.status() != ClusterState.Status.CREATING) {
            return;
        }
        if (troubles.failed(id, machine.clock().nowNs()) > createWithinNs) {
            reports.report((plane, now) -> plane.createFailed(id, now));
            endIfFailed(cluster);
        }
    }

    /// Ends the cluster only after its failure has been recorded. If it could not be recorded, the
    /// next failed start leads here again.
    private void endIfFailed(ClusterState before) {
        var id = before.spec().id();
        boolean failed =
                control.read(state -> state.cluster(id))
                        .filter(now -> now.status() == ClusterState.Status.CREATE_FAILED)
                        .isPresent();
        if (!failed) {
            return;
        }
        running.close(id);
        troubles.forget(id);
        if (before.endpoints() != null) {
            ports.giveBack(before.endpoints());
        }
    }

    /// Ends a cluster whose engine cannot continue because another process has meanwhile written
    /// its log with a newer engine. It may then be started on another engine.
    ///
    /// @return whether the cluster ran until now
    boolean endFor(ClusterRuntime runtime, EngineStamp needed) {
        var id = runtime.spec().id();
        engines.note(id, needed);
        if (!running.has(runtime)) {
            return false;
        }
        running.close(id);
        return true;
    }
}
