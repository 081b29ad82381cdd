package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The failures of clusters that do not run, and since when they fail. Owned by the fleet's thread.
final class ClusterTroubles {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterTroubles.class);

    private final Map<ClusterId, String> complaints = new HashMap<>();
    private final Map<ClusterId, Long> failingSinceNs = new HashMap<>();

    /// Logs why a cluster that is tried again failed, once for each reason.
    void complain(ClusterId id, Exception e) {
        var reason = String.valueOf(e.getMessage());
        if (!reason.equals(complaints.put(id, reason))) {
            LOG.error("cluster={} cannot run, it is tried again reason={}", id.name(), reason, e);
        }
    }

    /// Logs why a cluster is not started at all, once for each reason.
    void sayNotStarted(ClusterId id, String reason) {
        if (!reason.equals(complaints.put(id, reason))) {
            LOG.error("cluster={} is not started reason={}", id.name(), reason);
        }
    }

    /// Reports that a cluster has failed to start.
    ///
    /// @return for how long it has been failing, in nanoseconds
    long failed(ClusterId id, long nowNs) {
        return nowNs - failingSinceNs.computeIfAbsent(id, _ -> nowNs);
    }

    /// Reports that a cluster makes progress.
    void recovered(ClusterId id) {
        failingSinceNs.remove(id);
    }

    /// Forgets a cluster that runs, or of which nothing is left.
    void forget(ClusterId id) {
        complaints.remove(id);
        failingSinceNs.remove(id);
    }
}
