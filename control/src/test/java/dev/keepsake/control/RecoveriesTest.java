package dev.keepsake.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecoveriesTest {
    private static final String ONE = "demo-0001-001";
    private static final String TWO = "demo-0001-002";

    private final MemoryControl control = new MemoryControl();
    private final Recoveries recoveries = new Recoveries(control.state);

    @Test
    void aNodeThatIsGoneIsNewsOnceUntilItIsBack() {
        var id = control.available(Create.named("demo")).spec().id();
        assertThat(isNews(recoveries.recovered(id, ONE, control.now))).isFalse();

        var gone = recoveries.recovering(id, ONE, control.now);
        assertThat(gone.records())
                .containsExactly(
                        new ControlRecord.NodeRecovering(id, ONE),
                        Events.ofCluster(id, control.now, "Recovering nodes " + ONE));
        gone.records().forEach(control.state::apply);
        assertThat(isNews(recoveries.recovering(id, ONE, control.now))).isFalse();
        assertThat(isNews(recoveries.recovering(id, TWO, control.now))).isTrue();

        var back = recoveries.recovered(id, ONE, control.now);
        assertThat(back.records())
                .containsExactly(
                        new ControlRecord.NodeRecovered(id, ONE),
                        Events.ofCluster(id, control.now, "Finished recovery for nodes " + ONE));
    }

    /// The failover itself says that it lets a node fail.
    @Test
    void theNodeThatAFailoverLetsFailIsNoNews() {
        var id = control.available(Create.named("demo")).spec().id();
        control.state.apply(new ControlRecord.FailoverRequested(id, "0001"));
        assertThat(isNews(recoveries.recovering(id, ONE, control.now))).isTrue();
        control.state.apply(new ControlRecord.FailoverBegun(id, ONE));
        assertThat(isNews(recoveries.recovering(id, ONE, control.now))).isFalse();
        assertThat(isNews(recoveries.recovering(id, TWO, control.now))).isTrue();
    }

    @Test
    void nodesThatAClusterHasNotAreNoNews() {
        var id = control.available(Create.named("demo")).spec().id();
        assertThat(isNews(recoveries.recovering(id, "demo-0001-009", control.now))).isFalse();
        var gone = new ClusterId(id.region(), "gone", id.incarnation());
        assertThat(isNews(recoveries.recovering(gone, ONE, control.now))).isFalse();
    }

    @ParameterizedTest
    @EnumSource(ClusterState.Status.class)
    void onlyAClusterThatIsUpHasSomethingToRecover(ClusterState.Status status) {
        var cluster = control.available(Create.named("demo")).with(status);
        control.state.apply(new ControlRecord.ClusterKept(cluster));
        var up =
                Set.of(
                        ClusterState.Status.AVAILABLE,
                        ClusterState.Status.UPDATING,
                        ClusterState.Status.SNAPSHOTTING);
        assertThat(isNews(recoveries.recovering(cluster.spec().id(), ONE, control.now)))
                .isEqualTo(up.contains(status));
    }

    @Test
    void aServerThatWasKilledTookAllNodesWithItAndOneThatWasStoppedNone() {
        var id = control.available(Create.named("demo")).spec().id();
        control.state.apply(new ControlRecord.NodeRecovering(id, TWO));
        var first = recoveries.serverStarted(control.now);
        assertThat(first.records()).containsExactly(new ControlRecord.ServerStarted(control.now));
        first.records().forEach(control.state::apply);

        var afterKill = recoveries.serverStarted(control.now);
        assertThat(afterKill.records())
                .as("a node that was recovering already is no news")
                .containsExactly(
                        new ControlRecord.ServerStarted(control.now),
                        new ControlRecord.NodeRecovering(id, ONE),
                        Events.ofCluster(id, control.now, "Recovering nodes " + ONE));

        Recoveries.serverStopped(control.now).records().forEach(control.state::apply);
        assertThat(recoveries.serverStarted(control.now).records())
                .isEqualTo(List.of(new ControlRecord.ServerStarted(control.now)));
    }

    private static boolean isNews(Decision<?> decision) {
        return !decision.records().isEmpty();
    }
}
