package dev.keepsake.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrackerTest {
    private final List<String> released = new ArrayList<>();
    private final List<String> dropped = new ArrayList<>();
    private boolean mayReply = true;
    private final Tracker<String> tracker =
            new Tracker<>(100, () -> mayReply, released::add, dropped::add);

    @Test
    void aReplyLeavesOnceItsBarrierIsDurableAndNotBefore() {
        var lane = tracker.open();
        lane.park("a");
        lane.barrier(150);
        tracker.durable(149);
        assertThat(released).isEmpty();
        assertThat(tracker.parkedCount()).isEqualTo(1);

        tracker.durable(150);

        assertThat(released).containsExactly("a");
        assertThat(tracker.parkedCount()).isZero();
    }

    @Test
    void whatHasNoBarrierYetWaitsHoweverMuchIsDurable() {
        var lane = tracker.open();
        lane.park("a");
        tracker.durable(1_000);
        assertThat(released).isEmpty();

        lane.barrier(120);

        assertThat(released).as("durable already").containsExactly("a");
    }

    @Test
    void aBarrierCoversOnlyWhatWasParkedBeforeIt() {
        var lane = tracker.open();
        lane.park("a");
        lane.barrier(110);
        lane.park("b");
        tracker.durable(110);
        assertThat(released).containsExactly("a");

        lane.barrier(110);

        assertThat(released).containsExactly("a", "b");
    }

    @Test
    void whatIsOnlyCountedLeavesWithItsGroup() {
        var lane = tracker.open();
        long first = lane.group();
        lane.park("a");
        lane.count();
        lane.count();
        assertThat(lane.group()).isEqualTo(first);
        assertThat(tracker.parkedCount()).isEqualTo(3);

        lane.barrier(110);
        assertThat(lane.group()).as("another group").isNotEqualTo(first);
        lane.park("b");
        lane.count();
        var other = tracker.open();
        other.absorb(lane);
        assertThat(tracker.parkedCount()).isEqualTo(5);

        tracker.durable(110);
        assertThat(released).containsExactly("a");
        assertThat(tracker.parkedCount()).isEqualTo(2);
        other.drop();
        assertThat(tracker.parkedCount()).isZero();
    }

    @Test
    void whatIsOnlyCountedIsForgottenWithAllElse() {
        var lane = tracker.open();
        lane.park("a");
        lane.count();
        lane.barrier(110);
        tracker.dropAll();
        assertThat(tracker.parkedCount()).isZero();
        assertThat(dropped).containsExactly("a");
    }

    @Test
    void whatABarrierDidNotAnswerForWaitsForTheNext() {
        var lane = tracker.open();
        var unanswered = tracker.open();
        unanswered.park("a");
        lane.park("b");
        lane.absorb(unanswered);
        unanswered.barrier(100);
        assertThat(released).isEmpty();

        lane.barrier(110);
        tracker.durable(110);

        assertThat(released).containsExactly("a", "b");
        assertThat(tracker.parkedCount()).isZero();
    }

    @Test
    void everythingThatIsDurableLeavesInOrder() {
        var lane = tracker.open();
        for (int i = 1; i <= 4; i++) {
            lane.park("a" + i);
            lane.park("b" + i);
            lane.barrier(100 + 10 * i);
        }
        tracker.durable(135);
        assertThat(released).containsExactly("a1", "b1", "a2", "b2", "a3", "b3");
        assertThat(tracker.parkedCount()).isEqualTo(2);
    }

    @Test
    void aLowerOffsetThanTheGroupBeforeWaitsForThatGroup() {
        var first = tracker.open();
        var second = tracker.open();
        first.park("first");
        second.park("second");
        first.barrier(200);
        second.barrier(150);

        tracker.durable(199);
        assertThat(released).isEmpty();
        tracker.durable(200);
        assertThat(released).containsExactly("first", "second");
    }

    @Test
    void lanesDoNotCloseEachOthersGroups() {
        var first = tracker.open();
        var second = tracker.open();
        first.park("first");
        second.park("second");
        second.barrier(100);

        assertThat(released).containsExactly("second");
        assertThat(tracker.parkedCount()).isEqualTo(1);
    }

    @Test
    void whatIsDurableNeverBecomesLess() {
        var lane = tracker.open();
        tracker.durable(150);
        tracker.durable(120);
        lane.park("a");
        lane.barrier(140);
        assertThat(released).containsExactly("a");
    }

    @Test
    void aBarrierWithNothingParkedChangesNothing() {
        var lane = tracker.open();
        lane.barrier(500);
        lane.park("a");
        lane.barrier(100);
        assertThat(released).containsExactly("a");
    }

    @Test
    void aLaneDropsOnlyWhatItHasNotClosed() {
        var lane = tracker.open();
        lane.park("closed");
        lane.barrier(110);
        lane.park("open");

        lane.drop();

        assertThat(dropped).containsExactly("open");
        assertThat(tracker.parkedCount()).isEqualTo(1);
        tracker.durable(110);
        assertThat(released).containsExactly("closed");
        lane.barrier(120);
        assertThat(tracker.parkedCount()).isZero();
    }

    @Test
    void whatIsDroppedIsNeverTold() {
        var lane = tracker.open();
        lane.park("a");
        lane.barrier(110);
        lane.park("b");
        lane.barrier(120);

        tracker.dropAll();
        tracker.durable(1_000);

        assertThat(dropped).containsExactly("a", "b");
        assertThat(released).isEmpty();
        assertThat(tracker.parkedCount()).isZero();
    }

    @Test
    void nothingLeavesByABarrierWhileTheNodeMayNotReply() {
        var lane = tracker.open();
        mayReply = false;
        lane.park("a");
        lane.barrier(100);
        assertThat(released).as("durable already").isEmpty();
        tracker.durable(200);
        assertThat(released).isEmpty();
        assertThat(tracker.parkedCount()).isEqualTo(1);

        mayReply = true;
        tracker.durable(200);

        assertThat(released).containsExactly("a");
    }

    @Test
    void aLeaseThatEndsAmidAReleaseHoldsTheRestBack() {
        var ending =
                new Tracker<String>(
                        0,
                        () -> mayReply,
                        what -> {
                            released.add(what);
                            mayReply = false;
                        },
                        dropped::add);
        var lane = ending.open();
        lane.park("a");
        lane.barrier(10);
        lane.park("b");
        lane.barrier(20);

        ending.durable(20);

        assertThat(released).containsExactly("a");
        assertThat(ending.parkedCount()).isEqualTo(1);
    }

    @Test
    void aReplyThatLeavesMayMakeRoomForTheNext() {
        var later = new ArrayList<Tracker<String>.Open>();
        var chained =
                new Tracker<String>(
                        0,
                        () -> true,
                        what -> {
                            released.add(what);
                            if (what.equals("a")) {
                                later.getFirst().park("b");
                                later.getFirst().barrier(10);
                            }
                        },
                        dropped::add);
        later.add(chained.open());
        later.getFirst().park("a");
        later.getFirst().barrier(10);

        chained.durable(10);

        assertThat(released).containsExactly("a", "b");
        assertThat(chained.parkedCount()).isZero();
    }
}
