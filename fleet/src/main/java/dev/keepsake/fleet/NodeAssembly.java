package dev.keepsake.fleet;

import dev.keepsake.control.AccessRule;
import dev.keepsake.control.ClusterId;
import dev.keepsake.control.ClusterSpec;
import dev.keepsake.control.DrillTags;
import dev.keepsake.control.Endpoints;
import dev.keepsake.control.NodeSpec;
import dev.keepsake.control.ShardSpec;
import dev.keepsake.front.ClusterEndpoint;
import dev.keepsake.front.NodeFront;
import dev.keepsake.log.Tail;
import dev.keepsake.log.TransactionLog;
import dev.keepsake.shard.ShardNode;
import dev.keepsake.shard.ShardNodeConfig;
import dev.keepsake.shard.SnapshotStore;
import dev.keepsake.shard.Snapshotter;
import dev.keepsake.shard.UnitRoom;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/// Puts clusters, shards and nodes together from the parts of this machine. Starts nothing. Owned
/// by the fleet's thread.
final class NodeAssembly {
    private static final int UNDECIDED_MAX_BYTES = 64 << 20;

    // For all shards together. Each costs as much memory as the longest allowed unit.
    private static final int LARGE_UNITS_AT_ONCE = 2;

    private final FleetConfig config;
    private final Machine machine;
    private final ClusterDirectories directories;
    private final LogClosings closings;
    private final EngineSpecs specs;
    private final CommandTables commands;
    private final NodeIdentities identities;
    private final OtherProcess other;
    private final Chronicle chronicle;
    private final ScheduledExecutorService fleet;
    private final Consumer<ClusterId> onProgress;
    private final UnitRoom unitRoom = new UnitRoom(LARGE_UNITS_AT_ONCE);

    /// @param other whether another process can lead the shards
    /// @param onProgress called on the fleet's thread after an event that a cluster may have waited
    ///   for
    NodeAssembly(
            FleetConfig config,
            Machine machine,
            ClusterDirectories directories,
            LogClosings closings,
            EngineSpecs specs,
            CommandTables commands,
            NodeIdentities identities,
            OtherProcess other,
            Chronicle chronicle,
            ScheduledExecutorService fleet,
            Consumer<ClusterId> onProgress) {
        this.config = config;
        this.machine = machine;
        this.directories = directories;
        this.closings = closings;
        this.specs = specs;
        this.commands = commands;
        this.identities = identities;
        this.other = other;
        this.chronicle = chronicle;
        this.fleet = fleet;
        this.onProgress = onProgress;
    }

    /// A cluster without shards.
    ///
    /// @param parameters the parameters of all engines and fronts
    /// @param access the users that all fronts accept
    ClusterRuntime cluster(
            ClusterSpec spec,
            Endpoints endpoints,
            StampedEngine engine,
            Map<String, String> parameters,
            List<AccessRule> access) {
        return new ClusterRuntime(
                spec,
                endpoints,
                engine,
                parameters,
                access,
                config.tuning().failovers().topologyLagNs(),
                machine.clock(),
                fleet,
                () -> onProgress.accept(spec.id()));
    }

    /// The endpoint of a cluster, which does not listen yet.
    ClusterEndpoint endpoint(ClusterRuntime runtime) {
        return new ClusterEndpoint(
                machine.transport().group().next(),
                machine.transport(),
                runtime.topology()::serving);
    }

    /// A shard without nodes.
    ///
    /// @param log its log; the shard closes it, and this method does if it fails
    /// @throws IOException when the log or the snapshot of the shard is not complete
    /// @throws dev.keepsake.engine.NewerEngineException when the engine cannot continue from its
    ///   snapshot
    ShardRuntime shard(
            ShardSpec spec,
            ClusterRuntime runtime,
            TransactionLog log,
            ShardRuntime.Listener listener)
            throws IOException {
        Consumer<TransactionLog> closing = each -> closings.close(runtime.spec().id(), each::close);
        SnapshotStore snapshots;
        try {
            snapshots = openSnapshots(runtime.spec(), spec, runtime.engine(), log.tail());
        } catch (IOException | RuntimeException e) {
            closing.accept(log);
            throw e;
        }
        var snapshotter =
                new Snapshotter(
                        spec.name(),
                        spec.id(),
                        specs.ofSnapshots(runtime.spec(), spec, runtime.engine().binary()),
                        runtime.engine().stamp(),
                        log,
                        snapshots,
                        machine.launcher(),
                        machine.clock(),
                        machine.threads());
        return new ShardRuntime(
                spec.name(),
                other,
                log,
                closing,
                new ShardSnapshots(
                        log, snapshots, snapshotter, config.tuning().snapshots().everyBytes()),
                config.tuning().failovers(),
                new ShardHistory(runtime.spec().id(), spec.name(), chronicle, machine.clock()),
                fleet,
                listener);
    }

    private SnapshotStore openSnapshots(
            ClusterSpec cluster, ShardSpec shard, StampedEngine engine, Tail tail)
            throws IOException {
        var directory = directories.snapshotsOf(cluster.id(), shard);
        var snapshots = SnapshotStore.open(directory);
        expectWhole(cluster, shard, tail, snapshots);
        if (cluster.restore() != null && snapshots.newest().isEmpty()) {
            // The log itself does not show that data is missing before its first entry.
            throw new IOException(
                    "there is no snapshot in %s, though cluster %s began with one; restore the directory, or delete the cluster"
                            .formatted(directory, cluster.id().name()));
        }
        if (snapshots.newest().isPresent()) {
            snapshots.newest().get().expectFor(engine.stamp());
        }
        return snapshots;
    }

    /// Checks the log against the snapshot. A log knows what its directory has to contain, but not
    /// whether the whole directory was lost or replaced.
    private void expectWhole(
            ClusterSpec cluster, ShardSpec shard, Tail tail, SnapshotStore snapshots)
            throws IOException {
        var newest = snapshots.newest().orElse(null);
        if (newest != null && newest.nextIndex() > tail.index() + 1) {
            throw new IOException(
                    "the log in %s ends with entry %d, but the snapshot %s holds all up to entry %d; restore the log's directory"
                            .formatted(
                                    machine.logs().placeOf(directories.logOf(cluster.id(), shard)),
                                    tail.index(),
                                    newest.file(),
                                    newest.nextIndex() - 1));
        }
    }

    /// A node that has not been started yet.
    NodeRuntime node(ClusterRuntime runtime, ShardSpec shardSpec, NodeSpec spec, ShardRuntime shard)
            throws IOException {
        var loop = machine.transport().group().next();
        var address = runtime.addressOf(spec.name());
        var node =
                new NodeRuntime(
                        spec.name(),
                        spec.id(),
                        address,
                        config.hostNameOf(address.getHostString()),
                        loop,
                        front(runtime, spec, loop),
                        (listener, nodeLoop, parameters) ->
                                new ShardNode(
                                        lifeOf(runtime, shardSpec, spec, parameters),
                                        nodeLoop,
                                        shard.log(),
                                        shard.snapshots().store(),
                                        machine.launcher(),
                                        machine.transport(),
                                        machine.clock(),
                                        machine.threads(),
                                        unitRoom,
                                        shard::isLeaderComing,
                                        listener),
                        fleet,
                        machine.clock(),
                        shard,
                        runtime::parameters);
        runtime.permitAt(node);
        return node;
    }

    private NodeFront front(ClusterRuntime runtime, NodeSpec node, EventLoop loop)
            throws IOException {
        var cluster = runtime.spec();
        var front =
                new NodeFront(
                        node.name(),
                        loop,
                        machine.transport(),
                        commands.of(runtime.engine().binary()),
                        () -> runtime.topology().of(node.name()),
                        cluster.tlsEnabled()
                                ? identities.tlsOf(runtime.endpoints(), node.name())
                                : null,
                        cluster.tlsEnabled() ? identities.tokensOf(cluster.id()) : null,
                        machine.clock(),
                        machine.room(),
                        config.tuning().front().holding(config.hold()));
        front.relayVia(runtime.topology());
        front.learnOffsetsFrom(runtime.topology()::offsetOf);
        var operatorSockets = config.tuning().operatorSockets();
        if (operatorSockets != null) {
            // The names of clusters are unique only within a region.
            front.admitOperators(
                    operatorSockets.resolve(cluster.id().region() + "." + node.name() + ".sock"));
        }
        return front;
    }

    /// The settings of a node's next life.
    private ShardNodeConfig lifeOf(
            ClusterRuntime runtime,
            ShardSpec shard,
            NodeSpec node,
            Map<String, String> parameters) {
        var cluster = runtime.spec();
        var engine = runtime.engine();
        return new ShardNodeConfig(
                shard.id(),
                specs.ofNode(cluster, node, engine.binary(), parameters),
                engine.stamp(),
                config.tuning().pacedTimings(),
                DrillTags.replicaLag(cluster).toNanos(),
                config.tuning().engines().timeoutNs(),
                UNDECIDED_MAX_BYTES,
                config.tuning().front().maxUnitBytes());
    }
}
