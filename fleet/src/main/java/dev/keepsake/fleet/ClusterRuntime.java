package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ControlPlane;
import dev.keepsake.control.Endpoints;
import dev.keepsake.control.ShardSpec;
import dev.keepsake.core.Clock;
import dev.keepsake.core.SlotRange;
import dev.keepsake.front.AccessUser;
import dev.keepsake.front.ClusterEndpoint;
import dev.keepsake.front.NoPrimaryException;
import dev.keepsake.front.NodeFront;
import dev.keepsake.front.PublishRelay;
import dev.keepsake.front.Topology;
import dev.keepsake.front.TopologyNode;
import dev.keepsake.front.TopologyShard;
import dev.keepsake.shard.Publication;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One cluster as it runs. Owned by the fleet's thread; the topology is read by every front.
final class ClusterRuntime implements PublishRelay, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterRuntime.class);
    private static final long PORT_IS_FREE_WITHIN_MS = 1_000;

    private volatile ClusterSpec spec;
    private volatile Endpoints endpoints;
    private final StampedEngine engine;
    private volatile Map<String, String> parameters;
    private List<AccessRule> access;
    private final Map<String, ShardRuntime> shards = new LinkedHashMap<>();
    private final long topologyLagNs;
    private final Clock clock;
    private final ScheduledExecutorService fleet;
    private final LateNews lateNews = new LateNews();
    private final Map<String, String> knownPrimaries = new HashMap<>(); // of its shard, by node
    private volatile Topology topology = new Topology(0, List.of());
    private volatile LateNews.Views views = LateNews.Views.NONE;
    private volatile List<NodeFront> serving = List.of();
    private volatile Map<String, NodeFront> primaries = Map.of(); // by shard
    private volatile Map<String, NodeRuntime> shown = Map.of(); // by name
    private @Nullable ClusterEndpoint endpoint;
    private @Nullable Future<?> publishing;
    private boolean closed;

    /// @param engine what all nodes run on
    /// @param topologyLagNs how long other nodes take to learn of a new primary, unless the cluster
    ///   says otherwise
    ClusterRuntime(
            ClusterSpec spec,
            Endpoints endpoints,
            StampedEngine engine,
            Map<String, String> parameters,
            List<AccessRule> access,
            long topologyLagNs,
            Clock clock,
            ScheduledExecutorService fleet) {
        this.topologyLagNs = topologyLagNs;
        this.clock = clock;
        this.fleet = fleet;
        this.spec = spec;
        this.endpoints = endpoints;
        this.engine = engine;
        this.parameters = parameters;
        this.access = access;
    }

    /// Takes over what is recorded of the cluster now.
    void become(ClusterSpec newSpec, Endpoints newEndpoints) {
        spec = newSpec;
        endpoints = newEndpoints;
    }

    /// What engines are to run with. Any thread.
    Map<String, String> parameters() {
        return parameters;
    }

    void wantParameters(Map<String, String> wanted) {
        parameters = wanted;
    }

    /// Whom every front has been told to let in.
    List<AccessRule> access() {
        return access;
    }

    /// Whether the engine of every node that answers has been told, too.
    boolean isAccessApplied() {
        return nodes().stream().allMatch(NodeRuntime::isAdmittingAsPermitted);
    }

    /// Tells every front whom to let in.
    ///
    /// @param onApplied called on the fleet's thread after each node's engine has followed
    void permit(List<AccessRule> rules, Runnable onApplied) {
        access = rules;
        nodes().forEach(node -> node.permit(rules, onApplied));
    }

    static List<AccessUser> usersOf(List<AccessRule> rules) {
        return rules.stream()
                .map(rule ->
                        new AccessUser(
                                rule.name(),
                                rule.enabled(),
                                rule.noPassword(),
                                rule.sha256Hex(),
                                rule.iam(),
                                rule.accessString()))
                .toList();
    }

    /// Every node of every shard.
    List<NodeRuntime> nodes() {
        return shards.values().stream().flatMap(shard -> shard.nodes().stream()).toList();
    }

    ClusterSpec spec() {
        return spec;
    }

    /// What all nodes run on. Any thread.
    StampedEngine engine() {
        return engine;
    }

    Endpoints endpoints() {
        return endpoints;
    }

    InetSocketAddress addressOf(String node) {
        return new InetSocketAddress(
                endpoints.hostOf(node), endpoints.nodePorts().getOrDefault(node, 0));
    }

    /// The newest picture that a node has. Any thread.
    Topology topologyFor(String node) {
        return views.of(node);
    }

    /// The fronts that answer data. Any thread.
    List<NodeFront> serving() {
        return serving;
    }

    /// How far a node has come, in bytes of its shard's stream; 0 while it has no engine. Any
    /// thread.
    long offsetOf(String node) {
        var found = shown.get(node);
        return found == null ? 0 : Math.max(0, found.appliedOffset());
    }

    void listenAt(ClusterEndpoint opened) {
        endpoint = opened;
    }

    void add(ShardRuntime shard) {
        shards.put(shard.name(), shard);
    }

    Collection<ShardRuntime> shards() {
        return shards.values();
    }

    @Nullable ShardRuntime shard(String name) {
        return shards.get(name);
    }

    boolean isServing() {
        return shards.values().stream().allMatch(ShardRuntime::isServing);
    }

    /// Shows every front how things stand, and tells those of a new primary that learn of it.
    void publish() {
        var described = new ArrayList<TopologyShard>();
        var all = new HashMap<String, NodeRuntime>();
        var fronts = new ArrayList<NodeFront>();
        var leading = new HashMap<String, NodeFront>();
        for (var shardSpec : spec.shards()) {
            var shard = shards.get(shardSpec.name());
            if (shard != null && !shard.nodes().isEmpty()) {
                described.add(describe(shardSpec, shard));
                shard.nodes().forEach(node -> all.put(node.name(), node));
                shard.leader().ifPresent(node -> leading.put(shard.name(), node.front()));
                shard.nodes().stream()
                        .filter(NodeRuntime::isServing)
                        .map(NodeRuntime::front)
                        .forEach(fronts::add);
            }
        }
        topology = new Topology(topology.version() + 1, described);
        long nowNs = clock.nowNs();
        long lagNs = ControlPlane.topologyLag(spec).map(Duration::toNanos).orElse(topologyLagNs);
        views = lateNews.report(topology, leading.keySet(), lagNs, nowNs);
        lateNews.nextInNs(nowNs).ifPresent(this::publishAfter);
        shown = Map.copyOf(all);
        serving = List.copyOf(fronts);
        primaries = Map.copyOf(leading);
        all.forEach((name, node) ->
                topologyFor(name)
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

    @Override
    public CompletableFuture<Long> atPrimary(String node, Publication publication) {
        var primary = topology.shardOfNode(node).map(TopologyShard::name).map(primaries::get);
        return primary.map(front -> front.publish(publication))
                .orElseGet(() ->
                        CompletableFuture.failedFuture(
                                new NoPrimaryException(
                                        "the shard of node %s has no primary at present"
                                                .formatted(node))));
    }

    @Override
    public void toOtherShards(String node, Publication publication) {
        var own = topology.shardOfNode(node).map(TopologyShard::name).orElse("");
        primaries.forEach((shard, front) -> {
            if (!shard.equals(own)) {
                front.publishFromAnotherShard(publication);
            }
        });
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

    /// Ends all of it, and waits until the port of the endpoint is free again: who replaces a
    /// cluster asks for it as soon as the old one is gone. Bounded in time.
    void closeAndFreePort() {
        var freed =
                endpoint == null
                        ? CompletableFuture.<Void>completedFuture(null)
                        : endpoint.closeListener();
        close();
        try {
            freed.get(PORT_IS_FREE_WITHIN_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn(
                    "cluster={} its port may be in use a little longer reason={}",
                    spec.id().name(),
                    e.toString());
        }
    }

    @Override
    public void close() {
        closed = true;
        if (endpoint != null) {
            endpoint.close();
        }
        shards.values().forEach(ShardRuntime::close);
    }
}
