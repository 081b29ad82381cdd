package dev.keepsake.control;

import static dev.keepsake.control.MemoryControl.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FailoversTest {
    private static final String ONE = "demo-0001-001";
    private static final String TWO = "demo-0001-002";
    private static final String THREE = "demo-0001-003";

    private final MemoryControl control = new MemoryControl();
    private final Failovers failovers =
            new Failovers(control.state, new ClusterLookup(control.state), 0);

    /// A stage, and which report takes it on; every other report changes nothing.
    ///
    /// @param stage null when no failover is under way
    record Row(Failover.@Nullable Stage stage, List<String> news) {}

    private static Stream<Row> table() {
        return Stream.of(
                new Row(null, List.of("leads " + TWO)),
                new Row(
                        new Failover.Called(),
                        List.of("begun " + ONE, "begun " + TWO, "leads " + TWO)),
                new Row(new Failover.Failing(ONE), List.of("promoted " + ONE)),
                new Row(
                        new Failover.Promoted(ONE, TWO),
                        List.of("finished " + ONE, "leads " + ONE)));
    }

    @ParameterizedTest
    @MethodSource("table")
    void eachStageIsTakenOnByTheReportRightBehindItAlone(Row row) {
        var id = clusterAt(row.stage());
        var news = new ArrayList<String>();
        for (String node : List.of(ONE, TWO)) {
            if (isNews(failovers.begun(id, node))) {
                news.add("begun " + node);
            }
            if (isNews(failovers.promoted(id, node, TWO, control.now))) {
                news.add("promoted " + node);
            }
            if (isNews(failovers.finished(id, node, control.now))) {
                news.add("finished " + node);
            }
            if (isNews(failovers.leads(id, node, control.now))) {
                news.add("leads " + node);
            }
        }
        assertThat(news).containsExactlyInAnyOrderElementsOf(row.news());
    }

    /// The failover itself says who took over.
    @Test
    void aFailoverExplainsANewPrimaryOfItsOwnShardOnly() {
        var id = clusterAt(new Failover.Failing(ONE));
        assertThat(isNews(failovers.leads(id, TWO, control.now))).isFalse();
        assertThat(isNews(failovers.leads(id, "demo-0002-002", control.now))).isTrue();
    }

    @Test
    void aNodeThatIsRecoveringIsNotMadeToFail() {
        var id = clusterAt(new Failover.Called());
        control.state.apply(new ControlRecord.NodeRecovering(id, ONE));
        assertThat(isNews(failovers.begun(id, ONE))).isFalse();
        assertThat(isNews(failovers.begun(id, TWO))).isTrue();
    }

    @Test
    void nobodyTakesOverBeforeANodeWasMadeToFail() {
        var called = Failover.called("0001");
        assertThat(called.promoted(TWO)).isEqualTo(called);
        assertThat(called.failing()).isNull();
        assertThat(called.promoted()).isNull();

        var begun = called.begun(ONE);
        assertThat(begun.stage()).isEqualTo(new Failover.Failing(ONE));
        assertThat(begun.failing()).isEqualTo(ONE);
        assertThat(begun.promoted()).isNull();

        var promoted = begun.promoted(TWO);
        assertThat(promoted.stage()).isEqualTo(new Failover.Promoted(ONE, TWO));
        assertThat(promoted.failing()).isEqualTo(ONE);
        assertThat(promoted.promoted()).isEqualTo(TWO);
        assertThat(promoted.promoted(THREE).stage()).isEqualTo(new Failover.Promoted(ONE, THREE));
    }

    private static boolean isNews(Decision<?> decision) {
        return !decision.records().isEmpty();
    }

    private ClusterId clusterAt(Failover.@Nullable Stage stage) {
        var id = control.available(Create.with(create -> create.numShards = 2)).spec().id();
        if (stage == null) {
            return id;
        }
        var records = new ArrayList<ControlRecord>();
        records.add(new ControlRecord.FailoverRequested(id, "0001"));
        switch (stage) {
            case Failover.Called _ -> {}
            case Failover.Failing(String node) ->
                    records.add(new ControlRecord.FailoverBegun(id, node));
            case Failover.Promoted(String failing, String node) -> {
                records.add(new ControlRecord.FailoverBegun(id, failing));
                records.add(new ControlRecord.FailoverPromoted(id, node));
            }
        }
        records.forEach(control.state::apply);
        assertThat(control.state.cluster(REGION, "demo").orElseThrow().failover())
                .isEqualTo(new Failover("0001", stage));
        return id;
    }
}
