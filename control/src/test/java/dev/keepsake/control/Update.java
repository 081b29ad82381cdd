package dev.keepsake.control;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// UpdateCluster's input for tests, those of other modules too: nothing is given but the name, each
/// test changes what it is about.
public final class Update {
    public @Nullable String clusterName = "demo";
    public @Nullable String description;
    public @Nullable List<String> securityGroupIds;
    public @Nullable String maintenanceWindow;
    public @Nullable String snapshotWindow;
    public @Nullable Integer snapshotRetentionLimit;
    public @Nullable String parameterGroupName;
    public @Nullable Integer replicaCount;
    public @Nullable String aclName;

    private Update() {}

    public static UpdateClusterRequest with(Consumer<Update> change) {
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
