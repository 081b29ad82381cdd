package dev.keepsake.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FailoverTrailTest {
    private static final List<String> EVENTS =
            List.of(
                    "FailoverShard API called for shard 0001",
                    "Failover from primary node c-0001-001 to replica node c-0001-002 completed",
                    "Recovering nodes c-0001-001",
                    "Finished recovery for nodes c-0001-001");

    @Test
    void theFourEventsInOrderCompleteIt() {
        var trail = FailoverTrail.follow("0001", EVENTS);
        assertThat(trail).isEqualTo(new FailoverTrail(4, "c-0001-001", "c-0001-002"));
        assertThat(trail.isComplete()).isTrue();
    }

    @Test
    void aPrimaryThatFailedByItselfIsReplacedInThreeEvents() {
        var recovering = "Recovering nodes c-0001-001";
        var another = "Failover to replica node c-0001-002 completed";
        var recovered = "Finished recovery for nodes c-0001-001";
        var trail = new FailoverTrail(4, "c-0001-001", "c-0001-002");
        for (var events :
                List.of(
                        List.of(recovering, another, recovered),
                        List.of(another, recovering, recovered),
                        List.of(recovering, recovered, another))) {
            assertThat(FailoverTrail.followUnplanned("c-0001-001", events)).isEqualTo(trail);
        }
        assertUnplanned("the failover completed", recovering, recovered);
        assertUnplanned("is recovering", another);
        assertUnplanned("has recovered", recovering, another);
        var all = List.of(recovering, another, recovered);
        assertThat(FailoverTrail.followUnplanned("c-0001-009", all).isComplete()).isFalse();
    }

    @Test
    void anEventThatIsToldTwiceCountsOnce() {
        var recovering = "Recovering nodes c-0001-001";
        var another = "Failover to replica node c-0001-002 completed";
        assertUnplanned("the failover completed", recovering, recovering, recovering);
        assertUnplanned("is recovering", another, another, another);
        assertUnplanned("has recovered", recovering, another, recovering);
        assertUnplanned(
                "has recovered", "Finished recovery for nodes c-0001-001", recovering, another);
    }

    private static void assertUnplanned(String missing, String... events) {
        var trail = FailoverTrail.followUnplanned("c-0001-001", List.of(events));
        assertThat(trail.isComplete()).isFalse();
        assertThat(trail.missing()).endsWith(missing);
    }

    @Test
    void aServerIsBackWhenEveryNodeHasRecovered() {
        var nodes = List.of("c-0001-001", "c-0001-002");
        var events =
                List.of(
                        "Recovering nodes c-0001-001",
                        "Recovering nodes c-0001-002",
                        "Finished recovery for nodes c-0001-002",
                        "Finished recovery for nodes c-0001-001");
        assertThat(FailoverTrail.followServer(nodes, events).isComplete()).isTrue();
        assertThat(FailoverTrail.followServer(nodes, events.subList(0, 3)).missing())
                .isEqualTo("the event that server has recovered");
        assertThat(FailoverTrail.followServer(nodes, events.subList(0, 1)).isComplete()).isFalse();
        assertThat(FailoverTrail.followServer(nodes, List.of()).isComplete()).isFalse();
    }

    @Test
    void everyShorterTrailSaysWhatIsMissing() {
        for (int events = 0; events < EVENTS.size(); events++) {
            var trail = FailoverTrail.follow("0001", EVENTS.subList(0, events));
            assertThat(trail.seen()).isEqualTo(events);
            assertThat(trail.isComplete()).isFalse();
            assertThat(trail.missing()).startsWith("the event that");
        }
    }

    @Test
    void eventsOfOtherThingsInBetweenDoNotMatter() {
        var events =
                List.of(
                        "Cluster created.",
                        EVENTS.get(0),
                        EVENTS.get(1),
                        "Recovering nodes c-0002-001",
                        EVENTS.get(2),
                        "Finished recovery for nodes c-0002-001",
                        EVENTS.get(3),
                        "Updated parameter group for the cluster");
        assertThat(FailoverTrail.follow("0001", events).isComplete()).isTrue();
    }

    @Test
    void eventsInAnotherOrderDoNotCompleteIt() {
        assertThat(FailoverTrail.follow("0001", EVENTS.reversed()).isComplete()).isFalse();
    }

    @Test
    void aCallForAnotherShardIsNotThisOne() {
        assertThat(FailoverTrail.follow("0002", EVENTS).seen()).isZero();
    }
}
