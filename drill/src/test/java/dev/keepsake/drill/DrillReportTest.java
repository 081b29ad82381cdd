package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class DrillReportTest {
    private static final long MB = 1 << 20;
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

    @Test
    void growthIsToldFromTheTenthFailoverOrAThirdOfFewer() {
        var told =
                Map.of(
                        3, "failover 1 to 3: heap 10.0 -> 30.0 MB,",
                        12, "failover 4 to 12: heap 40.0 -> 120.0 MB,",
                        40, "failover 10 to 40: heap 100.0 -> 400.0 MB,");
        told.forEach((failovers, growth) ->
                assertThat(measured(failovers).table())
                        .contains(growth + " resident 200 -> 200 MB, threads 50 -> 50"));
        assertThat(report(INTACT, null, null).table()).doesNotContain("resources");
        var json = new JsonMapper().readTree(measured(2).json());
        assertThat(json.at("/per_failover/1/resources/heap_bytes").asLong()).isEqualTo(20 * MB);
        assertThat(json.at("/per_failover/1/resources/sockets").asLong()).isEqualTo(7);
    }

    /// The heap grows by 10 MB each time.
    private static DrillReport measured(int failovers) {
        var trail = new FailoverTrail(4, "c-0001-001", "c-0001-002");
        var results =
                IntStream.rangeClosed(1, failovers)
                        .mapToObj(number ->
                                new ResourceUse(10L * number * MB, 200 * MB, 50, 99, 7, 2))
                        .map(use ->
                                new FailoverResult(
                                        "0001", trail, List.of(new Gap(0, 1)), null, use))
                        .toList();
        return new DrillReport(
                new DrillOptions(failovers, 1, 1, 3, 0),
                results,
                List.of("0001"),
                List.of(INTACT),
                List.of(),
                Throughput.NONE,
                List.of());
    }

    /// Two failovers were asked for; one is done for every shortfall given, null meaning completed.
    private static DrillReport report(Verdict verdict, @Nullable String... shortfalls) {
        var trail = new FailoverTrail(4, "c-0001-001", "c-0001-002");
        var gaps =
                List.of(
                        new Gap(1_000, 10_001_000),
                        new Gap(0, 20_000_000),
                        new Gap(5_000_000, 45_000_000));
        var failovers =
                Arrays.stream(shortfalls)
                        .map(shortfall -> new FailoverResult("0001", trail, gaps, shortfall, null))
                        .toList();
        return new DrillReport(
                new DrillOptions(2, 1, 1, 3, 0),
                failovers,
                List.of("0001"),
                Collections.singletonList(verdict),
                List.of(
                        Map.of(FailureKind.CONNECTION_LOST, 3L),
                        Map.of(FailureKind.CONNECTION_LOST, 1L)),
                Throughput.NONE,
                List.of(new DrillEvent(Instant.EPOCH, "Cluster created.")));
    }
}
