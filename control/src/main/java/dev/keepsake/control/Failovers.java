package dev.keepsake.control;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Decides FailoverShard, and records which node leads each shard.
///
/// A failover goes through the stages of [Failover]. A report continues it only from the directly
/// preceding stage. A report about another failover, such as a late one, is no news.
final class Failovers {
    private static final Duration COUNTED = Duration.ofHours(24);
    private static final String CALLED = "FailoverShard API called for shard ";

    private final ControlState state;
    private final ClusterLookup lookup;
    private final int quota;

    /// @param quota how many FailoverShard calls a region accepts within 24 hours; 0 for any number
    Failovers(ControlState state, ClusterLookup lookup, int quota) {
        this.state = state;
        this.lookup = lookup;
        this.quota = quota;
    }

    /// FailoverShard. Checks in this order: members, cluster, shard, state, replicas, quota.
    Decision<ClusterState> call(
            String region, @Nullable String clusterName, @Nullable String shardName, Instant now) {
        Requests.required("ClusterName", clusterName);
        String shardWanted = Requests.required("ShardName", shardName);
        var cluster = lookup.existing(region, clusterName);
        var id = cluster.spec().id();
        var shard =
                cluster.spec().shards().stream()
                        .filter(candidate -> candidate.name().equals(shardWanted))
                        .findFirst()
                        .orElseThrow(() ->
                                Fault.SHARD_NOT_FOUND.because(
                                        "Shard %s not found in cluster %s.",
                                        shardWanted, id.name()));
        ClusterLookup.expectAvailable(cluster);
        expectSuccessor(cluster, shard);
        if (quota > 0 && calledWithinADay(region, now) >= quota) {
            throw Fault.API_CALL_RATE_EXCEEDED.because(
                    "FailoverShard was called %d times within 24 hours, which is the quota of this"
                            + " server.",
                    quota);
        }
        return new Decision<>(
                List.of(
                        new ControlRecord.FailoverRequested(id, shardWanted),
                        Events.ofCluster(id, now, CALLED + shardWanted)),
                cluster);
    }

    private static void expectSuccessor(ClusterState cluster, ShardSpec shard) {
        if (shard.nodes().size() < 2) {
            throw Fault.TEST_FAILOVER_NOT_AVAILABLE.because(
                    "Shard %s of cluster %s has no replica that could take over.",
                    shard.name(), cluster.spec().id().name());
        }
        if (shard.nodes().stream()
                .map(NodeSpec::name)
                .filter(node -> !node.equals(cluster.primaryOf(shard)))
                .allMatch(cluster.recovering()::contains)) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Shard %s of cluster %s has no replica that could take over now; wait for the"
                            + " event \"Finished recovery\".",
                    shard.name(), cluster.spec().id().name());
        }
    }

    private long calledWithinADay(String region, Instant now) {
        var from = now.minus(COUNTED);
        return state.events().stream()
                .filter(event ->
                        event.region().equals(region)
                                && event.date().isAfter(from)
                                && event.message().startsWith(CALLED))
                .count();
    }

    // ---- reports of the fleet

    /// The fleet is about to make a running primary fail.
    Decision<Optional<ClusterState>> begun(ClusterId id, String failing) {
        return Decision.whenNews(
                state.cluster(id),
                cluster ->
                        stageOf(cluster) instanceof Failover.Called
                                && !cluster.recovering().contains(failing),
                new ControlRecord.FailoverBegun(id, failing));
    }

    /// Another node is the primary, and answers.
    Decision<Optional<ClusterState>> promoted(
            ClusterId id, String failing, String promoted, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster ->
                        stageOf(cluster) instanceof Failover.Failing(String node)
                                && node.equals(failing),
                new ControlRecord.FailoverPromoted(id, promoted),
                Events.ofCluster(
                        id,
                        now,
                        "Failover from primary node %s to replica node %s completed"
                                .formatted(failing, promoted)),
                Recoveries.began(id, failing, now));
    }

    /// The failed node answers again, as a replica that has caught up.
    Decision<Optional<ClusterState>> finished(ClusterId id, String failing, Instant now) {
        return Decision.whenNews(
                state.cluster(id),
                cluster ->
                        stageOf(cluster) instanceof Failover.Promoted(String node, _)
                                && node.equals(failing),
                new ControlRecord.FailoverFinished(id, now),
                Recoveries.finished(id, failing, now));
    }

    private static Failover.@Nullable Stage stageOf(ClusterState cluster) {
        var failover = cluster.failover();
        return failover == null ? null : failover.stage();
    }

    /// A node leads its shard. It is news if another node led before and no FailoverShard explains
    /// the change: a FailoverShard has its own events.
    Decision<Optional<ClusterState>> leads(ClusterId id, String promoted, Instant now) {
        var cluster = state.cluster(id);
        var shard = cluster.flatMap(found -> shardOf(found, promoted)).orElse(null);
        if (cluster.isEmpty()
                || shard == null
                || cluster.get().primaryOf(shard).equals(promoted)
                || isExpected(cluster.get().failover(), shard)) {
            return new Decision<>(List.of(), cluster);
        }
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.PrimaryChanged(id, promoted));
        if (cluster.get().isUp()) {
            records.add(
                    Events.ofCluster(
                            id, now, "Failover to replica node %s completed".formatted(promoted)));
        }
        return new Decision<>(records, cluster);
    }

    private static Optional<ShardSpec> shardOf(ClusterState cluster, String node) {
        return cluster.spec().shards().stream()
                .filter(shard -> shard.nodes().stream().anyMatch(each -> each.name().equals(node)))
                .findFirst();
    }

    /// Whether a failover has made the primary of a shard fail, and no node has taken over yet.
    private static boolean isExpected(@Nullable Failover failover, ShardSpec shard) {
        return failover != null
                && failover.shard().equals(shard.name())
                && failover.stage() instanceof Failover.Failing;
    }
}
