package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Snapshots as they are decided: on request and by the schedule, with time that is handed in.
class SnapshotsTest {
    private final MemoryControl control = new MemoryControl();
    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void theScheduleTakesOneSnapshotAWindowAndForgetsThoseThatAreTooOld() {
        control.now = Instant.parse("2021-08-22T00:59:00Z");
        var cluster =
                control.available(
                        Create.with(create -> {
                            create.snapshotRetentionLimit = 2;
                            create.snapshotWindow = "01:00-02:00";
                        }));
        for (int day = 0; day < 5; day++) {
            due();
            assertThat(names()).as("before the window").hasSize(Math.min(day, 2));
            control.pass(Duration.ofMinutes(1));
            due();
            take();
            control.pass(Duration.ofMinutes(30));
            due();
            take();
            control.pass(Duration.ofHours(24).minusMinutes(31));
            due();
            remove();
        }
        assertThat(names())
                .containsExactly(
                        "automatic.demo-2021-08-25-01-00", "automatic.demo-2021-08-26-01-00");
        control.delete("demo");
        control.removed(cluster.spec().id());
        remove();
        assertThat(names()).as("they go with their cluster").isEmpty();
    }

    @Test
    void anAutomatedSnapshotThatIsDeletedIsNotTakenAgainInItsWindow() {
        control.now = Instant.parse("2021-08-22T01:00:00Z");
        control.available(
                Create.with(create -> {
                    create.clusterName = "demo";
                    create.snapshotWindow = "01:00-02:00";
                    create.snapshotRetentionLimit = 2;
                }));
        due();
        take();
        assertThat(names()).hasSize(1);
        delete(names().getFirst());
        remove();
        control.pass(Duration.ofMinutes(5));
        due();
        assertThat(names()).isEmpty();
        control.pass(Duration.ofHours(24));
        due();
        assertThat(names()).containsExactly("automatic.demo-2021-08-23-01-05");
    }

    @ParameterizedTest
    @CsvSource({
        "23:30-00:30, 2021-08-22T23:29:59Z, ",
        "23:30-00:30, 2021-08-22T23:30:00Z, 2021-08-22T23:30:00Z",
        "23:30-00:30, 2021-08-23T00:29:59Z, 2021-08-22T23:30:00Z",
        "23:30-00:30, 2021-08-23T00:30:00Z, "
    })
    void aWindowMayReachOverMidnight(String window, Instant now, Instant begin) {
        assertThat(Windows.beginOfSnapshotWindow(window, now).orElse(null)).isEqualTo(begin);
    }

    @Test
    void aClusterIsSnapshottingUntilItsSnapshotIsThere() {
        control.available(Create.named("demo"));
        create("One");
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.SNAPSHOTTING);
        assertRefused(Fault.INVALID_CLUSTER_STATE, () -> create("two"), "snapshotting");
        assertRefused(Fault.SNAPSHOT_ALREADY_EXISTS, () -> create("one"));
        assertRefused(
                Fault.INVALID_SNAPSHOT_STATE,
                () -> control.plane.snapshots().delete(REGION, "one", control.now),
                "creating");
        take();
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.AVAILABLE);
        assertThat(control.messages("demo"))
                .contains("Snapshot one succeeded for node demo-0001-001");
    }

    @Test
    void aClusterIsNotLostWhenItsFinalSnapshotFails() {
        var id = control.available(Create.named("demo")).spec().id();
        control.decide(
                plane -> plane.deleteCluster(REGION, "demo", null, "last", control.now, random));
        assertThat(control.plane.snapshots().isAwaited(id)).isTrue();
        var last = snapshot("last").id();
        control.decide(plane -> plane.snapshots().failed(last, control.now));
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.AVAILABLE);
    }

    @Test
    void aClusterHasTwentySnapshotsADay() {
        control.available(Create.named("demo"));
        for (int i = 0; i < 20; i++) {
            create("s" + i);
            take();
        }
        assertRefused(Fault.SNAPSHOT_QUOTA_EXCEEDED, () -> create("one-more"), "20");
        for (int i = 0; i < 20; i++) {
            delete("s" + i);
        }
        remove();
        assertThat(names()).isEmpty();
        assertRefused(Fault.SNAPSHOT_QUOTA_EXCEEDED, () -> create("one-more"), "20");
        control.pass(Duration.ofHours(25));
        create("one-more");
    }

    @Test
    void whatCannotBeCopiedSaysWhy() {
        assertRefused(Fault.SNAPSHOT_NOT_FOUND, () -> copy("one", "two"));
        control.available(Create.named("demo"));
        create("one");
        assertRefused(Fault.INVALID_SNAPSHOT_STATE, () -> copy("one", "two"), "creating");
        take();
        assertRefused(Fault.SNAPSHOT_ALREADY_EXISTS, () -> copy("one", "one"));
        copy("one", "two");
        take();
        assertThat(names()).containsExactly("one", "two");
    }

    @Test
    void whatIsBeingCopiedStaysUntilTheCopyIsThere() {
        control.available(Create.named("demo"));
        create("one");
        take();
        copy("one", "two");
        assertRefused(Fault.INVALID_SNAPSHOT_STATE, () -> delete("one"), "being copied");
        assertThat(status("one")).isEqualTo("available");
        take();
        delete("one");
        assertThat(status("one")).isEqualTo("deleting");
    }

    @Test
    void anAutomatedSnapshotThatIsBeingCopiedOutlivesItsClusterUntilTheCopyIsThere() {
        control.now = Instant.parse("2021-08-22T01:00:00Z");
        var cluster =
                control.available(
                        Create.with(create -> {
                            create.snapshotRetentionLimit = 2;
                            create.snapshotWindow = "01:00-02:00";
                        }));
        due();
        take();
        copy("automatic.demo-2021-08-22-01-00", "two");
        control.delete("demo");
        control.removed(cluster.spec().id());
        due();
        remove();
        assertThat(names()).containsExactly("automatic.demo-2021-08-22-01-00", "two");
        take();
        due();
        remove();
        assertThat(names()).containsExactly("two");
    }

    @Test
    void aSnapshotThatIsNamedHasToFitWhateverElseIsAskedFor() {
        control.available(Create.named("demo"));
        create("one");
        take();
        assertThat(describe("ONE", "Demo", "user")).containsExactly("one");
        assertRefused(Fault.SNAPSHOT_NOT_FOUND, () -> describe("one", "other", null));
        assertRefused(Fault.SNAPSHOT_NOT_FOUND, () -> describe("one", null, "system"));
    }

    @Test
    void aRestoredClusterHasTheEngineOfTheSnapshotUnlessItAsksForAnother() {
        control.available(
                Create.with(create -> {
                    create.engine = "valkey";
                    create.engineVersion = "7.3";
                }));
        create("one");
        take();
        assertThat(restored("same", null, null)).isEqualTo("valkey 7.3");
        assertThat(restored("older", null, "7.2")).isEqualTo("valkey 7.2");
        assertThat(restored("named", "valkey", null)).isEqualTo("valkey 7.3");
        assertThat(restored("other", "redis", null)).isEqualTo("redis 7.0");
    }

    private String restored(String name, @Nullable String engine, @Nullable String version) {
        var spec =
                control.create(
                                Create.with(create -> {
                                    create.clusterName = name;
                                    create.snapshotName = "one";
                                    create.engine = engine;
                                    create.engineVersion = version;
                                }))
                        .spec();
        assertThat(spec.parameterGroupName()).isEqualTo("default.memorydb-" + spec.engine() + "7");
        return spec.engine() + " " + spec.engineVersion();
    }

    // ---- what the tests ask

    private void delete(String name) {
        control.decide(plane -> plane.snapshots().delete(REGION, name, control.now));
    }

    private String status(String name) {
        return control.plane.snapshots().status(snapshot(name));
    }

    private ClusterSnapshot snapshot(String name) {
        return control.state.snapshots().find(REGION, name).orElseThrow();
    }

    private List<String> describe(String name, @Nullable String cluster, @Nullable String source) {
        return control
                .plane
                .snapshots()
                .describe(REGION, cluster, name, source, null, null)
                .items()
                .stream()
                .map(snapshot -> snapshot.id().name())
                .toList();
    }

    private void create(String name) {
        control.decide(plane ->
                plane.snapshots().create(REGION, "demo", name, null, null, control.now, random));
    }

    private void copy(String from, String to) {
        control.decide(plane ->
                plane.snapshots().copy(REGION, from, to, null, null, null, control.now, random));
    }

    private void due() {
        control.decide(plane -> plane.snapshots().due(control.now, random));
    }

    /// The fleet has taken or copied whatever was asked for.
    private void take() {
        for (var snapshot : control.state.allSnapshots()) {
            var shard = new SnapshotShard("0001", "0-16383", 1, 9, control.now);
            control.decide(
                    plane -> plane.snapshots().taken(snapshot.id(), List.of(shard), control.now));
        }
    }

    /// The fleet has deleted whatever was to be.
    private void remove() {
        for (var snapshot : control.state.allSnapshots()) {
            if (snapshot.status() == ClusterSnapshot.Status.DELETING) {
                control.decide(plane -> plane.snapshots().removed(snapshot.id(), control.now));
            }
        }
    }

    private List<String> names() {
        return control.state.allSnapshots().stream().map(snapshot -> snapshot.id().name()).toList();
    }
}
