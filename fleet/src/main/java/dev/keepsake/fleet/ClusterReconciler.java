package dev.keepsake.fleet;

import dev.keepsake.control.ClusterState;
import dev.keepsake.control.ControlUnavailableException;
import java.io.IOException;

/// Makes the clusters that run on this machine match the records: starts, changes and ends them. It
/// only acts; [ClusterProgress] decides. Owned by the fleet's thread.
final class ClusterReconciler {
    private final ControlJournal control;
    private final RunningClusters running;
    private final ClusterStart start;
    private final ClusterEnd end;
    private final PortAssignment ports;
    private final Fillings fillings;
    private final LogOpenings openings;
    private final ClusterSnapshots snapshots;
    private final ClusterProgress progress;
    private final ClusterTroubles troubles;

    ClusterReconciler(
            ControlJournal control,
            RunningClusters running,
            ClusterStart start,
            ClusterEnd end,
            PortAssignment ports,
            Fillings fillings,
            LogOpenings openings,
            ClusterSnapshots snapshots,
            ClusterProgress progress,
            ClusterTroubles troubles) {
        this.control = control;
        this.running = running;
        this.start = start;
        this.end = end;
        this.ports = ports;
        this.fillings = fillings;
        this.openings = openings;
        this.snapshots = snapshots;
        this.progress = progress;
        this.troubles = troubles;
    }

    /// Takes the next step for a cluster.
    ///
    /// @return whether that succeeded; a failure has been logged, and the step has to be tried
    ///   again
    boolean reconcile(ClusterState cluster) {
        try {
            takeStep(cluster);
            return true;
        } catch (IOException | RuntimeException e) {
            troubles.complain(cluster.spec().id(), e);
            if (!(e instanceof ControlUnavailableException)) {
                end.failWhenNew(cluster.spec().id());
            }
            return false;
        }
    }

    private void takeStep(ClusterState cluster) throws IOException {
        var id = cluster.spec().id();
        switch (cluster.status()) {
            case CREATING -> {
                if (running.has(id) || fillings.isFilled(cluster.spec())) {
                    run(cluster);
                }
            }
            case AVAILABLE, UPDATING, SNAPSHOTTING -> run(cluster);
            case CREATE_FAILED, RESTORE_FAILED -> {}
            case DELETING -> {
                if (control.query(plane -> plane.snapshots().isAwaited(id))) {
                    run(cluster);
                } else if (fillings.abandon(id) && openings.giveUp(id) && !snapshots.isTaking(id)) {
                    end.remove(cluster);
                }
            }
        }
    }

    /// Makes everything of a cluster run as recorded.
    private void run(ClusterState cluster) throws IOException {
        var spec = cluster.spec();
        var endpoints = cluster.endpoints();
        if (endpoints == null || !PortAssignment.isComplete(spec, endpoints)) {
            ports.assign(spec, endpoints);
            return; // recording them calls us again
        }
        var runtime = running.get(spec.id());
        if (runtime == null) {
            start.start(cluster, endpoints);
        } else {
            runtime.become(spec, endpoints);
            runtime.wantParameters(control.query(plane -> plane.parameters().of(spec)));
            runtime.configure();
            runtime.permit(control.query(plane -> plane.access().rulesOf(cluster)));
            start.addMissingNodes(spec, runtime);
        }
        progress.advance(spec.id());
    }
}
