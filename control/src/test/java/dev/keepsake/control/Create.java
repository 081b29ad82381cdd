package dev.keepsake.control;

import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// CreateCluster's input for tests, those of other modules too: the required members are given,
/// each test changes what it is about.
public final class Create {
    public @Nullable String clusterName = "demo";
    public @Nullable String nodeType = "db.t4g.small";
    public @Nullable String multiRegionClusterName;
    public @Nullable String parameterGroupName;
    public @Nullable String description;
    public @Nullable Integer numShards;
    public @Nullable Integer numReplicasPerShard;
    public @Nullable String subnetGroupName;
    public @Nullable List<String> securityGroupIds;
    public @Nullable String maintenanceWindow;
    public @Nullable Integer port;
    public @Nullable String snsTopicArn;
    public @Nullable Boolean tlsEnabled;
    public @Nullable String kmsKeyId;
    public @Nullable List<String> snapshotArns;
    public @Nullable String snapshotName;
    public @Nullable Integer snapshotRetentionLimit;
    public @Nullable List<CreateClusterRequest.Tag> tags;
    public @Nullable String snapshotWindow;
    public @Nullable String aclName = "open-access";
    public @Nullable String engine;
    public @Nullable String engineVersion;
    public @Nullable Boolean autoMinorVersionUpgrade;
    public @Nullable Boolean dataTiering;
    public @Nullable String networkType;
    public @Nullable String ipDiscovery;

    private Create() {}

    public static CreateClusterRequest with(Consumer<Create> change) {
        var create = new Create();
        change.accept(create);
        return create.request();
    }

    public static CreateClusterRequest named(String name) {
        return with(create -> create.clusterName = name);
    }

    /// What the request comes to in a region where nothing is yet.
    public static ClusterSpec spec(
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
