package dev.keepsake.fleet;

import static java.util.Objects.requireNonNull;

import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.ClusterState;
import dev.keepsake.control.Endpoints;
import dev.keepsake.control.EngineRelease;
import dev.keepsake.core.Clock;
import dev.keepsake.engine.EngineStamp;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts clusters on this machine, each on an engine that can continue from its data. Owned by the
/// fleet's thread.
final class ClusterStart {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterStart.class);

    private final ControlJournal control;
    private final RunningClusters running;
    private final ClusterEngines engines;
    private final AwaitedEngines awaited;
    private final ClusterPreparation preparation;
    private final LogClosings closings;
    private final NodeAssembly assembly;
    private final EndpointListening listening;
    private final ClusterTroubles troubles;
    private final Function<ClusterRuntime, ShardRuntime.Listener> listeners;
    private final Clock clock;

    /// @param listeners makes the listener for the shards of a cluster
    ClusterStart(
            ControlJournal control,
            RunningClusters running,
            ClusterEngines engines,
            AwaitedEngines awaited,
            ClusterPreparation preparation,
            LogClosings closings,
            NodeAssembly assembly,
            EndpointListening listening,
            ClusterTroubles troubles,
            Function<ClusterRuntime, ShardRuntime.Listener> listeners,
            Clock clock) {
        this.control = control;
        this.running = running;
        this.engines = engines;
        this.awaited = awaited;
        this.preparation = preparation;
        this.closings = closings;
        this.assembly = assembly;
        this.listening = listening;
        this.troubles = troubles;
        this.listeners = listeners;
        this.clock = clock;
    }

    /// Starts a cluster on the engine that [EngineChoice] chooses. Does nothing before the
    /// cluster's logs are open; [ClusterPreparation] waits for them. If there is no engine, the
    /// cluster's lack of an engine is reported.
    void start(ClusterState cluster, Endpoints endpoints) throws IOException {
        switch (preparation.prepare(cluster)) {
            case ClusterPreparation.Prepared.NotYet _ -> {}
            case ClusterPreparation.Prepared.Lacks(var needed) ->
                    announceEngineMissing(cluster, needed);
            case ClusterPreparation.Prepared.Ready(var logs, var chosen) -> {
                try {
                    start(cluster, endpoints, chosen.engine(), logs);
                    wayOutOfHoles(chosen, engines.isWarnedOf(chosen.engine().binary()))
                            .ifPresent(wayOut ->
                                    LOG.warn(
                                            "cluster={} runs on {}, which has known holes ({}); {}",
                                            cluster.spec().id().name(),
                                            chosen.engine().stamp(),
                                            chosen.engine().knownHoles(),
                                            wayOut));
                } finally {
                    if (!logs.isEmpty()) {
                        closings.close(cluster.spec().id(), logs::close);
                    }
                }
            }
        }
    }

    /// The way out of the known holes of a cluster's engine, for a warning.
    ///
    /// @param isSaid whether a warning has named that engine already
    /// @return empty when there is nothing to warn of
    static Optional<String> wayOutOfHoles(EngineChoice.Chosen chosen, boolean isSaid) {
        var sounder = chosen.sounder();
        if (chosen.engine().knownHoles().isEmpty() || (sounder == null && isSaid)) {
            return Optional.empty();
        }
        return Optional.of(
                sounder == null
                        ? "no engine here that can continue from its data is known to have none of"
                                + " them: './keepsake engine' explains how to get a better one"
                        : "%s is here too and has none of them: start the server with --engine %s to move the cluster to it, from which there is no way back"
                                .formatted(sounder.stamp(), sounder.binary().path()));
    }

    /// Reports the missing engine. No node is started: it would load for ever, or leave out data
    /// that it does not know.
    private void announceEngineMissing(ClusterState cluster, EngineStamp needed)
            throws IOException {
        awaited.await();
        var id = cluster.spec().id();
        var reason = engines.missing(needed);
        if (cluster.status() == ClusterState.Status.CREATING) {
            throw new IOException(reason); // the creation is given up after a while
        }
        var release = new EngineRelease(needed.name(), needed.version());
        control.decide(plane -> plane.engineMissing(id, release, reason, clock.now()));
        troubles.sayNotStarted(id, reason);
    }

    private void start(
            ClusterState cluster, Endpoints endpoints, StampedEngine engine, ClusterLogs logs)
            throws IOException {
        var spec = cluster.spec();
        var runtime =
                assembly.cluster(
                        spec,
                        endpoints,
                        engine,
                        control.query(plane -> plane.parameters().of(spec)),
                        control.query(plane -> plane.access().rulesOf(cluster)));
        running.add(runtime);
        try {
            startShards(cluster, runtime, logs);
            troubles.forget(spec.id());
        } catch (IOException | RuntimeException e) {
            running.close(spec.id());
            throw e;
        }
    }

    private void startShards(ClusterState cluster, ClusterRuntime runtime, ClusterLogs logs)
            throws IOException {
        var spec = cluster.spec();
        var listener = listeners.apply(runtime);
        for (var shardSpec : spec.shards()) {
            var log = logs.take(shardSpec.name());
            runtime.add(assembly.shard(shardSpec, runtime, log, listener));
        }
        control.decide(plane ->
                plane.clusterStarted(spec.id(), runtime.engine().installed(), clock.now()));
        for (var shardSpec : spec.shards()) {
            var shard = requireNonNull(runtime.shard(shardSpec.name()));
            var nodes = new ArrayList<NodeRuntime>();
            for (var nodeSpec : shardSpec.nodes()) {
                nodes.add(assembly.node(runtime, shardSpec, nodeSpec, shard));
            }
            shard.start(nodes);
        }
        runtime.topology().publish();
        var endpoint = assembly.endpoint(runtime);
        runtime.listenAt(endpoint);
        var ports = runtime.endpoints();
        listening.listen(
                spec.id(),
                new InetSocketAddress(ports.host(), ports.clusterPort()),
                endpoint::bind,
                () -> running.has(runtime));
    }

    /// Starts the recorded nodes of a running cluster that do not run yet.
    void addMissingNodes(ClusterSpec spec, ClusterRuntime runtime) throws IOException {
        for (var shardSpec : spec.shards()) {
            var shard = runtime.shard(shardSpec.name());
            if (shard == null) {
                continue;
            }
            for (var nodeSpec : shardSpec.nodes()) {
                if (shard.node(nodeSpec.name()).isEmpty()) {
                    LOG.info("cluster={} adds node={}", spec.id().name(), nodeSpec.name());
                    shard.add(assembly.node(runtime, shardSpec, nodeSpec, shard));
                }
            }
        }
    }
}
