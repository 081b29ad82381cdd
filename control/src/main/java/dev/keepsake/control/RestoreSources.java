package dev.keepsake.control;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds the data that new clusters are filled with: a snapshot, files of this machine, or objects
/// of buckets.
final class RestoreSources {
    private final ControlState state;
    private final SnapshotLookup snapshots;
    private final RestoreFiles files;

    RestoreSources(ControlState state, SnapshotLookup snapshots, RestoreFiles files) {
        this.state = state;
        this.snapshots = snapshots;
        this.files = files;
    }

    /// The data that a new cluster is to be filled with, or null for none.
    @Nullable Restore of(String region, CreateClusterRequest request) {
        var arns = request.snapshotArns();
        if (request.snapshotName() != null) {
            if (arns != null) {
                throw Fault.INVALID_PARAMETER_COMBINATION.because(
                        "SnapshotName and SnapshotArns were given; give one of them.");
            }
            return ofSnapshot(region, request.snapshotName(), request.dataTiering());
        }
        return arns == null ? null : ofFiles(arns);
    }

    private Restore ofSnapshot(String region, String given, @Nullable Boolean dataTiering) {
        var name = given.toLowerCase(Locale.ROOT);
        var snapshot =
                state.snapshots()
                        .find(region, name)
                        .orElseThrow(
                                () -> // CreateCluster declares no fault of its own for it
                                Fault.INVALID_PARAMETER_VALUE.because(
                                                "Snapshot %s not found.", name));
        if (snapshot.status() != ClusterSnapshot.Status.AVAILABLE) {
            throw Fault.INVALID_PARAMETER_VALUE.because(
                    "Snapshot %s is %s; it has to be available.", name, snapshots.status(snapshot));
        }
        if (snapshot.cluster().dataTiering() && !Boolean.TRUE.equals(dataTiering)) {
            throw Fault.INVALID_PARAMETER_COMBINATION.because(
                    "Snapshot %s is of a cluster with data tiering; it can only be restored"
                            + " into another one.",
                    name);
        }
        return new Restore(name, snapshot.id(), snapshot.shards(), List.of());
    }

    private Restore ofFiles(List<String> arns) {
        if (arns.isEmpty()) {
            throw Fault.INVALID_PARAMETER_VALUE.because("SnapshotArns is empty.");
        }
        for (String arn : arns) {
            if (!arn.matches("file:///\\S+") && !arn.matches("arn:aws:s3:::[^/\\s]+/\\S+")) {
                throw Fault.INVALID_PARAMETER_VALUE.because(
                        "%s is not one of SnapshotArns; expected file:///PATH or"
                                + " arn:aws:s3:::BUCKET/KEY.",
                        arn);
            }
            if (arn.startsWith("file:")) {
                files.refusalOf(arn)
                        .ifPresent(refusal -> {
                            throw Fault.INVALID_PARAMETER_VALUE.because(
                                    "SnapshotArns has %s; %s", arn, refusal);
                        });
            }
        }
        return new Restore(arns.getFirst(), null, List.of(), arns);
    }

    /// The cluster whose snapshot is restored, or null when files are restored.
    @Nullable ClusterSpec clusterOf(String region, @Nullable Restore restore) {
        return restore == null || restore.snapshot() == null
                ? null
                : snapshots.existing(region, restore.from()).cluster();
    }

    /// The tags of a new cluster whose request has none.
    Map<String, String> tagsOf(@Nullable Restore restore) {
        var snapshot = restore == null ? null : restore.snapshot();
        return snapshot == null
                ? Map.of()
                : state.tags(
                        new Resource(snapshot.region(), Resource.Kind.SNAPSHOT, snapshot.name()));
    }
}
