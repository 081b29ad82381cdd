package dev.keepsake.fleet;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.FailoverMode;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The clusters that run on this machine, as [ClusterProgress] sees and controls them. Owned by the
/// fleet's thread.
final class RunningClusters implements ClusterProgress.Nodes, AutoCloseable {
    private final PortAssignment ports;
    private final Map<ClusterId, ClusterRuntime> clusters = new HashMap<>();

    RunningClusters(PortAssignment ports) {
        this.ports = ports;
    }

    @Nullable ClusterRuntime get(ClusterId id) {
        return clusters.get(id);
    }

    boolean has(ClusterId id) {
        return clusters.containsKey(id);
    }

    /// Whether `runtime` is the present one of its cluster: it has neither ended nor been replaced.
    boolean has(ClusterRuntime runtime) {
        return clusters.get(runtime.spec().id()) == runtime;
    }

    void add(ClusterRuntime runtime) {
        clusters.put(runtime.spec().id(), runtime);
    }

    /// Removes a cluster, which the caller closes.
    ///
    /// @return the cluster that ran until now, or null
    @Nullable ClusterRuntime remove(ClusterId id) {
        return clusters.remove(id);
    }

    /// Ends a cluster, if it runs.
    void close(ClusterId id) {
        var runtime = remove(id);
        if (runtime != null) {
            runtime.close();
        }
    }

    /// All clusters.
    Collection<ClusterRuntime> all() {
        return Collections.unmodifiableCollection(clusters.values());
    }

    /// The shards of all clusters.
    Stream<ShardRuntime> shards() {
        return clusters.values().stream().flatMap(runtime -> runtime.shards().stream());
    }

    @Override
    public Optional<ClusterView> view(ClusterId id) {
        return Optional.ofNullable(clusters.get(id)).map(ClusterRuntime::view);
    }

    @Override
    public Map<ClusterId, ClusterView> views() {
        var views = new HashMap<ClusterId, ClusterView>();
        clusters.forEach((id, runtime) -> views.put(id, runtime.view()));
        return views;
    }

    @Override
    public void configure(ClusterId id) {
        var runtime = clusters.get(id);
        if (runtime != null) {
            runtime.configure();
        }
    }

    @Override
    public void failLeader(ClusterId id, String shard, FailoverMode mode) {
        var runtime = clusters.get(id);
        var running = runtime == null ? null : runtime.shard(shard);
        if (running != null) {
            running.failLeader(mode);
        }
    }

    @Override
    public void end(ClusterId id, List<String> replicas) {
        var runtime = clusters.get(id);
        if (runtime == null) {
            return;
        }
        for (var shard : runtime.shards()) {
            for (String name : replicas) {
                shard.node(name).ifPresent(shard::remove);
            }
        }
    }

    @Override
    public void left(ClusterSpec now, List<String> replicas) {
        var runtime = clusters.get(now.id());
        if (runtime != null) {
            var before = runtime.endpoints();
            runtime.become(now, before.without(replicas));
            ports.giveBack(before, replicas);
        }
    }

    /// Ends all clusters.
    @Override
    public void close() {
        clusters.values().forEach(ClusterRuntime::close);
        clusters.clear();
    }
}
