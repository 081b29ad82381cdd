package dev.keepsake.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Failovers in control logs of earlier builds. `recorded-failovers.jsonl` was written by a build
/// that kept a failover as a shard and two names: first the records of four clusters, whose
/// failovers have come to four different stages, then the rewritten state behind them.
class RecordedFailoversTest {
    private static final String REGION = "us-east-1";

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void everyStageThatAnEarlierBuildRecordedIsFoundAgain(int line) throws IOException {
        var state = new ControlState();
        ControlRecordCodec.decode(recorded().get(line).getBytes(UTF_8)).forEach(state::apply);

        assertThat(failover(state, "called"))
                .isEqualTo(new Failover("0001", new Failover.Called()));
        assertThat(failover(state, "failing"))
                .isEqualTo(new Failover("0001", new Failover.Failing("failing-0001-001")));
        assertThat(failover(state, "promoted"))
                .isEqualTo(
                        new Failover(
                                "0001",
                                new Failover.Promoted("promoted-0001-001", "promoted-0001-002")));
        assertThat(failover(state, "finished")).isNull();
        assertThat(state.cluster(REGION, "finished").orElseThrow().primaries())
                .containsEntry("0001", "finished-0001-002");
    }

    /// An earlier build may be started again on the same directory.
    @Test
    void theRewrittenStateHasTheFormThatAnEarlierBuildReads() throws IOException {
        var state = new ControlState();
        ControlRecordCodec.decode(recorded().getFirst().getBytes(UTF_8)).forEach(state::apply);
        var written = new String(ControlRecordCodec.encode(state.records()), UTF_8);
        for (String failover :
                List.of(
                        "{\"shard\":\"0001\",\"failing\":null,\"promoted\":null}",
                        "{\"shard\":\"0001\",\"failing\":\"failing-0001-001\",\"promoted\":null}",
                        "{\"shard\":\"0001\",\"failing\":\"promoted-0001-001\","
                                + "\"promoted\":\"promoted-0001-002\"}")) {
            assertThat(recorded().getLast()).contains("\"failover\":" + failover);
            assertThat(written).contains("\"failover\":" + failover);
        }
        // Equal but for the order in which a set of names happens to be written.
        assertThat(written).hasSameSizeAs(recorded().getLast());
    }

    @Test
    void aFailoverThatPromotedANodeButMadeNoneFailIsDamage() throws IOException {
        var damaged = recorded().getLast().replace("\"failing\":\"promoted-0001-001\",", "");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ControlRecordCodec.decode(damaged.getBytes(UTF_8)));
    }

    private static @Nullable Failover failover(ControlState state, String cluster) {
        return state.cluster(REGION, cluster).orElseThrow().failover();
    }

    private static List<String> recorded() throws IOException {
        try (var in = RecordedFailoversTest.class.getResourceAsStream("recorded-failovers.jsonl")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8).lines().toList();
        }
    }
}
