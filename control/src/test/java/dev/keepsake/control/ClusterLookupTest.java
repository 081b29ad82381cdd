package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static dev.keepsake.control.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClusterLookupTest {
    private final MemoryControl control = new MemoryControl();
    private final ClusterLookup lookup = new ClusterLookup(control.state);

    @Test
    void aClusterIsFoundInItsRegionWhateverTheCaseOfTheName() {
        var cluster = control.available(Create.named("demo"));
        assertThat(lookup.existing(REGION, "DeMo")).isEqualTo(cluster);
        assertThat(lookup.available(REGION, "demo")).isEqualTo(cluster);
        assertRefused(
                Fault.CLUSTER_NOT_FOUND,
                () -> lookup.existing("eu-west-1", "demo"),
                "Cluster demo not found.");
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> lookup.existing(REGION, null));
        assertRefused(Fault.INVALID_PARAMETER_VALUE, () -> lookup.existing(REGION, "-"));
    }

    @ParameterizedTest
    @EnumSource(ClusterState.Status.class)
    void onlyAClusterThatIsAvailableMayBeChanged(ClusterState.Status status) {
        var cluster = control.available(Create.named("demo")).with(status);
        if (status == ClusterState.Status.AVAILABLE) {
            ClusterLookup.expectAvailable(cluster);
        } else {
            assertRefused(
                    Fault.INVALID_CLUSTER_STATE,
                    () -> ClusterLookup.expectAvailable(cluster),
                    "Cluster demo is " + status.wire());
        }
    }

    @Test
    void aFailoverOfOneShardKeepsTheWholeClusterFromBeingChanged() {
        var cluster = control.available(Create.named("demo")).with(Failover.called("0001"));
        assertRefused(
                Fault.INVALID_CLUSTER_STATE,
                () -> ClusterLookup.expectAvailable(cluster),
                "failover of shard 0001",
                "Finished recovery");
    }

    @Test
    void aClusterThatNoEngineCanRunNamesTheEngineThatItNeeds() {
        var cluster =
                control.available(Create.named("demo")).needing(new EngineRelease("valkey", "8.1"));
        assertRefused(
                Fault.INVALID_CLUSTER_STATE,
                () -> ClusterLookup.expectAvailable(cluster),
                "Cluster demo is restore-failed",
                "valkey 8.1",
                "a newer valkey");
    }
}
