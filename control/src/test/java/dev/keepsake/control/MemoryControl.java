package dev.keepsake.control;

import dev.keepsake.core.AddressBlock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A control plane that keeps its records in memory, by the rules of the real one: decide, keep,
/// then apply. What it applies went through the stored form. One thread.
final class MemoryControl implements ControlService {
    static final String REGION = "us-east-1";

    static final Instant START = Instant.parse("2021-08-22T12:00:00Z");

    final List<ControlRecord> records = new ArrayList<>();
    final ControlState state = new ControlState();
    final ControlPlane plane;
    final Set<Integer> portsOfOthers = new HashSet<>();
    Instant now = START;
    int decisions;

    private final SplittableRandom random;

    MemoryControl() {
        this(1);
    }

    MemoryControl(long seed) {
        this(seed, StatusPace.INSTANT);
    }

    MemoryControl(long seed, StatusPace pace) {
        this(seed, pace, 0, 1, 65_535);
    }

    static MemoryControl withFailoverQuota(int quota) {
        return new MemoryControl(1, StatusPace.INSTANT, quota, 1, 65_535);
    }

    /// A control plane whose nodes may listen on those ports.
    MemoryControl(long seed, StatusPace pace, int firstPort, int lastPort) {
        this(seed, pace, 0, firstPort, lastPort);
    }

    /// A control plane each of whose nodes has an address of its own.
    MemoryControl(AddressBlock block) {
        this(1, StatusPace.INSTANT, 0, 1, 65_535, block);
    }

    private MemoryControl(
            long seed, StatusPace pace, int failoverQuota, int firstPort, int lastPort) {
        this(seed, pace, failoverQuota, firstPort, lastPort, null);
    }

    private MemoryControl(
            long seed,
            StatusPace pace,
            int failoverQuota,
            int firstPort,
            int lastPort,
            @Nullable AddressBlock block) {
        this.random = new SplittableRandom(seed);
        this.plane =
                new ControlPlane(
                        state,
                        failoverQuota,
                        InstalledEngines.only("redis", "7.0.15"),
                        false,
                        pace,
                        block == null
                                ? new NodePorts(
                                        firstPort, lastPort, port -> !portsOfOthers.contains(port))
                                : new NodeAddresses(
                                        block, (address, port) -> !portsOfOthers.contains(port)),
                        address -> Optional.empty());
    }

    @Override
    public <R> R decide(Function<ControlPlane, Decision<R>> decision) {
        var decided = decision.apply(plane);
        var kept = ControlRecordCodec.decode(ControlRecordCodec.encode(decided.records()));
        kept.forEach(state::apply);
        records.addAll(kept);
        decisions += kept.isEmpty() ? 0 : 1;
        return decided.response();
    }

    @Override
    public <R> R query(Function<ControlPlane, R> query) {
        return query.apply(plane);
    }

    /// What a restart would make of the records.
    ControlState replayed() {
        var replayed = new ControlState();
        records.forEach(replayed::apply);
        return replayed;
    }

    /// A control plane that begins with what this one has kept.
    ///
    /// @param rewritten whether the state is kept rather than how it came to be
    MemoryControl restarted(boolean rewritten) {
        var next = new MemoryControl(decisions);
        var kept = rewritten ? state.records() : records;
        ControlRecordCodec.decode(ControlRecordCodec.encode(kept)).forEach(next.state::apply);
        next.records.addAll(kept);
        next.now = now;
        next.decisions = decisions;
        return next;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    // ---- what the API asks

    ClusterState create(CreateClusterRequest request) {
        return decide(plane -> plane.createCluster(request, REGION, now, random));
    }

    ClusterState failOver(String cluster, String shard) {
        return decide(plane -> plane.failoverShard(REGION, cluster, shard, now));
    }

    ClusterState delete(String cluster) {
        return decide(plane -> plane.deleteCluster(REGION, cluster, null, null, now, random));
    }

    ClusterState describe(String cluster) {
        return plane.describeClusters(REGION, cluster, null, null).items().getFirst();
    }

    // ---- what the fleet reports

    /// Creates a cluster and reports everything that makes it available.
    ClusterState available(CreateClusterRequest request) {
        var id = create(request).spec().id();
        decide(plane -> plane.endpointsAssigned(id, endpoints(id), now));
        decide(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), now));
        return describe(id.name());
    }

    /// Reports that nothing is left of a cluster that is being deleted.
    void removed(ClusterId id) {
        decide(plane -> plane.clusterRemoved(id, now));
    }

    /// Ports for every node of a cluster, from 7001 on.
    Endpoints endpoints(ClusterId id) {
        var ports = new HashMap<String, Integer>();
        for (var shard : state.cluster(id).orElseThrow().spec().shards()) {
            for (var node : shard.nodes()) {
                ports.put(node.name(), 7001 + ports.size());
            }
        }
        int port = state.cluster(id).orElseThrow().spec().requestedPort();
        return new Endpoints("127.0.0.1", port, ports);
    }

    /// Everything the fleet reports of a failover, from its beginning to its end.
    void failedOver(ClusterId id, String failing, String promoted) {
        decide(plane -> plane.failoverBegun(id, failing));
        decide(plane -> plane.failoverPromoted(id, failing, promoted, now));
        decide(plane -> plane.failoverFinished(id, failing, now));
    }

    /// The messages of a cluster's events of the last hour, oldest first.
    List<String> messages(String cluster) {
        var request = new DescribeEventsRequest(cluster, "cluster", null, null, null, null, null);
        return plane.describeEvents(REGION, request, now).items().reversed().stream()
                .map(Event::message)
                .toList();
    }
}
