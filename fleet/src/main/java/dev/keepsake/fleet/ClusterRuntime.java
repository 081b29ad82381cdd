package dev.keepsake.fleet;

import static dev.keepsake.core.Checks.checkArgument;

import dev.keepsake.control.AccessRule;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.Endpoints;
import dev.keepsake.core.Clock;
import dev.keepsake.front.ClusterEndpoint;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One cluster as it runs. Owned by the fleet's thread; what else may be asked by any thread says
/// so.
final class ClusterRuntime implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterRuntime.class);
    private static final long PORT_IS_FREE_WITHIN_MS = 1_000;

    private volatile ClusterSpec spec;
    private volatile Endpoints endpoints;
    private volatile StampedEngine engine;
    private volatile Map<String, String> parameters;
    private List<AccessRule> access;
    private final Map<String, ShardRuntime> shards = new LinkedHashMap<>();
    private final ClusterTopology topology;
    private final Runnable onProgress;
    private @Nullable ClusterEndpoint endpoint;

    /// @param engine what all nodes run on
    /// @param parameters what all engines are to run with
    /// @param access whom all fronts are to admit
    /// @param topologyLagNs how long other nodes take to learn of a new primary, unless the cluster
    ///   says otherwise
    /// @param onProgress called on the fleet's thread when something has happened that the cluster
    ///   may have waited for
    ClusterRuntime(
            ClusterSpec spec,
            Endpoints endpoints,
            StampedEngine engine,
            Map<String, String> parameters,
            List<AccessRule> access,
            long topologyLagNs,
            Clock clock,
            ScheduledExecutorService fleet,
            Runnable onProgress) {
        this.spec = spec;
        this.endpoints = endpoints;
        this.engine = engine;
        this.parameters = Map.copyOf(parameters);
        this.access = List.copyOf(access);
        this.topology = new ClusterTopology(this::spec, shards, topologyLagNs, clock, fleet);
        this.onProgress = onProgress;
    }

    /// How things stand.
    ClusterView view() {
        return new ClusterView(
                engine.installed(),
                parameters,
                access,
                shards.values().stream().map(ShardRuntime::view).toList());
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
        parameters = Map.copyOf(wanted);
    }

    /// Has every node take the parameters that it is to run with.
    void configure() {
        nodes().forEach(node -> node.configure(onProgress));
    }

    /// Tells every front whom to admit, unless it has been told that already.
    void permit(List<AccessRule> rules) {
        if (!rules.equals(access)) {
            access = List.copyOf(rules);
            nodes().forEach(this::permitAt);
        }
    }

    /// Tells the front of a node whom to admit.
    void permitAt(NodeRuntime node) {
        node.permit(access, onProgress);
    }

    /// Something has happened that the cluster may have waited for.
    void progressed() {
        onProgress.run();
    }

    /// Every node of every shard.
    List<NodeRuntime> nodes() {
        return shards.values().stream().flatMap(shard -> shard.nodes().stream()).toList();
    }

    /// What is recorded of the cluster. Any thread.
    ClusterSpec spec() {
        return spec;
    }

    /// What all nodes run on. Any thread.
    StampedEngine engine() {
        return engine;
    }

    /// Whether a program that was found where that of this cluster was writes and reads what that
    /// did, so that engines of both may serve it.
    boolean canGoOnWith(StampedEngine found) {
        return found.binary().equals(engine.binary()) && found.stamp().equals(engine.stamp());
    }

    /// Other things are known now of what all nodes run on.
    void goOnWith(StampedEngine found) {
        checkArgument(canGoOnWith(found), "%s is not %s", found, engine);
        engine = found;
    }

    /// Whether there is a shard none of whose nodes has an engine that follows or leads.
    boolean lacksEngine() {
        return shards.values().stream()
                .anyMatch(shard -> shard.nodes().stream().noneMatch(NodeRuntime::hasEngine));
    }

    /// Where the cluster listens. Any thread.
    Endpoints endpoints() {
        return endpoints;
    }

    InetSocketAddress addressOf(String node) {
        return new InetSocketAddress(
                endpoints.hostOf(node), endpoints.nodePorts().getOrDefault(node, 0));
    }

    /// What its fronts know of one another.
    ClusterTopology topology() {
        return topology;
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
        topology.close();
        if (endpoint != null) {
            endpoint.close();
        }
        shards.values().forEach(ShardRuntime::close);
    }
}
