package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.engine.EngineStamp;
import java.io.IOException;

/// Ends clusters on this machine: those that are deleted, new ones that cannot be started, and
/// those that run on an engine which cannot go on. Owned by the fleet's thread.
final class ClusterEnd {
    private final ControlJournal control;
    private final Reports reports;
    private final RunningClusters running;
    private final ClusterEngines engines;
    private final Machine machine;
    private final ClusterDirectories directories;
    private final Fillings fillings;
    private final PortAssignment ports;
    private final ClusterTroubles troubles;
    private final long createWithinNs;

    /// @param createWithinNs how long a new cluster may fail to start before it is given up
    ClusterEnd(
            ControlJournal control,
            Reports reports,
            RunningClusters running,
            ClusterEngines engines,
            Machine machine,
            ClusterDirectories directories,
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
        this.fillings = fillings;
        this.ports = ports;
        this.troubles = troubles;
        this.createWithinNs = createWithinNs;
    }

    /// Leaves nothing of a cluster, and records that.
    void remove(ClusterState cluster) throws IOException {
        var id = cluster.spec().id();
        var runtime = running.remove(id);
        if (runtime != null) {
            runtime.closeAndFreePort();
        }
        delete(cluster.spec());
        fillings.forget(id);
        troubles.forget(id);
        engines.forget(id);
        control.decide(plane -> plane.clusterRemoved(id, machine.clock().now()));
        var endpoints = cluster.endpoints();
        if (endpoints != null && control.read(state -> state.cluster(id)).isEmpty()) {
            ports.giveBack(endpoints);
        }
    }

    /// Ends every engine of a cluster that has been closed, those that are being launched, too, and
    /// deletes everything that is kept of it.
    ///
    /// @throws IOException when not all could be deleted; it can be tried again
    private void delete(ClusterSpec cluster) throws IOException {
        machine.launcher().killBelow(directories.of(cluster.id()));
        for (var shard : cluster.shards()) {
            machine.logs().delete(directories.logOf(cluster.id(), shard));
        }
        SnapshotFiles.Trees.delete(directories.of(cluster.id()));
    }

    /// A new cluster that cannot be started for some time fails; others are tried for ever, because
    /// they hold data.
    void giveUpWhenNew(ClusterId id) {
        var cluster = control.read(state -> state.cluster(id)).orElse(null);
        if (cluster == null || cluster.status() != ClusterState.Status.CREATING) {
            return;
        }
        if (troubles.failed(id, machine.clock().nowNs()) > createWithinNs) {
            reports.report((plane, now) -> plane.createFailed(id, now));
            endIfFailed(cluster);
        }
    }

    /// Once it is recorded, and only then: until then the next failure brings us back here.
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

    /// Ends what runs on an engine that cannot go on with what another has written meanwhile, as
    /// another process does; it may be started on another engine.
    ///
    /// @return whether it ran until now
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
