package dev.keepsake.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecoveryTest {
    private static final Set<String> NODES = Set.of("a-0001-001", "a-0001-002", "a-0002-001");
    private static final String CALLED = "FailoverShard API called for shard 0001";
    private static final String COMPLETED =
            "Failover from primary node a-0001-001 to replica node a-0001-002 completed";
    private static final String RECOVERING = "Recovering nodes a-0001-001";
    private static final String RECOVERED = "Finished recovery for nodes a-0001-001";

    @Test
    void aFailoverIsPendingUntilItsNodeHasRecovered() {
        var events = List.of("Cluster a created", CALLED, COMPLETED, RECOVERING, RECOVERED);
        var expected =
                List.of(
                        List.of(),
                        List.of(),
                        List.of("the failover of shard 0001 is under way"),
                        List.of(),
                        List.of("node a-0001-001 is recovering"),
                        List.of());
        for (int seen = 0; seen <= events.size(); seen++) {
            assertThat(pending(events.subList(0, seen)))
                    .as("after %d events", seen)
                    .isEqualTo(expected.get(seen));
        }
    }

    @Test
    void anotherFailoverOfTheSameNodesIsPendingAnew() {
        var events = new ArrayList<>(List.of(CALLED, COMPLETED, RECOVERING, RECOVERED));
        events.add(CALLED);
        assertThat(pending(events)).containsExactly("the failover of shard 0001 is under way");
        events.add("Failover from primary node a-0001-002 to replica node a-0001-001 completed");
        events.add("Recovering nodes a-0001-002");
        events.add("Recovering nodes a-0002-001"); // by itself
        assertThat(pending(events))
                .containsExactly("node a-0001-002 is recovering", "node a-0002-001 is recovering");
        events.add("Finished recovery for nodes a-0002-001");
        events.add("Finished recovery for nodes a-0001-002");
        assertThat(pending(events)).isEmpty();
    }

    @Test
    void theFailoverOfAnotherShardChangesNothing() {
        var events =
                List.of(
                        CALLED,
                        "Failover from primary node a-0002-001 to replica node a-0002-002 completed");
        assertThat(pending(events)).containsExactly("the failover of shard 0001 is under way");
    }

    @Test
    void aNodeThatHasLeftIsNotWaitedFor() {
        assertThat(pending(List.of("Recovering nodes a-0001-005"))).isEmpty();
    }

    private static List<String> pending(List<String> messages) {
        return Recovery.pending(messages, "a", NODES);
    }
}
