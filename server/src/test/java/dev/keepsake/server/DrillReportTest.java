package dev.keepsake.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class DrillReportTest {
    private static final Verdict INTACT = new Verdict(1_200, 0, 0, 0, 0);

    @Test
    void passesWhenEveryFailoverCompletedAndNothingIsDamaged() {
        assertThat(report(INTACT, null, null).isPassed()).isTrue();
        assertThat(report(INTACT, null, null).table())
                .contains("2 of 2 completed")
                .contains("1,200 writes")
                .contains("p50 20.0 ms, max 40.0 ms")
                .contains("connection_lost 4")
                .contains("Passed");
    }

    @Test
    void failsForEveryKindOfDamage() {
        for (var damaged :
                List.of(
                        new Verdict(1, 1, 0, 0, 0),
                        new Verdict(1, 0, 1, 0, 0),
                        new Verdict(1, 0, 0, 1, 0),
                        new Verdict(1, 0, 0, 0, 1))) {
            assertThat(report(damaged, null, null).isPassed()).isFalse();
            assertThat(report(damaged, null, null).table()).contains("FAILED: the data");
        }
    }

    @Test
    void failsWhenAFailoverDidNotComplete() {
        var report = report(INTACT, null, "still waiting");
        assertThat(report.isPassed()).isFalse();
        assertThat(report.table()).contains("1 of 2").contains("FAILED").contains("still waiting");
    }

    @Test
    void failsWhenFewerFailoversWereDoneThanAskedFor() {
        assertThat(report(INTACT, (@Nullable String) null).isPassed()).isFalse();
    }

    @Test
    void theJsonIsOneLineWithTheMembersThatProgramsReadIt() {
        var text = report(new Verdict(10, 3, 2, 1, 0), null, null).json();
        assertThat(text).doesNotContain("\n");
        var json = new JsonMapper().readTree(text);
        assertThat(json.get("failovers").asInt()).isEqualTo(2);
        assertThat(json.get("acknowledged").asInt()).isEqualTo(10);
        assertThat(json.get("lost").asInt()).isEqualTo(3);
        assertThat(json.get("duplicated").asInt()).isEqualTo(2);
        assertThat(json.get("reordered").asInt()).isEqualTo(1);
        assertThat(json.at("/outage_ms/p50").asDouble()).isEqualTo(20.0);
        assertThat(json.at("/outage_ms/max").asDouble()).isEqualTo(40.0);
        assertThat(json.at("/errors/connection_lost").asInt()).isEqualTo(4);
        assertThat(json.at("/events/0/message").asString()).isEqualTo("Cluster created.");
        assertThat(json.at("/per_failover/1/outage_ms/max").asDouble()).isEqualTo(40.0);
        assertThat(json.at("/per_failover/0/from").asString()).isEqualTo("c-0001-001");
        assertThat(json.at("/per_shard/0/lost").asInt()).isEqualTo(3);
    }

    /// Two failovers were asked for; one is done for every shortfall given, null meaning completed.
    private static DrillReport report(Verdict verdict, @Nullable String... shortfalls) {
        var trail = new FailoverTrail(4, "c-0001-001", "c-0001-002");
        var gapsNs = List.of(10_000_000L, 20_000_000L, 40_000_000L);
        var failovers =
                Arrays.stream(shortfalls)
                        .map(shortfall -> new FailoverResult("0001", trail, gapsNs, shortfall))
                        .toList();
        return new DrillReport(
                new DrillOptions(2, 1, 1, 3, 0),
                failovers,
                List.of("0001"),
                Collections.singletonList(verdict),
                Map.of(FailureKind.CONNECTION_LOST, 4L),
                List.of(new DrillEvent(Instant.EPOCH, "Cluster created.")));
    }
}
