package dev.keepsake.control;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// UpdateCluster's input for tests: nothing is given but the name, each test changes what it is
/// about.
final class Update {
    @Nullable String clusterName = "demo";
    @Nullable String description;
    @Nullable List<String> securityGroupIds;
    @Nullable String maintenanceWindow;
    @Nullable String snapshotWindow;
    @Nullable Integer snapshotRetentionLimit;
    @Nullable String parameterGroupName;
    @Nullable Integer replicaCount;
    @Nullable String aclName;

    private Update() {}

    static UpdateClusterRequest with(Consumer<Update> change) {
        var update = new Update();
        change.accept(update);
        return new UpdateClusterRequest(
                update.clusterName,
                update.description,
                update.securityGroupIds,
                update.maintenanceWindow,
                null,
                null,
                update.parameterGroupName,
                update.snapshotWindow,
                update.snapshotRetentionLimit,
                null,
                null,
                null,
                update.replicaCount,
                null,
                update.aclName,
                null);
    }
}
