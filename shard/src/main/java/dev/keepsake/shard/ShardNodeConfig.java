package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.EngineStamp;

/// What one node of a shard is started with.
///
/// @param replicationId 40 hexadecimal digits, the same for all nodes of the shard and for all
///   time: the name under which engines know the log
/// @param engine how the engine is launched
/// @param stamp what it writes into the log of its engine
/// @param timings the lease
/// @param feedDelayNs how long each log entry is withheld from this node while it is a replica; 0
///   but in drills
/// @param engineTimeoutNs how long an engine may leave a question unanswered before it counts as
///   dead; longer than any command takes
/// @param undecidedMaxBytes how much of the stream may wait for the log before the tap stops
///   reading, or one unit if that is longer
/// @param unitMaxBytes the longest command or transaction that is taken
public record ShardNodeConfig(
        String replicationId,
        EngineSpec engine,
        EngineStamp stamp,
        LeaseTimings timings,
        long feedDelayNs,
        long engineTimeoutNs,
        int undecidedMaxBytes,
        int unitMaxBytes) {
    public ShardNodeConfig {
        checkArgument(
                replicationId.matches("[0-9a-f]{40}"),
                "replication id is not 40 hexadecimal digits: %s",
                replicationId);
        checkArgument(feedDelayNs >= 0, "feed delay is negative: %d ns", feedDelayNs);
        checkArgument(engineTimeoutNs > 0, "engine timeout is %d ns", engineTimeoutNs);
        checkArgument(undecidedMaxBytes > 0, "undecided bound is %d bytes", undecidedMaxBytes);
        checkArgument(unitMaxBytes > 0, "units of %d bytes at most", unitMaxBytes);
    }

    /// The node's name.
    public String node() {
        return engine.node();
    }
}
