package dev.keepsake.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepsake.control.ClusterId;
import dev.keepsake.control.LiveState;
import dev.keepsake.core.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ShardHistoryTest {
    private static final Instant START = Instant.parse("2026-12-01T00:00:00Z");
    private static final ClusterId DEMO = new ClusterId("us-east-1", "demo", "0");

    private final MovingClock clock = new MovingClock();
    private final Chronicle chronicle = new Chronicle();
    private final ShardHistory history = new ShardHistory(DEMO, "0001", chronicle, clock);

    private static final class MovingClock implements Clock {
        private long passedMs;

        @Override
        public long nowNs() {
            return Duration.ofMillis(passedMs).toNanos();
        }

        @Override
        public Instant now() {
            return START.plusMillis(passedMs);
        }
    }

    /// The shard is so, some milliseconds after it was noted last.
    ///
    /// @param nodes such as `a:PRIMARY+ b:REPLICA-`, with a plus for nodes that answer
    private void after(long ms, @Nullable String leader, String nodes) {
        clock.passedMs += ms;
        var views = new ArrayList<NodeView>();
        for (String each : nodes.split(" ", -1)) {
            var parts = each.split("[:+-]", -1);
            views.add(
                    new NodeView(
                            parts[0],
                            NodePhase.valueOf(parts[1]),
                            each.endsWith("+"),
                            true,
                            Map.of(),
                            0));
        }
        history.note(new ShardView("0001", leader, leader, views));
    }

    private List<String> changes() {
        return chronicle.changes().stream()
                .map(each ->
                        "%d %d %s:%s%s"
                                .formatted(
                                        each.number(),
                                        Duration.between(START, each.time()).toMillis(),
                                        each.node(),
                                        each.phase(),
                                        each.serving() ? "+" : "-"))
                .toList();
    }

    private List<String> outages() {
        return chronicle.outages().stream()
                .map(each ->
                        "%d from %s at %d to %s: %s"
                                .formatted(
                                        each.number(),
                                        each.from(),
                                        Duration.between(START, each.begin()).toMillis(),
                                        each.to(),
                                        each.lasted()))
                .toList();
    }

    @Test
    void aStartIsNoOutage() {
        after(0, null, "a:STARTING- b:STARTING-");
        after(5, null, "a:REPLICA- b:STARTING-");
        after(5, "a", "a:PRIMARY- b:STARTING-");
        after(5, "a", "a:PRIMARY+ b:STARTING-");
        assertThat(outages()).isEmpty();
        assertThat(changes())
                .containsExactly(
                        "1 0 a:STARTING-",
                        "2 0 b:STARTING-",
                        "3 5 a:REPLICA-",
                        "4 10 a:PRIMARY-",
                        "5 15 a:PRIMARY+");
    }

    @Test
    void anOutageGoesFromTheLastAnswerOfAPrimaryToTheFirstOfTheNext() {
        after(0, "a", "a:PRIMARY+ b:REPLICA+");
        after(100, "a", "a:PRIMARY- b:REPLICA+");
        assertThat(outages()).containsExactly("1 from a at 100 to null: null");
        after(2, null, "a:DOWN- b:REPLICA+");
        after(10, "b", "a:DOWN- b:PRIMARY-");
        after(20, "b", "a:DOWN- b:PRIMARY+");
        after(500, "b", "a:STARTING- b:PRIMARY+");
        after(500, "b", "a:REPLICA+ b:PRIMARY+");
        assertThat(outages()).containsExactly("1 from a at 100 to b: PT0.032S");
        assertThat(changes())
                .containsExactly(
                        "1 0 a:PRIMARY+",
                        "2 0 b:REPLICA+",
                        "3 100 a:PRIMARY-",
                        "4 102 a:DOWN-",
                        "5 112 b:PRIMARY-",
                        "6 132 b:PRIMARY+",
                        "7 632 a:STARTING-",
                        "8 1132 a:REPLICA+");
    }

    @Test
    void whatHasNotChangedIsNotNoted() {
        after(0, "a", "a:PRIMARY+");
        after(1, "a", "a:PRIMARY+");
        assertThat(changes()).containsExactly("1 0 a:PRIMARY+");
        assertThat(outages()).isEmpty();
    }

    @Test
    void aPrimaryThatTakesOverWithoutAPauseIsNoOutage() {
        after(0, "a", "a:PRIMARY+ b:REPLICA+");
        after(1, "b", "a:REPLICA+ b:PRIMARY+");
        assertThat(outages()).isEmpty();
    }

    @Test
    void theSameNodeMayEndAnOutage() {
        after(0, "a", "a:PRIMARY+");
        after(10, null, "a:DOWN-");
        after(10, "a", "a:PRIMARY-");
        after(10, "a", "a:PRIMARY+");
        assertThat(outages()).containsExactly("1 from a at 10 to a: PT0.02S");
    }

    @Test
    void aNodeThatLeavesIsNoted() {
        after(0, "a", "a:PRIMARY+ b:REPLICA+");
        after(1, "a", "a:PRIMARY+");
        assertThat(changes()).endsWith("3 1 b:LEFT-");
    }

    @Test
    void anOutageThatNothingEndsIsForgottenWithItsShard() {
        after(0, "a", "a:PRIMARY+");
        after(1, null, "a:DOWN-");
        history.end();
        assertThat(outages()).isEmpty();
    }

    @Test
    void theOldestIsDroppedAndNumbersGoOn() {
        for (int i = 0; i < Chronicle.CHANGES_MAX; i++) {
            after(1, "a", "a:PRIMARY+");
            after(1, null, "a:DOWN-");
        }
        assertThat(chronicle.changes()).hasSize(Chronicle.CHANGES_MAX);
        assertThat(chronicle.changes().getFirst().number()).isEqualTo(Chronicle.CHANGES_MAX + 1);
        assertThat(chronicle.outages()).hasSize(Chronicle.OUTAGES_MAX);
        assertThat(chronicle.outages().getLast().number()).isEqualTo(Chronicle.CHANGES_MAX);
        // The outage that lasts has not been dropped, so it still gets its end.
        after(5, "a", "a:PRIMARY+");
        assertThat(chronicle.outages().getLast().lasted()).isEqualTo(Duration.ofMillis(5));
    }

    @Test
    void eachShardHasItsOwn() {
        var other = new ShardHistory(DEMO, "0002", chronicle, clock);
        after(0, "a", "a:PRIMARY+");
        other.note(new ShardView("0002", null, null, List.of()));
        assertThat(outages()).isEmpty();
        assertThat(chronicle.changes()).extracting(LiveState.Change::shard).containsOnly("0001");
    }
}
