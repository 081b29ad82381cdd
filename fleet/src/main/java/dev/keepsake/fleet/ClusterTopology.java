package dev.keepsake.fleet;

import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.DrillTags;
import dev.keepsake.control.ShardSpec;
import dev.keepsake.core.Clock;
import dev.keepsake.core.SlotRange;
import dev.keepsake.front.NoPrimaryException;
import dev.keepsake.front.NodeFront;
import dev.keepsake.front.PublishRelay;
import dev.keepsake.front.Topology;
import dev.keepsake.front.TopologyNode;
import dev.keepsake.front.TopologyShard;
import dev.keepsake.shard.Publication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The shared state of a cluster's fronts: which nodes lead, which answer, and their addresses. The
/// fleet's thread publishes it as a whole. Every front reads the newest publication, on any thread.
final class ClusterTopology implements PublishRelay, AutoCloseable {
    /// One publication.
    ///
    /// @param topology the true topology
    /// @param views the topology that each node shows
    /// @param serving the fronts that answer commands on data
    /// @param primaries the front that leads, by shard
    /// @param nodes all nodes, by name
    private record Picture(
            Topology topology,
            LateNews.Views views,
            List<NodeFront> serving,
            Map<String, NodeFront> primaries,
            Map<String, NodeRuntime> nodes) {
        static final Picture NONE =
                new Picture(
                        new Topology(0, List.of()),
                        LateNews.Views.NONE,
                        List.of(),
                        Map.of(),
                        Map.of());
    }

    private final Supplier<ClusterSpec> spec;
    private final Map<String, ShardRuntime> shards;
    private final long standardLagNs;
    private final Clock clock;
    private final ScheduledExecutorService fleet;
    private final LateNews lateNews = new LateNews();
    private final Map<String, String> knownPrimaries =
            new HashMap<>(); // primary of its shard, by node
    private volatile Picture picture = Picture.NONE;
    private @Nullable Future<?> publishing;
    private boolean closed;

    /// @param spec the cluster's specification as recorded
    /// @param shards the running shards, by name
    /// @param standardLagNs how long other nodes do not learn of a new primary, in nanoseconds,
    ///   unless the cluster has its own value
    ClusterTopology(
            Supplier<ClusterSpec> spec,
            Map<String, ShardRuntime> shards,
            long standardLagNs,
            Clock clock,
            ScheduledExecutorService fleet) {
        this.spec = spec;
        this.shards = shards;
        this.standardLagNs = standardLagNs;
        this.clock = clock;
        this.fleet = fleet;
    }

    /// The newest topology that a node shows to clients. Any thread.
    Topology of(String node) {
        return picture.views().of(node);
    }

    /// The fronts that answer commands on data. Any thread.
    List<NodeFront> serving() {
        return picture.serving();
    }

    /// The applied offset of a node, in bytes of its shard's stream; 0 while it has no engine. Any
    /// thread.
    long offsetOf(String node) {
        var found = picture.nodes().get(node);
        return found == null ? 0 : Math.max(0, found.appliedOffset());
    }

    /// Publishes the present state for all fronts, and informs those that learn of a new primary
    /// now.
    void publish() {
        var now = spec.get();
        var described = new ArrayList<TopologyShard>();
        var nodes = new HashMap<String, NodeRuntime>();
        var serving = new ArrayList<NodeFront>();
        var primaries = new HashMap<String, NodeFront>();
        for (var shardSpec : now.shards()) {
            var shard = shards.get(shardSpec.name());
            if (shard != null && !shard.nodes().isEmpty()) {
                described.add(describe(shardSpec, shard));
                shard.nodes().forEach(node -> nodes.put(node.name(), node));
                shard.leader().ifPresent(node -> primaries.put(shard.name(), node.front()));
                shard.nodes().stream()
                        .filter(NodeRuntime::isServing)
                        .map(NodeRuntime::front)
                        .forEach(serving::add);
            }
        }
        var topology = new Topology(picture.topology().version() + 1, described);
        long nowNs = clock.nowNs();
        long lagNs = DrillTags.topologyLag(now).map(Duration::toNanos).orElse(standardLagNs);
        var views = lateNews.report(topology, primaries.keySet(), lagNs, nowNs);
        lateNews.nextInNs(nowNs).ifPresent(this::publishAfter);
        picture =
                new Picture(
                        topology,
                        views,
                        List.copyOf(serving),
                        Map.copyOf(primaries),
                        Map.copyOf(nodes));
        nodes.forEach((name, node) ->
                views.of(name)
                        .shardOfNode(name)
                        .ifPresent(shard -> noteShown(node, shard.primary().name())));
    }

    private void noteShown(NodeRuntime node, String primary) {
        String known = knownPrimaries.put(node.name(), primary);
        if (known != null && !known.equals(primary) && !primary.equals(node.name())) {
            node.front().onPrimaryChanged();
        }
    }

    private void publishAfter(long ns) {
        if (publishing == null || publishing.isDone()) {
            publishing = fleet.schedule(this::publishAgain, Math.max(1, ns), TimeUnit.NANOSECONDS);
        }
    }

    private void publishAgain() {
        publishing = null;
        if (!closed) {
            publish();
        }
    }

    private static TopologyShard describe(ShardSpec spec, ShardRuntime shard) {
        String leader = shard.lastLeader();
        TopologyNode primary = null;
        var replicas = new ArrayList<TopologyNode>();
        for (var node : shard.nodes()) {
            if (node.name().equals(leader)) {
                primary = node.describe(true);
            } else {
                replicas.add(node.describe(false));
            }
        }
        if (primary == null) {
            throw new IllegalStateException(
                    "shard %s was led by %s, which is none of its nodes"
                            .formatted(spec.name(), leader));
        }
        return new TopologyShard(
                spec.name(), spec.id(), SlotRange.parse(spec.slots()), primary, replicas);
    }

    @Override
    public CompletableFuture<Long> atPrimary(String node, Publication publication) {
        var present = picture;
        return present.topology()
                .shardOfNode(node)
                .flatMap(shard -> Optional.ofNullable(present.primaries().get(shard.name())))
                .map(front -> front.publish(publication))
                .orElseGet(() ->
                        CompletableFuture.failedFuture(
                                new NoPrimaryException(
                                        "the shard of node %s has no primary at present"
                                                .formatted(node))));
    }

    @Override
    public void toOtherShards(String node, Publication publication) {
        var present = picture;
        var own = present.topology().shardOfNode(node).map(TopologyShard::name).orElse("");
        present.primaries()
                .forEach((shard, front) -> {
                    if (!shard.equals(own)) {
                        front.publishFromAnotherShard(publication);
                    }
                });
    }

    /// Stops publishing by itself.
    @Override
    public void close() {
        closed = true;
    }
}
