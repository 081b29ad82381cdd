package dev.keepsake.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Creates, shows and deletes clusters, as the API's calls ask. UpdateCluster is in
/// [ClusterUpdates], FailoverShard in [Failovers].
final class Clusters {
    private static final int SHOWN_MIN = 20;
    private static final int SHOWN_MAX = 100;

    private final ControlState state;
    private final ClusterLookup lookup;
    private final ClusterRequests requests;
    private final NodeQuotas quotas;
    private final PortRoom ports;
    private final Snapshots snapshots;

    /// @param snapshots takes the final snapshot of a cluster that is deleted
    Clusters(
            ControlState state,
            ClusterLookup lookup,
            ClusterRequests requests,
            NodeQuotas quotas,
            PortRoom ports,
            Snapshots snapshots) {
        this.state = state;
        this.lookup = lookup;
        this.requests = requests;
        this.quotas = quotas;
        this.ports = ports;
        this.snapshots = snapshots;
    }

    /// CreateCluster.
    Decision<ClusterState> create(
            CreateClusterRequest request, String region, Instant now, RandomGenerator random) {
        var spec = requests.check(request, region, now, random);
        if (state.cluster(region, spec.id().name()).isPresent()) {
            throw Fault.CLUSTER_ALREADY_EXISTS.because(
                    "Cluster %s already exists.", spec.id().name());
        }
        quotas.expectFitsRegion(spec);
        boolean askedForPort = request.port() != null;
        if (askedForPort) {
            refuseIf(ports.ownerOfWanted(spec));
        }
        ports.expectRoomFor(spec, Fault.INSUFFICIENT_CLUSTER_CAPACITY);
        if (askedForPort) {
            refuseIf(ports.holdWanted(spec)); // last: only an accepted cluster holds a port
        }
        return new Decision<>(
                List.of(new ControlRecord.ClusterCreated(spec)), ClusterState.creating(spec));
    }

    /// Refuses the request if its port is taken. Another port would not do: the caller may have
    /// published the requested one, and tools compare the cluster with the request.
    private static void refuseIf(Optional<String> portTaken) {
        portTaken.ifPresent(reason -> {
            throw Fault.INVALID_PARAMETER_VALUE.because("%s", reason);
        });
    }

    /// ListAllowedNodeTypeUpdates.
    ///
    /// @return larger types, then smaller ones
    List<List<String>> allowedNodeTypes(String region, @Nullable String clusterName) {
        var type = NodeType.existing(lookup.existing(region, clusterName).spec().nodeType());
        return List.of(type.larger(), type.smaller());
    }

    /// DescribeClusters, ordered by name.
    Page<ClusterState> describe(
            String region,
            @Nullable String clusterName,
            @Nullable Integer maxResults,
            @Nullable String nextToken) {
        int size = Requests.within("MaxResults", maxResults, SHOWN_MAX, SHOWN_MIN, SHOWN_MAX);
        if (clusterName != null) {
            return new Page<>(List.of(lookup.existing(region, clusterName)), null);
        }
        return Page.of(
                "DescribeClusters",
                List.copyOf(state.clusters(region)),
                cluster -> cluster.spec().id().name(),
                size,
                nextToken);
    }

    /// DeleteCluster, in any state of the cluster: changes under way are abandoned. Only a final
    /// snapshot needs an available cluster. The cluster is removed after its final snapshot, and
    /// after every requested snapshot that is still being taken.
    Decision<ClusterState> delete(
            String region,
            @Nullable String clusterName,
            @Nullable String multiRegionClusterName,
            @Nullable String finalSnapshotName,
            Instant now,
            RandomGenerator random) {
        var cluster = lookup.existing(region, clusterName);
        if (multiRegionClusterName != null) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Cluster %s is not part of a multi-Region cluster; omit"
                            + " MultiRegionClusterName.",
                    cluster.spec().id().name());
        }
        if (cluster.status() == ClusterState.Status.DELETING) {
            throw Fault.INVALID_CLUSTER_STATE.because(
                    "Cluster %s is deleting already.", cluster.spec().id().name());
        }
        var records = new ArrayList<ControlRecord>();
        if (finalSnapshotName != null) {
            ClusterLookup.expectAvailable(cluster);
            String name = snapshots.free(region, "FinalSnapshotName", finalSnapshotName);
            snapshots.asked(records, name, cluster, false, null, null, now, random);
        }
        records.addAll(snapshots.givenUpWith(cluster.spec().id(), now));
        records.add(new ControlRecord.ClusterDeleting(cluster.spec().id(), now));
        return new Decision<>(records, cluster.deleting(now));
    }
}
