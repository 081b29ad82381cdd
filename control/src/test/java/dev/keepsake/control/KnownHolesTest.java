package dev.keepsake.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// What is told of clusters whose engine has known holes.
class KnownHolesTest {
    private static final String TOLD =
            "The cluster runs on redis 7.0.15, which has known holes: CVE-2025-46817,"
                    + " CVE-2025-46818.";

    private final ControlState state = new ControlState();
    private InstalledEngines.Installed installed =
            new InstalledEngines.Installed("redis", "7.0.15", "CVE-2025-46817, CVE-2025-46818");
    private final ControlPlane plane =
            new ControlPlane(state, 0, (_, _) -> installed, false, StatusPace.INSTANT);
    private Instant now = Instant.EPOCH;

    private <R> R decide(Function<ControlPlane, Decision<R>> decision) {
        var decided = decision.apply(plane);
        decided.records().forEach(state::apply);
        return decided.response();
    }

    private ClusterId create(String name) {
        var id =
                decide(plane ->
                                plane.createCluster(
                                        Create.named(name),
                                        "us-east-1",
                                        now,
                                        new SplittableRandom(1)))
                        .spec()
                        .id();
        started(id);
        decide(plane -> plane.clusterProvisioned(id, installed, now));
        return id;
    }

    private void started(ClusterId id) {
        decide(plane -> plane.clusterStarted(id, installed, now));
    }

    private List<String> told(String name) {
        return state.events().stream()
                .filter(event -> event.sourceName().equals(name))
                .filter(event -> event.sourceType().equals("cluster"))
                .map(Event::message)
                .filter(message -> message.contains("known holes"))
                .toList();
    }

    @Test
    void eachClusterTellsOfThemWhenItIsMadeAndNotAtEveryStart() {
        var id = create("one");
        create("two");
        assertThat(told("one")).containsExactly(TOLD);
        assertThat(told("two")).containsExactly(TOLD);

        now = now.plus(Duration.ofDays(1));
        started(id);
        started(id);
        assertThat(told("one")).containsExactly(TOLD);
    }

    @Test
    void aStartTellsOfThoseThatAreNewsOrForgotten() {
        installed = new InstalledEngines.Installed("redis", "7.0.15");
        var id = create("one");
        assertThat(told("one")).isEmpty();

        installed = new InstalledEngines.Installed("redis", "7.0.15", "CVE-2025-46817");
        started(id);
        assertThat(told("one")).hasSize(1).first().asString().endsWith(": CVE-2025-46817.");

        now = now.plus(ControlState.EVENTS_KEPT).plusSeconds(1);
        create("two"); // whose events push the old ones out
        assertThat(told("one")).isEmpty();
        started(id);
        assertThat(told("one")).hasSize(1);
    }
}
