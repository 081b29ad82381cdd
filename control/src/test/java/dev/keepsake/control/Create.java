package dev.keepsake.control;

import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// CreateCluster's input for tests: the required members are given, each test changes what it is
/// about.
final class Create {
    @Nullable String clusterName = "demo";
    @Nullable String nodeType = "db.t4g.small";
    @Nullable String multiRegionClusterName;
    @Nullable String parameterGroupName;
    @Nullable String description;
    @Nullable Integer numShards;
    @Nullable Integer numReplicasPerShard;
    @Nullable String subnetGroupName;
    @Nullable List<String> securityGroupIds;
    @Nullable String maintenanceWindow;
    @Nullable Integer port;
    @Nullable String snsTopicArn;
    @Nullable Boolean tlsEnabled;
    @Nullable String kmsKeyId;
    @Nullable List<String> snapshotArns;
    @Nullable String snapshotName;
    @Nullable Integer snapshotRetentionLimit;
    @Nullable List<CreateClusterRequest.Tag> tags;
    @Nullable String snapshotWindow;
    @Nullable String aclName = "open-access";
    @Nullable String engine;
    @Nullable String engineVersion;
    @Nullable Boolean autoMinorVersionUpgrade;
    @Nullable Boolean dataTiering;
    @Nullable String networkType;
    @Nullable String ipDiscovery;

    private Create() {}

    static CreateClusterRequest with(Consumer<Create> change) {
        var create = new Create();
        change.accept(create);
        return create.request();
    }

    static CreateClusterRequest named(String name) {
        return with(create -> create.clusterName = name);
    }

    /// What the request comes to in a region where nothing is yet.
    static ClusterSpec spec(
            CreateClusterRequest request, String region, Instant now, RandomGenerator random) {
        var state = new ControlState();
        var requests =
                new ClusterRequests(
                        new Access(state, StatusPace.INSTANT),
                        new Parameters(state, StatusPace.INSTANT),
                        new Subnets(state),
                        new OfferedEngines(InstalledEngines.only("redis", "7.0.15"), false),
                        new RestoreSources(state, new SnapshotLookup(state), RestoreFiles.NONE));
        return requests.check(request, region, now, random);
    }

    private CreateClusterRequest request() {
        return new CreateClusterRequest(
                clusterName,
                nodeType,
                multiRegionClusterName,
                parameterGroupName,
                description,
                numShards,
                numReplicasPerShard,
                subnetGroupName,
                securityGroupIds,
                maintenanceWindow,
                port,
                snsTopicArn,
                tlsEnabled,
                kmsKeyId,
                snapshotArns,
                snapshotName,
                snapshotRetentionLimit,
                tags,
                snapshotWindow,
                aclName,
                engine,
                engineVersion,
                autoMinorVersionUpgrade,
                dataTiering,
                networkType,
                ipDiscovery);
    }
}
