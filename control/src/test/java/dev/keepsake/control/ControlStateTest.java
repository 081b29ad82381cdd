package dev.keepsake.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlStateTest {
    private final MemoryControl control = new MemoryControl();

    @Test
    void aRewrittenStateStillKnowsThatAServerRuns() {
        var state = new ControlState();
        state.apply(new ControlRecord.ServerStarted(Instant.EPOCH));
        var rewritten = new ControlState();
        state.records().forEach(rewritten::apply);
        assertThat(rewritten.serverRuns()).isTrue();

        state.apply(new ControlRecord.ServerStopped(Instant.EPOCH));
        state.records().forEach(rewritten::apply);
        assertThat(rewritten.serverRuns()).isFalse();
    }

    @Test
    void aClusterIsCreatingUntilItsNodesAnswerAndGoneAfterItWasDeleted() {
        var id = control.create(Create.named("demo")).spec().id();
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.CREATING);
        assertThat(control.describe("demo").endpoints()).isNull();
        assertThat(control.describe("demo").enginePatchVersion()).isNull();

        control.decide(plane -> plane.endpointsAssigned(id, control.endpoints(id), control.now));
        assertThat(control.describe("demo").endpoints()).isEqualTo(control.endpoints(id));
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.CREATING);

        control.decide(plane ->
                plane.clusterProvisioned(
                        id, new InstalledEngines.Installed("redis", "7.0.15"), control.now));
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.AVAILABLE);
        assertThat(control.describe("demo").enginePatchVersion()).isEqualTo("7.0.15");

        control.delete("demo");
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.DELETING);

        control.removed(id);
        assertThat(control.state.cluster(id)).isEmpty();
        assertThat(control.state.clusters()).isEmpty();
    }

    @Test
    void recordsOfAClusterThatIsGoneChangeNothingForTheNextOfThatName() {
        var gone = control.available(Create.named("demo")).spec().id();
        control.delete("demo");
        control.removed(gone);
        var next = control.create(Create.named("demo"));
        var id = next.spec().id();
        assertThat(id).isNotEqualTo(gone);

        for (var record :
                List.of(
                        new ControlRecord.EndpointsAssigned(gone, control.endpoints(id)),
                        new ControlRecord.ClusterProvisioned(gone, "7.0.15", "redis"),
                        new ControlRecord.FailoverRequested(gone, "0001"),
                        new ControlRecord.FailoverBegun(gone, "demo-0001-001"),
                        new ControlRecord.FailoverPromoted(gone, "demo-0001-002"),
                        new ControlRecord.FailoverFinished(gone, control.now),
                        new ControlRecord.ClusterDeleting(gone, control.now),
                        new ControlRecord.ClusterRemoved(gone))) {
            control.state.apply(record);
        }

        assertThat(control.state.cluster(id)).contains(next);
    }

    @Test
    void aFailoverIsKnownFromItsRequestToItsEnd() {
        var id = control.available(Create.named("demo")).spec().id();
        assertThat(control.describe("demo").failover()).isNull();

        control.failOver("demo", "0001");
        assertThat(control.describe("demo").failover())
                .isEqualTo(new Failover("0001", new Failover.Called()));
        control.state.apply(new ControlRecord.FailoverBegun(id, "demo-0001-001"));
        assertThat(control.describe("demo").failover())
                .isEqualTo(new Failover("0001", new Failover.Failing("demo-0001-001")));
        control.state.apply(new ControlRecord.FailoverPromoted(id, "demo-0001-002"));
        assertThat(control.describe("demo").failover())
                .isEqualTo(
                        new Failover(
                                "0001", new Failover.Promoted("demo-0001-001", "demo-0001-002")));
        control.state.apply(new ControlRecord.FailoverFinished(id, control.now));
        assertThat(control.describe("demo").failover()).isNull();
        assertThat(control.describe("demo").status()).isEqualTo(ClusterState.Status.AVAILABLE);
    }

    @Test
    void askingForARegionThatNobodyUsesLeavesNothingBehind() {
        assertThat(control.state.clusters("mars-north-1")).isEmpty();
        control.available(Create.named("demo"));
        assertThat(control.state.clusters("us-east-1")).hasSize(1);
        assertThat(control.state.clusters("mars-north-1")).isEmpty();
        assertThat(control.state.clusters()).hasSize(1);
    }

    @Test
    void eventsAreKeptForFourteenDaysOfTheirOwnTime() {
        var start = control.now;
        happen("first", start);
        happen("second", start.plus(Duration.ofDays(14)));
        assertThat(control.state.events())
                .extracting(Event::message)
                .containsExactly("first", "second");
        assertThat(control.state.eventsForgotten()).isZero();

        happen("third", start.plus(Duration.ofDays(14)).plusMillis(1));

        assertThat(control.state.events())
                .extracting(Event::message)
                .containsExactly("second", "third");
        assertThat(control.state.eventsForgotten()).isEqualTo(1);
    }

    @Test
    void aHundredThousandEventsAreKeptAtMost() {
        for (int i = 0; i < 100_001; i++) {
            happen("event " + i, control.now);
        }
        assertThat(control.state.events()).hasSize(100_000);
        assertThat(control.state.events().iterator().next().message()).isEqualTo("event 1");
        assertThat(control.state.eventsForgotten()).isEqualTo(1);
    }

    private void happen(String message, Instant date) {
        control.state.apply(
                new ControlRecord.EventHappened(
                        new Event("us-east-1", "demo", "cluster", message, date)));
    }
}
