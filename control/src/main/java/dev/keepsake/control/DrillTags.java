package dev.keepsake.control;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// The tags that control how a cluster behaves in drills.
public final class DrillTags {
    /// The delay of the cluster's replicas, in milliseconds.
    public static final String LAG_TAG = "keepsake:replica-lag-ms";

    /// How long the other nodes of the cluster do not learn of a new primary, in milliseconds.
    private static final String TOPOLOGY_LAG_TAG = "keepsake:topology-lag-ms";

    /// How FailoverShard makes the cluster's primaries fail: a name of [FailoverMode].
    public static final String MODE_TAG = "keepsake:failover-mode";

    private static final int LAG_MAX_MS = 60_000;

    private DrillTags() {}

    /// @throws ApiException when one of the tags has an invalid value
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

    /// How FailoverShard makes the cluster's primaries fail; empty when the cluster has no such
    /// tag.
    public static Optional<FailoverMode> failoverMode(ClusterSpec spec) {
        return Optional.ofNullable(spec.tags().get(MODE_TAG)).map(FailoverMode::of);
    }

    /// The delay of the cluster's replicas; zero when the cluster has no such tag.
    public static Duration replicaLag(ClusterSpec spec) {
        return Duration.ofMillis(Long.parseLong(spec.tags().getOrDefault(LAG_TAG, "0")));
    }

    /// How long the other nodes of the cluster do not learn of a new primary; empty when the
    /// cluster has no such tag.
    public static Optional<Duration> topologyLag(ClusterSpec spec) {
        return Optional.ofNullable(spec.tags().get(TOPOLOGY_LAG_TAG))
                .map(lag -> Duration.ofMillis(Long.parseLong(lag)));
    }
}
