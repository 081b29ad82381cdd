package dev.keepsake.control;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What runs at one moment, beside what is recorded. A value.
///
/// @param time the moment
/// @param clusters all recorded clusters, in all regions
/// @param changes the newest changes of nodes since the server began, oldest first
/// @param outages the newest outages since the server began, oldest first
public record LiveState(
        Instant time, List<Cluster> clusters, List<Change> changes, List<Outage> outages) {
    /// An offset or a number that nobody knows at present.
    public static final long UNKNOWN = -1;

    public LiveState {
        clusters = List.copyOf(clusters);
        changes = List.copyOf(changes);
        outages = List.copyOf(outages);
    }

    /// A cluster.
    ///
    /// @param status as the API returns it
    /// @param failover the FailoverShard that is under way, or null
    /// @param shards its running shards; none while the cluster does not run
    public record Cluster(
            ClusterId id, String status, @Nullable Failover failover, List<Shard> shards) {
        public Cluster {
            shards = List.copyOf(shards);
        }
    }

    /// A running shard, and its log. Offsets are in bytes of the shard's stream.
    ///
    /// @param leader the node that leads, or null while none does
    /// @param term the newest term in the log; 0 before the first one
    /// @param firstOffset where the data begins that the log still holds
    /// @param endOffset where the log ends
    /// @param snapshotOffset up to where the newest snapshot has the data, or [#UNKNOWN] when there
    ///   is none
    public record Shard(
            String name,
            @Nullable String leader,
            long term,
            long firstOffset,
            long endOffset,
            long snapshotOffset,
            List<Node> nodes) {
        public Shard {
            nodes = List.copyOf(nodes);
        }
    }

    /// A running node.
    ///
    /// @param serving whether clients are answered from its engine
    /// @param appliedOffset what its engine had applied when that was last known, or [#UNKNOWN]
    /// @param clients how many clients are connected
    /// @param commands how many commands clients have given since the node's front was made
    public record Node(
            String name,
            Phase phase,
            boolean serving,
            long appliedOffset,
            int clients,
            long commands) {}

    /// The phase of a node in its life.
    public enum Phase {
        /// It has no engine.
        DOWN,
        /// Its engine starts or catches up.
        STARTING,
        /// Its engine follows the log closely.
        REPLICA,
        /// It leads.
        PRIMARY,
        /// It led, and answers no longer, although its sockets are open.
        SILENT,
        /// It has left its shard.
        LEFT
    }

    /// A node's state after a change, until its next change.
    ///
    /// @param number counts all changes of this server, from 1
    public record Change(
            long number,
            Instant time,
            ClusterId cluster,
            String shard,
            String node,
            Phase phase,
            boolean serving) {}

    /// A time during which no primary of a shard answered, although one had answered before.
    ///
    /// @param number counts all outages of this server, from 1
    /// @param from the primary that answered before
    /// @param to the primary that answered next, or null while none does
    /// @param lasted on the monotonic clock, or null while it lasts
    public record Outage(
            long number,
            ClusterId cluster,
            String shard,
            Instant begin,
            String from,
            @Nullable String to,
            @Nullable Duration lasted) {}
}
