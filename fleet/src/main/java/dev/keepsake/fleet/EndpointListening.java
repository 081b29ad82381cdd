package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.front.ClusterEndpoint;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has the endpoints of clusters listen, and tries again until they do: somebody else may have had
/// a port while this server was down. Clients were told of that port and of no other, so nothing
/// else can be listened on instead. Owned by the fleet's thread.
final class EndpointListening {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointListening.class);

    private final Predicate<ClusterRuntime> isRunning;
    private final Reports reports;
    private final RetryLater.Pause pause;
    private final Executor fleet;

    /// @param isRunning whether a cluster has not ended meanwhile
    /// @param fleet runs what it is given on the fleet's thread, or drops it once that has ended
    EndpointListening(
            Predicate<ClusterRuntime> isRunning,
            Reports reports,
            RetryLater.Pause pause,
            Executor fleet) {
        this.isRunning = isRunning;
        this.reports = reports;
        this.pause = pause;
        this.fleet = fleet;
    }

    void listen(ClusterRuntime runtime, ClusterEndpoint endpoint) {
        listen(runtime, endpoint, false);
    }

    /// @param announced whether it is said already that it does not listen
    private void listen(ClusterRuntime runtime, ClusterEndpoint endpoint, boolean announced) {
        if (!isRunning.test(runtime)) {
            return;
        }
        var id = runtime.spec().id();
        var address =
                new InetSocketAddress(
                        runtime.endpoints().host(), runtime.endpoints().clusterPort());
        endpoint.bind(address)
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        fleet.execute(() -> {
                            if (!announced) {
                                announceMissing(id, address, failure);
                            }
                            pause.then(() -> listen(runtime, endpoint, true));
                        });
                    } else if (announced) {
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
