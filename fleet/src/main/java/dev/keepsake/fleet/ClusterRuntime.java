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

/// One running cluster. Owned by the fleet's thread; methods for any thread say so.
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

    /// @param engine the engine of all nodes
    /// @param parameters the parameters of all engines and fronts
    /// @param access the users that all fronts accept
    /// @param topologyLagNs how long other nodes do not learn of a new primary, in nanoseconds,
    ///   unless the cluster has its own value
    /// @param onProgress called on the fleet's thread after an event that the cluster may have
    ///   waited for
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

    /// The present state of the cluster.
    ClusterView view() {
        return new ClusterView(
                engine.installed(),
                parameters,
                access,
                shards.values().stream().map(ShardRuntime::view).toList());
    }

    /// Adopts the cluster's newest records.
    void become(ClusterSpec newSpec, Endpoints newEndpoints) {
        spec = newSpec;
        endpoints = newEndpoints;
    }

    /// The parameters of all engines and fronts. Any thread.
    Map<String, String> parameters() {
        return parameters;
    }

    void wantParameters(Map<String, String> wanted) {
        parameters = Map.copyOf(wanted);
    }

    /// Makes every node apply its parameters.
    void configure() {
        nodes().forEach(node -> node.configure(onProgress));
    }

    /// Gives every front the users to accept, if they have changed.
    void permit(List<AccessRule> rules) {
        if (!rules.equals(access)) {
            access = List.copyOf(rules);
            nodes().forEach(this::permitAt);
        }
    }

    /// Gives the front of a node the users to accept.
    void permitAt(NodeRuntime node) {
        node.permit(access, onProgress);
    }

    /// Reports an event that the cluster may have waited for.
    void progressed() {
        onProgress.run();
    }

    /// The nodes of all shards.
    List<NodeRuntime> nodes() {
        return shards.values().stream().flatMap(shard -> shard.nodes().stream()).toList();
    }

    /// The specification as recorded. Any thread.
    ClusterSpec spec() {
        return spec;
    }

    /// The engine of all nodes. Any thread.
    StampedEngine engine() {
        return engine;
    }

    /// Whether `found`, the program that is now at the same path, writes and reads the same as the
    /// cluster's engine, so that engines of both may serve the cluster.
    boolean canGoOnWith(StampedEngine found) {
        return found.binary().equals(engine.binary()) && found.stamp().equals(engine.stamp());
    }

    /// Replaces what is known about the cluster's engine.
    void goOnWith(StampedEngine found) {
        checkArgument(canGoOnWith(found), "%s is not %s", found, engine);
        engine = found;
    }

    /// Whether a shard has no node whose engine follows or leads.
    boolean lacksEngine() {
        return shards.values().stream()
                .anyMatch(shard -> shard.nodes().stream().noneMatch(NodeRuntime::hasEngine));
    }

    /// The addresses of the cluster. Any thread.
    Endpoints endpoints() {
        return endpoints;
    }

    InetSocketAddress addressOf(String node) {
        return new InetSocketAddress(
                endpoints.hostOf(node), endpoints.nodePorts().getOrDefault(node, 0));
    }

    /// The state that its fronts share.
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

    /// Ends the cluster, and waits until the port of its endpoint is free again, because a cluster
    /// that replaces it requests this port at once. Bounded in time.
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
                    "cluster={} was ended, but its port is still in use reason={}",
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
