package dev.keepsake.shard;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.engine.EngineSpec;
import dev.keepsake.engine.EngineStamp;

/// The settings of one node of a shard.
///
/// @param replicationId 40 hexadecimal digits, the same for all nodes of the shard and for all
///   time: the name under which engines know the log
/// @param engine how the engine is launched
/// @param stamp the name, version and RDB version of the engine, which it records in the log
/// @param timings the timings of the lease
/// @param feedDelayNs how long each log entry is withheld from this node while it is a replica, in
///   nanoseconds; other than 0 only in drills
/// @param engineTimeoutNs how long an engine may leave a question unanswered before it counts as
///   failed, in nanoseconds; longer than any command takes
/// @param undecidedMaxBytes how many bytes of the stream may wait for the log before the tap stops
///   reading; a single longer unit may wait, too
/// @param unitMaxBytes the longest accepted command or transaction, in bytes
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
        checkArgument(
                engineTimeoutNs > 0,
                "an engine timeout of %d ns; expected at least 1",
                engineTimeoutNs);
        checkArgument(
                undecidedMaxBytes > 0,
                "an undecided bound of %d bytes; expected at least 1",
                undecidedMaxBytes);
        checkArgument(
                unitMaxBytes > 0, "units of at most %d bytes; expected at least 1", unitMaxBytes);
    }

    /// The node's name.
    public String node() {
        return engine.node();
    }
}
