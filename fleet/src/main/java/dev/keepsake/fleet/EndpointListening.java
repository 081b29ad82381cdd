package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the endpoints of clusters listen, and tries again until they do: another program may have
/// taken a port while this server was down. Clients know only the published port, so the endpoint
/// cannot use another one. A port that is free again at the second try is not reported, because a
/// starting engine has all sockets of its parent process for a moment. Owned by the fleet's thread.
final class EndpointListening {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointListening.class);
    private static final int FAILURES_BEFORE_NEWS = 2;

    private final Reports reports;
    private final RetryLater.Pause pause;
    private final Executor fleet;

    /// Starts to listen. Fails when another program has the port.
    @FunctionalInterface
    interface Listener {
        CompletableFuture<Void> bind(InetSocketAddress address);
    }

    /// @param fleet runs its tasks on the fleet's thread, and drops them once that has ended
    EndpointListening(Reports reports, RetryLater.Pause pause, Executor fleet) {
        this.reports = reports;
        this.pause = pause;
        this.fleet = fleet;
    }

    /// Listens at an address, now or as soon as possible.
    ///
    /// @param isRunning whether the cluster has not ended meanwhile
    void listen(
            ClusterId id, InetSocketAddress address, Listener listener, BooleanSupplier isRunning) {
        listen(id, address, listener, isRunning, 0);
    }

    /// @param failures how many tries have failed
    private void listen(
            ClusterId id,
            InetSocketAddress address,
            Listener listener,
            BooleanSupplier isRunning,
            int failures) {
        if (!isRunning.getAsBoolean()) {
            return;
        }
        listener.bind(address)
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        fleet.execute(() -> {
                            if (failures + 1 == FAILURES_BEFORE_NEWS) {
                                announceMissing(id, address, failure);
                            }
                            pause.then(
                                    () -> listen(id, address, listener, isRunning, failures + 1));
                        });
                    } else if (failures >= FAILURES_BEFORE_NEWS) {
                        fleet.execute(() -> announceBack(id, address));
                    }
                });
    }

    private void announceMissing(ClusterId id, InetSocketAddress address, Throwable failure) {
        LOG.warn(
                "cluster={} does not listen at its endpoint, which is tried again; end the program"
                        + " that has the port, or use the ports of the nodes port={} address={}"
                        + " reason={}",
                id.name(),
                address.getPort(),
                address,
                failure.getMessage());
        reports.report((plane, now) -> plane.endpointMissing(id, now));
    }

    private void announceBack(ClusterId id, InetSocketAddress address) {
        LOG.info("cluster={} listens again address={}", id.name(), address);
        reports.report((plane, now) -> plane.endpointBack(id, now));
    }
}
