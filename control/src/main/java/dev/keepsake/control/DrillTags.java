package dev.keepsake.control;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// The tags of a cluster that say how it takes part in drills.
public final class DrillTags {
    /// Delays the replicas of a cluster: milliseconds.
    public static final String LAG_TAG = "keepsake:replica-lag-ms";

    /// Keeps the other nodes of a cluster from learning of a new primary: milliseconds.
    private static final String TOPOLOGY_LAG_TAG = "keepsake:topology-lag-ms";

    /// Says how FailoverShard lets the cluster's primaries fail.
    public static final String MODE_TAG = "keepsake:failover-mode";

    private static final int LAG_MAX_MS = 60_000;

    private DrillTags() {}

    /// @throws ApiException when one of them has a value that it does not take
    static void check(Map<String, String> tags) {
        checkLag(tags, LAG_TAG);
        checkLag(tags, TOPOLOGY_LAG_TAG);
        String mode = tags.get(MODE_TAG);
        if (mode != null) {
            try {
                FailoverMode.of(mode);
            } catch (IllegalArgumentException e) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "Tag %s: %s.", MODE_TAG, String.valueOf(e.getMessage()));
            }
        }
    }

    private static void checkLag(Map<String, String> tags, String tag) {
        String lag = tags.get(tag);
        if (lag != null && (!lag.matches("\\d{1,5}") || Integer.parseInt(lag) > LAG_MAX_MS)) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "Tag %s is %s; expected 0 to %d milliseconds.", tag, lag, LAG_MAX_MS);
        }
    }

    /// How FailoverShard lets the cluster's primaries fail, when the cluster says so.
    public static Optional<FailoverMode> failoverMode(ClusterSpec spec) {
        return Optional.ofNullable(spec.tags().get(MODE_TAG)).map(FailoverMode::of);
    }

    /// How far the replicas of a cluster are kept behind.
    public static Duration replicaLag(ClusterSpec spec) {
        return Duration.ofMillis(Long.parseLong(spec.tags().getOrDefault(LAG_TAG, "0")));
    }

    /// How long the other nodes of a cluster take to learn of a new primary, when the cluster says
    /// so.
    public static Optional<Duration> topologyLag(ClusterSpec spec) {
        return Optional.ofNullable(spec.tags().get(TOPOLOGY_LAG_TAG))
                .map(lag -> Duration.ofMillis(Long.parseLong(lag)));
    }
}
