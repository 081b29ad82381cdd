package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreSourcesTest {
    private static final SnapshotShard FILE =
            new SnapshotShard("0001", "0-16383", 1, 9, MemoryControl.START);

    private final MemoryControl control = new MemoryControl();
    private final RestoreSources sources =
            new RestoreSources(
                    control.state,
                    new SnapshotLookup(control.state),
                    address ->
                            address.contains("secret")
                                    ? Optional.of("that directory is not read.")
                                    : Optional.empty());

    @Test
    void aRequestThatNamesNothingFillsAClusterWithNothing() {
        assertThat(of(create -> {})).isNull();
        assertThat(sources.tagsOf(null)).isEmpty();
        assertThat(sources.clusterOf(REGION, null)).isNull();
    }

    @Test
    void aSnapshotBringsItsShardsItsTagsAndWhatItsClusterWas() {
        var snapshot = keep(ClusterSnapshot.Status.AVAILABLE, Create.named("old"));
        control.state.apply(new ControlRecord.TagsChanged(snapshot.resource(), Map.of("k", "v")));

        var restore = of(create -> create.snapshotName = "NIGHTLY");
        assertThat(restore)
                .isEqualTo(new Restore("nightly", snapshot.id(), List.of(FILE), List.of()));
        assertThat(sources.tagsOf(restore)).isEqualTo(Map.of("k", "v"));
        assertThat(sources.clusterOf(REGION, restore)).isEqualTo(snapshot.cluster());
    }

    @ParameterizedTest
    @EnumSource(
            value = ClusterSnapshot.Status.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = "AVAILABLE")
    void aSnapshotThatIsNotAvailableFillsNothing(ClusterSnapshot.Status status) {
        keep(status, Create.named("old"));
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> of(create -> create.snapshotName = "nightly"),
                "Snapshot nightly is",
                "it has to be available");
    }

    @Test
    void aSnapshotWithDataTieringFillsOnlyAClusterThatHasIt() {
        keep(
                ClusterSnapshot.Status.AVAILABLE,
                Create.with(create -> {
                    create.nodeType = "db.r6gd.xlarge";
                    create.dataTiering = true;
                }));
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () -> of(create -> create.snapshotName = "nightly"),
                "data tiering");
        assertThat(
                        of(create -> {
                            create.snapshotName = "nightly";
                            create.dataTiering = true;
                        }))
                .isNotNull();
    }

    @Test
    void filesAndObjectsAreTakenInTheirOrder() {
        var arns = List.of("arn:aws:s3:::bucket/a.rdb", "file:///snapshots/b.rdb");
        var restore = of(create -> create.snapshotArns = arns);
        assertThat(restore)
                .isEqualTo(new Restore("arn:aws:s3:::bucket/a.rdb", null, List.of(), arns));
        assertThat(sources.tagsOf(restore)).isEmpty();
        assertThat(sources.clusterOf(REGION, restore)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:/a",
                "file:///",
                "file:///a b",
                "arn:aws:s3:::bucket",
                "arn:aws:s3:::/key",
                "s3://bucket/key",
                "file:///secret/a.rdb"
            })
    void whatIsNoSourceIsNamed(String arn) {
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> of(create -> create.snapshotArns = List.of("arn:aws:s3:::b/k", arn)),
                arn);
    }

    @Test
    void oneKindOfSourceIsGivenAndNotNone() {
        assertRefused(
                Fault.INVALID_PARAMETER_COMBINATION,
                () ->
                        of(create -> {
                            create.snapshotName = "nightly";
                            create.snapshotArns = List.of("arn:aws:s3:::b/k");
                        }));
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> of(create -> create.snapshotArns = List.of()),
                "SnapshotArns is empty.");
        assertRefused(
                Fault.INVALID_PARAMETER_VALUE,
                () -> of(create -> create.snapshotName = "nightly"),
                "Snapshot nightly not found.");
    }

    private @Nullable Restore of(Consumer<Create> change) {
        return sources.of(REGION, Create.with(change));
    }

    private ClusterSnapshot keep(ClusterSnapshot.Status status, CreateClusterRequest of) {
        var snapshot =
                new ClusterSnapshot(
                        new SnapshotId(REGION, "nightly", "00ff00ff00ff00ff"),
                        status,
                        false,
                        control.create(of).spec(),
                        control.now,
                        List.of(FILE),
                        null,
                        null,
                        null,
                        null);
        control.state.apply(new ControlRecord.SnapshotChanged(snapshot));
        return snapshot;
    }
}
